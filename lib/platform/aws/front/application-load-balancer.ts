import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { LoadBalancer, LoadBalancerContext } from './load-balancer';
import { LoadBalancerParts, TLS_POLICY } from './load-balancer';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';

/**
 * Creates an application load balancer, which terminates TLS, redirects plain HTTP and passes every request to AWS WAF.
 *
 * @internal
 */
export function applicationLoadBalancer(
  scope: Construct,
  aws: AwsContext,
  name: string,
  context: LoadBalancerContext,
): LoadBalancer {
  const { entry } = context;
  const parts = new LoadBalancerParts(scope, aws, name, context);
  parts.allowToNginx('Entry', PORTS.terminated, 'Clients to nginx');
  const balancer = parts.loadBalancer({
    idleTimeout: entry.idleTimeoutSeconds,
    // nginx drops such headers as well; this keeps them away from it.
    dropInvalidHeaderFields: true,
    // nginx takes the address that was appended last for the client's.
    xffHeaderProcessingMode: 'append',
  });
  const clients = parts.targetGroup('Clients', 'alb', PORTS.terminated, {
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    // A new host receives the new WebSockets.
    loadBalancingAlgorithmType: 'least_outstanding_requests',
    // nginx is responsible for affinity, and all of its hosts choose the same instance.
    stickiness: { type: 'lb_cookie', enabled: false },
  });
  if (entry.webAclArn !== undefined) {
    new aws.bindings.Wafv2WebAclAssociation(scope, 'WebAcl', {
      provider: aws.provider,
      resourceArn: balancer.arn,
      webAclArn: entry.webAclArn,
    });
  }
  return {
    balancer,
    targetGroups: [clients],
    listeners: [
      parts.listener('HttpsListener', balancer, {
        port: PUBLIC_HTTPS,
        protocol: 'HTTPS',
        certificateArn: context.certificateArn,
        sslPolicy: TLS_POLICY,
        defaultAction: [{ type: 'forward', targetGroupArn: clients.arn }],
      }),
      parts.listener('HttpListener', balancer, {
        port: PUBLIC_HTTP,
        protocol: 'HTTP',
        defaultAction: [
          {
            type: 'redirect',
            redirect: { protocol: 'HTTPS', port: String(PUBLIC_HTTPS), statusCode: 'HTTP_301' },
          },
        ],
      }),
    ],
  };
}
