import type { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Route, RouteConfig } from '@cdktf/provider-aws/lib/route';
import type { Subnet } from '@cdktf/provider-aws/lib/subnet';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc';
import type { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import type { ITerraformDependable } from 'cdktf';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { Check } from '../../validation/check';
import { immutable } from '../../terraform/immutable-attributes';
import { resourceName } from '../../terraform/names';
import { FLOW_LOG_BUCKET_ARN, IPV4_NETWORK, NAME } from './base/text-rules';
import { loadBindings } from './base/bindings';
import { resolveTags } from './base/tags';

/** A VPC and its subnets. Pass the ids of an existing network, or an `AwsNetwork`. */
export interface IAwsNetwork {
  /**
   * Id of the VPC.
   *
   * A platform cannot move to another VPC: a plan that changes the id is refused.
   */
  readonly vpcId: string;
  /** Ids of public subnets, in different availability zones, for the entry. */
  readonly publicSubnetIds: string[];
  /**
   * Ids of private subnets, in different availability zones, for the hosts, the instances and Redis.
   *
   * The subnets need outbound access to port 443, e.g. through a NAT gateway: hosts download packages and releases.
   * Each instance has two of the subnets in turn.
   */
  readonly privateSubnetIds: string[];
  /**
   * Resources that must exist before a host can reach the internet.
   *
   * @default - none
   */
  readonly dependables?: ITerraformDependable[];
}

/** Properties of an `AwsNetwork`. */
export interface AwsNetworkProps {
  /** Provider of all resources. An `AwsPlatform` in the network must use the same one. */
  readonly provider: AwsProvider;
  /**
   * IPv4 range of the VPC: a private network of /16 to /22.
   *
   * The range cannot change after creation: a plan that changes it is refused.
   *
   * @default "10.40.0.0/16"
   */
  readonly range?: string;
  /**
   * Number of availability zones, 1 to 3.
   *
   * @default 2
   */
  readonly zones?: number;
  /**
   * Number of NAT gateways, 1 to `zones`.
   *
   * With one, the failure of its zone cuts all private subnets off from the internet. With one in each zone, it cuts off
   * those of its own zone alone. A change adds or removes gateways in place.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
   * @default 1
   */
  readonly natGateways?: number;
  /**
   * Whether the subnets have IPv6 as well.
   *
   * Public subnets are reached over IPv6. Private subnets only connect out, through an egress-only internet gateway. A
   * change is made in place.
   *
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * ARN of an existing bucket that receives the flow logs of the VPC: which connections were accepted or rejected. A folder
   * may follow, with a slash at its end.
   *
   * The policy of the bucket must let `delivery.logs.amazonaws.com` write to it. A change starts a new flow log.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
   * @default - no flow logs
   */
  readonly flowLogBucketArn?: string;
  /**
   * Prefix of the names of all resources.
   *
   * @default - the ids of the stack and of the construct, in lower case
   */
  readonly name?: string;
  /**
   * Tags of all resources, at most 40.
   *
   * @default - only `Name`
   */
  readonly tags?: Record<string, string>;
}

/**
 * A VPC with a public and a private subnet in each availability zone, NAT gateways, and a gateway endpoint for S3.
 *
 * To use a network that exists already, pass its ids to the `AwsPlatform` instead.
 *
 * @example
 * const provider = new AwsProvider(this, "Provider", { region: "eu-central-1" });
 * const network = new AwsNetwork(this, "Network", { provider, zones: 3 });
 * const platform = new AwsPlatform(this, "Platform", { provider, network });
 */
export class AwsNetwork extends Construct implements IAwsNetwork {
  /** Id of the VPC. */
  public readonly vpcId: string;
  /** Ids of the public subnets, one in each availability zone. */
  public readonly publicSubnetIds: string[];
  /** Ids of the private subnets, one in each availability zone. */
  public readonly privateSubnetIds: string[];
  /** Routes and their associations, which must exist before a host can reach the internet. */
  public readonly dependables?: ITerraformDependable[];
  /** Provider of all resources. */
  public readonly provider: AwsProvider;
  /** The VPC. */
  public readonly vpc: Vpc;
  /** NAT gateways through which the private subnets reach the internet, those of the first zones. */
  public readonly natGateways: NatGateway[];
  /** Whether the subnets have IPv6 as well. */
  public readonly ipv6: boolean;
  /** Gateway endpoint through which the private subnets reach S3, at no charge. */
  public readonly s3Endpoint: VpcEndpoint;

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: AwsNetworkProps) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadBindings(check);
    const range = check.text('range', props.range ?? '10.40.0.0/16', IPV4_NETWORK);
    const count = check.integer('zones', props.zones ?? 2, 1, 3);
    const natCount = check.integer('natGateways', props.natGateways ?? 1, 1, count);
    this.ipv6 = props.ipv6 ?? false;
    const flowLogBucketArn =
      props.flowLogBucketArn === undefined
        ? undefined
        : check.text('flowLogBucketArn', props.flowLogBucketArn, FLOW_LOG_BUCKET_ARN);
    const name = check.text(
      'name',
      props.name ?? `${TerraformStack.of(this).node.id.toLowerCase()}-${resourceName(this)}`,
      NAME,
    );
    const { provider } = props;
    const tags = resolveTags(check, props.tags);
    this.provider = provider;
    const commonArguments = (...parts: string[]) => ({
      provider,
      tags: { ...tags, Name: [name, ...parts].join('-') },
    });

    this.vpc = new bindings.Vpc(this, 'Vpc', {
      ...commonArguments(),
      cidrBlock: range,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      ...(this.ipv6 ? { assignGeneratedIpv6CidrBlock: true } : {}),
      lifecycle: immutable({
        attribute: 'cidr_block',
        value: range,
        errorMessage: (current) =>
          `range: the network has ${current}, which cannot change. Create a second network with its own platform, move clients there, then remove these.`,
      }),
    });
    // Whatever is started in the VPC without a group would be in this one.
    new bindings.DefaultSecurityGroup(this, 'DefaultSecurityGroup', {
      ...commonArguments('default'),
      vpcId: this.vpc.id,
      ingress: [],
      egress: [],
    });
    if (flowLogBucketArn !== undefined) {
      new bindings.FlowLog(this, 'FlowLog', {
        ...commonArguments(),
        vpcId: this.vpc.id,
        trafficType: 'ALL',
        logDestinationType: 's3',
        logDestination: flowLogBucketArn,
      });
    }
    const gateway = new bindings.InternetGateway(this, 'InternetGateway', {
      ...commonArguments(),
      vpcId: this.vpc.id,
    });
    const zones = new bindings.DataAwsAvailabilityZones(this, 'Zones', {
      provider,
      // Local zones have no load balancers, so they are excluded. An impaired zone stays in the list.
      filter: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      lifecycle: {
        postcondition: [
          {
            condition: `\${length(self.names) >= ${count}}`,
            errorMessage: `zones: this account has \${length(self.names)} zones in \${self.id}, but the network needs ${count}.`,
          },
        ],
      },
    });
    /** The id of a table of a kind, after the first, whose ids have no number. */
    const numbered = (id: string, index: number): string =>
      index === 0 ? id : `${id}${index + 1}`;
    const partsOf = (kind: string, index: number): string[] =>
      index === 0 ? [kind] : [kind, String(index + 1)];
    const createRouteTable = (
      kind: string,
      index: number,
      ipv4: { gatewayId?: string; natGatewayId?: string },
      ipv6: { gatewayId?: string; egressOnlyGatewayId?: string },
    ) => {
      const table = new bindings.RouteTable(this, numbered(`${kind}Routes`, index), {
        ...commonArguments(...partsOf(kind.toLowerCase(), index)),
        vpcId: this.vpc.id,
      });
      const defaultRoute = (id: string, route: Partial<RouteConfig>): Route =>
        new bindings.Route(this, numbered(`${kind}${id}`, index), {
          provider,
          routeTableId: table.id,
          ...route,
        });
      return {
        id: table.id,
        routes: [
          defaultRoute('DefaultRoute', { destinationCidrBlock: '0.0.0.0/0', ...ipv4 }),
          ...(this.ipv6
            ? [defaultRoute('DefaultRouteIpv6', { destinationIpv6CidrBlock: '::/0', ...ipv6 })]
            : []),
        ],
      };
    };
    const createSubnets = (kind: string, first: number): Subnet[] =>
      Array.from(
        { length: count },
        (_, index) =>
          new bindings.Subnet(this, `${kind}Subnet${index + 1}`, {
            ...commonArguments(kind.toLowerCase(), String(index + 1)),
            vpcId: this.vpc.id,
            availabilityZone: Fn.element(zones.names, index) as string,
            cidrBlock: Fn.cidrsubnet(range, 4, first + index),
            ...(this.ipv6
              ? { ipv6CidrBlock: Fn.cidrsubnet(this.vpc.ipv6CidrBlock, 8, first + index) }
              : {}),
            mapPublicIpOnLaunch: false,
            // A zone that joins or leaves the list shifts the others, which would replace subnets and everything in
            // them.
            lifecycle: { ignoreChanges: ['availability_zone'] },
          }),
      );
    const publicSubnets = createSubnets('Public', 0);
    const privateSubnets = createSubnets('Private', 8);
    const outgoing = this.ipv6
      ? new bindings.EgressOnlyInternetGateway(this, 'EgressOnlyGateway', {
          ...commonArguments(),
          vpcId: this.vpc.id,
        })
      : undefined;
    const publicTable = createRouteTable(
      'Public',
      0,
      { gatewayId: gateway.id },
      { gatewayId: gateway.id },
    );
    this.natGateways = publicSubnets.slice(0, natCount).map((subnet, index) => {
      const address = new bindings.Eip(this, numbered('NatAddress', index), {
        ...commonArguments(...partsOf('nat', index)),
        domain: 'vpc',
      });
      return new bindings.NatGateway(this, numbered('NatGateway', index), {
        ...commonArguments(...(index === 0 ? [] : [String(index + 1)])),
        allocationId: address.allocationId,
        subnetId: subnet.id,
        dependsOn: [gateway],
      });
    });
    const privateTables = this.natGateways.map(({ id }, index) =>
      createRouteTable(
        'Private',
        index,
        { natGatewayId: id },
        { egressOnlyGatewayId: outgoing?.id },
      ),
    );
    const associations = (kind: string, subnets: Subnet[], tables: readonly { id: string }[]) =>
      subnets.map(
        ({ id: subnetId }, index) =>
          new bindings.RouteTableAssociation(this, `${kind}Association${index + 1}`, {
            provider,
            subnetId,
            routeTableId: tables[index % tables.length]!.id,
          }),
      );
    this.dependables = [
      ...[publicTable, ...privateTables].flatMap(({ routes }) => routes),
      ...associations('Public', publicSubnets, [publicTable]),
      ...associations('Private', privateSubnets, privateTables),
    ];
    this.s3Endpoint = new bindings.VpcEndpoint(this, 'S3Endpoint', {
      ...commonArguments('s3'),
      vpcId: this.vpc.id,
      vpcEndpointType: 'Gateway',
      // The id of this data source is the region, in all versions of the provider.
      serviceName: `com.amazonaws.${zones.id}.s3`,
      routeTableIds: privateTables.map(({ id }) => id),
    });
    this.vpcId = this.vpc.id;
    this.publicSubnetIds = publicSubnets.map((subnet) => subnet.id);
    this.privateSubnetIds = privateSubnets.map((subnet) => subnet.id);
  }
}
