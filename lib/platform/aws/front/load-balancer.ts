import type { Lb, LbConfig } from '@cdktf/provider-aws/lib/lb';
import type { LbListener, LbListenerConfig } from '@cdktf/provider-aws/lib/lb-listener';
import type { LbTargetGroup, LbTargetGroupConfig } from '@cdktf/provider-aws/lib/lb-target-group';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { ResolvedBalancer } from '../base/resolved-entry';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';
import { allow, allowFrom, securityGroup } from '../network/security-rules';

/** TLS 1.2 and 1.3, as in the configuration of nginx. */
export const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

/**
 * Context of a load balancer.
 *
 * @internal
 */
export interface LoadBalancerContext {
  readonly ranges: readonly string[];
  readonly entry: ResolvedBalancer;
  /** Undefined where nginx terminates TLS. */
  readonly certificateArn?: string;
  readonly nginxGroup: SecurityGroup;
  readonly hostDrainSeconds: number;
}

/**
 * A load balancer with its target groups and listeners.
 *
 * @internal
 */
export interface LoadBalancer {
  readonly balancer: Lb;
  /** The target group of the clients comes first. */
  readonly targetGroups: LbTargetGroup[];
  readonly listeners: LbListener[];
}

/**
 * Creates the parts that both kinds of load balancers have: security group, balancer, target groups with their health
 * check, and listeners.
 *
 * @internal
 */
export class LoadBalancerParts {
  private readonly group: SecurityGroup;

  public constructor(
    private readonly scope: Construct,
    private readonly aws: AwsContext,
    private readonly name: string,
    private readonly context: LoadBalancerContext,
  ) {
    // From the start: a network load balancer created without a security group can never get one.
    this.group = securityGroup(
      scope,
      'EntrySecurityGroup',
      aws,
      `${name}-entry`,
      'The load balancer that clients reach.',
    );
    const from = (id: string, number: number, why: string): void =>
      allowFrom(scope, id, aws, context.ranges, this.group, number, why);
    from('Https', PUBLIC_HTTPS, 'Clients, over TLS');
    from('Http', PUBLIC_HTTP, 'Clients, to be told to come over TLS');
  }

  /** Allows the load balancer to connect to a port of nginx. */
  public allowToNginx(id: string, to: number, why: string): void {
    allow(this.scope, id, this.aws, this.group, this.context.nginxGroup, to, why);
  }

  public loadBalancer(overrides: Partial<LbConfig>): Lb {
    const { scope, aws, name } = this;
    const { entry } = this.context;
    const { network } = aws;
    this.allowToNginx('Health', PORTS.health, 'Whether nginx serves');
    const resourceName = aws.resourceName(32, name);
    return new aws.bindings.Lb(scope, 'LoadBalancer', {
      ...aws.commonArguments(resourceName),
      name: resourceName,
      loadBalancerType: entry.kind,
      internal: entry.internal,
      ipAddressType: entry.ipv6 ? 'dualstack' : 'ipv4',
      subnets: entry.internal ? network.privateSubnetIds : network.publicSubnetIds,
      securityGroups: [this.group.id],
      enableDeletionProtection: entry.deletionProtection,
      ...(entry.accessLogs === undefined
        ? {}
        : { accessLogs: { enabled: true, ...entry.accessLogs } }),
      dependsOn: network.dependables,
      ...overrides,
    });
  }

  /** Target group of the nginx hosts at one port. */
  public targetGroup(
    id: string,
    suffix: string,
    to: number,
    overrides: Partial<LbTargetGroupConfig>,
  ): LbTargetGroup {
    const { scope, aws, name } = this;
    const resourceName = aws.resourceName(32, name, suffix);
    return new aws.bindings.LbTargetGroup(scope, id, {
      ...aws.commonArguments(resourceName),
      name: resourceName,
      targetType: 'instance',
      vpcId: aws.network.vpcId,
      port: to,
      deregistrationDelay: String(this.context.hostDrainSeconds),
      healthCheck: {
        protocol: 'HTTP',
        port: String(PORTS.health),
        path: '/nginx-health',
        matcher: '200-299',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      lifecycle: { createBeforeDestroy: true },
      ...overrides,
    });
  }

  public listener(
    id: string,
    balancer: Lb,
    options: Omit<LbListenerConfig, 'loadBalancerArn'>,
  ): LbListener {
    const { scope, aws, name } = this;
    return new aws.bindings.LbListener(scope, id, {
      ...aws.commonArguments(aws.resourceName(128, name, id.toLowerCase())),
      loadBalancerArn: balancer.arn,
      ...options,
    });
  }
}
