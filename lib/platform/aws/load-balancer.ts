import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { LbListener } from '@cdktf/provider-aws/lib/lb-listener';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { Construct } from 'constructs';
import type { ResolvedNlb } from './aws-entry';
import type { AwsPlace } from './aws-place';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from './ports';
import { allow, allowFrom, port, securityGroup } from './security-rules';

/** TLS 1.2 and 1.3, as nginx speaks them. */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

/**
 * What a load balancer needs besides.
 *
 * @internal
 */
export interface LoadBalancerPlace {
  readonly ranges: readonly string[];
  readonly nlb: ResolvedNlb;
  /** Undefined where TLS goes through to nginx. */
  readonly certificateArn?: string;
  readonly nginxGroup: SecurityGroup;
  readonly hostDrainSeconds: number;
}

/** @internal */
export interface LoadBalancer {
  readonly balancer: Lb;
  /** For TLS, and for plain HTTP. */
  readonly targetGroups: LbTargetGroup[];
  readonly listeners: LbListener[];
}

/**
 * A network load balancer: 443 to nginx, with TLS spoken on the way or passed through, and 80 to the redirect.
 *
 * @internal
 */
export function loadBalancer(
  scope: Construct,
  place: AwsPlace,
  name: string,
  { ranges, nlb, certificateArn, nginxGroup, hostDrainSeconds }: LoadBalancerPlace,
): LoadBalancer {
  const { bindings, network } = place;
  // From the first moment: one that was made without can never get one.
  const group = securityGroup(
    scope,
    'EntrySecurityGroup',
    place,
    `${name}-entry`,
    'The load balancer that clients reach.',
  );
  const inside = certificateArn === undefined ? PORTS.https : PORTS.terminated;
  allowFrom(scope, 'Https', place, ranges, group, port(PUBLIC_HTTPS), 'Clients, over TLS');
  allowFrom(
    scope,
    'Http',
    place,
    ranges,
    group,
    port(PUBLIC_HTTP),
    'Clients, to be told to come over TLS',
  );
  allow(scope, 'Entry', place, group, nginxGroup, port(inside), 'Clients to nginx');
  allow(scope, 'Redirect', place, group, nginxGroup, port(PORTS.http), 'Clients to the redirect');
  allow(scope, 'Health', place, group, nginxGroup, port(PORTS.health), 'Whether nginx serves');
  const called = place.named(32, name);
  const balancer = new bindings.Lb(scope, 'LoadBalancer', {
    ...place.tagged(called),
    name: called,
    loadBalancerType: 'network',
    internal: nlb.internal,
    ipAddressType: nlb.ipv6 ? 'dualstack' : 'ipv4',
    subnets: nlb.internal ? network.privateSubnetIds : network.publicSubnetIds,
    securityGroups: [group.id],
    enableCrossZoneLoadBalancing: true,
    enableDeletionProtection: nlb.deletionProtection,
    dependsOn: network.dependables,
  });
  const target = (id: string, suffix: string, to: number, sticky: boolean): LbTargetGroup =>
    new bindings.LbTargetGroup(scope, id, {
      ...place.tagged(place.named(32, name, suffix)),
      name: place.named(32, name, suffix),
      targetType: 'instance',
      vpcId: network.vpcId,
      protocol: 'TCP',
      port: to,
      // Affinity and limits go by it; with the PROXY protocol the load balancer tells it instead.
      preserveClientIp: String(!nlb.proxyProtocol),
      proxyProtocolV2: nlb.proxyProtocol,
      deregistrationDelay: String(hostDrainSeconds),
      connectionTermination: false,
      // Open WebSockets outlive a health check that fails.
      targetHealthState: [{ enableUnhealthyConnectionTermination: false }],
      // Which host a client has does not matter to its affinity, but all hosts learn of a dead instance by themselves.
      stickiness: { type: 'source_ip', enabled: sticky },
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
    });
  // AWS knows no stickiness behind a listener that speaks TLS.
  const clients =
    certificateArn === undefined
      ? target('Clients', 'tls', inside, true)
      : target('Clients', 'acm', inside, false);
  const redirect = target('RedirectClients', 'http', PORTS.http, false);
  const listener = (id: string, from: number, to: LbTargetGroup, speaksTls: boolean): LbListener =>
    new bindings.LbListener(scope, id, {
      ...place.tagged(place.named(128, name, id.toLowerCase())),
      loadBalancerArn: balancer.arn,
      port: from,
      ...(speaksTls
        ? { protocol: 'TLS', certificateArn, sslPolicy: TLS_POLICY, alpnPolicy: 'None' }
        : { protocol: 'TCP', tcpIdleTimeoutSeconds: nlb.idleTimeoutSeconds }),
      defaultAction: [{ type: 'forward', targetGroupArn: to.arn }],
    });
  return {
    balancer,
    targetGroups: [clients, redirect],
    listeners: [
      listener('HttpsListener', PUBLIC_HTTPS, clients, certificateArn !== undefined),
      listener('HttpListener', PUBLIC_HTTP, redirect, false),
    ],
  };
}
