import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { LoadBalancer, LoadBalancerContext } from './load-balancer';
import { LoadBalancerParts, TLS_POLICY } from './load-balancer';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';

/**
 * Creates a network load balancer. Port 443 leads to nginx, with TLS terminated or passed through; port 80 leads to
 * nginx's redirect.
 *
 * @internal
 */
export function networkLoadBalancer(
  scope: Construct,
  aws: AwsContext,
  name: string,
  context: LoadBalancerContext,
): LoadBalancer {
  const { entry, certificateArn } = context;
  const parts = new LoadBalancerParts(scope, aws, name, context);
  const inside = certificateArn === undefined ? PORTS.https : PORTS.terminated;
  parts.allowToNginx('Entry', inside, 'Clients to nginx');
  parts.allowToNginx('Redirect', PORTS.http, 'Clients to the redirect');
  const balancer = parts.loadBalancer({ enableCrossZoneLoadBalancing: true });
  const target = (id: string, suffix: string, to: number, sticky: boolean): LbTargetGroup =>
    parts.targetGroup(id, suffix, to, {
      protocol: 'TCP',
      // Affinity and limits depend on the client's address. With the PROXY protocol, nginx learns it from there.
      preserveClientIp: String(!entry.proxyProtocol),
      proxyProtocolV2: entry.proxyProtocol,
      connectionTermination: false,
      // Open WebSockets survive a failed health check.
      targetHealthState: [{ enableUnhealthyConnectionTermination: false }],
      // Affinity does not depend on the host, but each host has to detect a dead instance by itself.
      stickiness: { type: 'source_ip', enabled: sticky },
    });
  // AWS does not support stickiness behind a TLS listener.
  const clients =
    certificateArn === undefined
      ? target('Clients', 'tls', inside, true)
      : target('Clients', 'acm', inside, false);
  const redirect = target('RedirectClients', 'http', PORTS.http, false);
  const tcp = { protocol: 'TCP', tcpIdleTimeoutSeconds: entry.idleTimeoutSeconds };
  return {
    balancer,
    targetGroups: [clients, redirect],
    listeners: [
      parts.listener('HttpsListener', balancer, {
        port: PUBLIC_HTTPS,
        ...(certificateArn === undefined
          ? tcp
          : { protocol: 'TLS', certificateArn, sslPolicy: TLS_POLICY, alpnPolicy: 'None' }),
        defaultAction: [{ type: 'forward', targetGroupArn: clients.arn }],
      }),
      parts.listener('HttpListener', balancer, {
        port: PUBLIC_HTTP,
        ...tcp,
        defaultAction: [{ type: 'forward', targetGroupArn: redirect.arn }],
      }),
    ],
  };
}
