import type { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Subnet } from '@cdktf/provider-aws/lib/subnet';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc';
import type { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import type { ITerraformDependable } from 'cdktf';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { Check } from '../../validation/check';
import { immutable } from '../../terraform/immutable-attributes';
import { resourceName } from '../../terraform/names';
import { IPV4_NETWORK, NAME } from './base/text-rules';
import { loadBindings } from './base/bindings';
import { resolveTags } from './base/tags';

/** A network of AWS. One that exists is told by its ids. */
export interface IAwsNetwork {
  /** The id of the VPC. A plan that takes a platform to another one is refused: AWS moves nothing. */
  readonly vpcId: string;
  /** Subnets that the internet reaches, in different zones: for the entry. */
  readonly publicSubnetIds: string[];
  /**
   * Subnets for the hosts and Redis, in different zones. From there port 443 outside must be reachable, through a NAT
   * gateway: hosts get packages and their configuration so. Instances begin in them in turn, and stay where they are when
   * the list changes.
   */
  readonly privateSubnetIds: string[];
  /**
   * What has to be there before a host can reach the internet.
   *
   * @default - nothing that this stack makes
   */
  readonly dependables?: ITerraformDependable[];
}

/** Properties of an `AwsNetwork`. */
export interface AwsNetworkProps {
  /** The provider of all resources. An `AwsPlatform` in it takes the same. */
  readonly provider: AwsProvider;
  /**
   * Its addresses. A plan that changes them is refused: AWS moves nothing from one network to another.
   *
   * @default "10.40.0.0/16"
   */
  readonly range?: string;
  /**
   * Zones, 1 to 3.
   *
   * @default 2
   */
  readonly zones?: number;
  /**
   * What the names of all resources begin with.
   *
   * @default - stack and id, in lower case
   */
  readonly name?: string;
  /**
   * Tags on everything.
   *
   * @default - none but the names
   */
  readonly tags?: Record<string, string>;
}

/**
 * A small network of its own: in each zone a public and a private subnet, one NAT gateway for all, and a way to S3 that
 * costs nothing. Where the network belongs to somebody else, give an `AwsPlatform` its ids instead.
 *
 * @example
 * const provider = new AwsProvider(this, "Provider", { region: "eu-central-1" });
 * const network = new AwsNetwork(this, "Network", { provider, zones: 3 });
 * const platform = new AwsPlatform(this, "Platform", { provider, network });
 */
export class AwsNetwork extends Construct implements IAwsNetwork {
  public readonly vpcId: string;
  public readonly publicSubnetIds: string[];
  public readonly privateSubnetIds: string[];
  public readonly dependables?: ITerraformDependable[];
  /** The provider of all resources. */
  public readonly provider: AwsProvider;
  /** The VPC. */
  public readonly vpc: Vpc;
  /** What the private subnets reach the internet through. */
  public readonly natGateway: NatGateway;
  /** The way to S3. */
  public readonly s3Endpoint: VpcEndpoint;

  /** @throws ValidationError naming the property that is wrong */
  public constructor(scope: Construct, id: string, props: AwsNetworkProps) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadBindings(check);
    const range = check.text('range', props.range ?? '10.40.0.0/16', IPV4_NETWORK);
    const count = check.integer('zones', props.zones ?? 2, 1, 3);
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
      lifecycle: immutable({
        attribute: 'cidr_block',
        value: range,
        errorMessage: (current) =>
          `range: the network has ${current}, and keeps it. Make a network with a platform beside it, lead clients there, then take these away.`,
      }),
    });
    const gateway = new bindings.InternetGateway(this, 'InternetGateway', {
      ...commonArguments(),
      vpcId: this.vpc.id,
    });
    const zones = new bindings.DataAwsAvailabilityZones(this, 'Zones', {
      provider,
      // Not the local zones, which have no load balancers. One that is out of order stays in the list.
      filter: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      lifecycle: {
        postcondition: [
          {
            condition: `\${length(self.names) >= ${count}}`,
            errorMessage: `zones: \${self.id} has \${length(self.names)} for this account, and ${count} are asked for.`,
          },
        ],
      },
    });
    const routeTable = (kind: string, route: { gatewayId?: string; natGatewayId?: string }) => {
      const table = new bindings.RouteTable(this, `${kind}Routes`, {
        ...commonArguments(kind.toLowerCase()),
        vpcId: this.vpc.id,
      });
      const defaultRoute = new bindings.Route(this, `${kind}DefaultRoute`, {
        provider,
        routeTableId: table.id,
        destinationCidrBlock: '0.0.0.0/0',
        ...route,
      });
      return { id: table.id, defaultRoute };
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
            mapPublicIpOnLaunch: false,
            // A zone that joins or leaves the list moves others in it, and would replace subnets with all that is in them.
            lifecycle: { ignoreChanges: ['availability_zone'] },
          }),
      );
    const publicSubnets = createSubnets('Public', 0);
    const privateSubnets = createSubnets('Private', 8);
    const publicTable = routeTable('Public', { gatewayId: gateway.id });
    const address = new bindings.Eip(this, 'NatAddress', {
      ...commonArguments('nat'),
      domain: 'vpc',
    });
    this.natGateway = new bindings.NatGateway(this, 'NatGateway', {
      ...commonArguments(),
      allocationId: address.allocationId,
      subnetId: publicSubnets[0]!.id,
      dependsOn: [gateway],
    });
    const privateTable = routeTable('Private', { natGatewayId: this.natGateway.id });
    const associations = (kind: string, subnets: Subnet[], routeTableId: string) =>
      subnets.map(
        ({ id: subnetId }, index) =>
          new bindings.RouteTableAssociation(this, `${kind}Association${index + 1}`, {
            provider,
            subnetId,
            routeTableId,
          }),
      );
    this.dependables = [
      publicTable.defaultRoute,
      privateTable.defaultRoute,
      ...associations('Public', publicSubnets, publicTable.id),
      ...associations('Private', privateSubnets, privateTable.id),
    ];
    this.s3Endpoint = new bindings.VpcEndpoint(this, 'S3Endpoint', {
      ...commonArguments('s3'),
      vpcId: this.vpc.id,
      vpcEndpointType: 'Gateway',
      // This data source has the region as its id, in all versions of the provider.
      serviceName: `com.amazonaws.${zones.id}.s3`,
      routeTableIds: [privateTable.id],
    });
    this.vpcId = this.vpc.id;
    this.publicSubnetIds = publicSubnets.map((subnet) => subnet.id);
    this.privateSubnetIds = privateSubnets.map((subnet) => subnet.id);
  }
}
