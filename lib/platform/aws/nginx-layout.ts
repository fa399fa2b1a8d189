import type { NginxLayout } from '../contract';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from './base/ports';
import type { ResolvedBalancer } from './base/resolved-entry';
import { CROWDED_FACTOR } from './monitoring/metrics';

/** Release line of nginx.org's packages on the hosts. */
export const NGINX_VERSION = '1.30';

/** Name server of every VPC, whatever its DHCP options say. */
const NAME_SERVER = '169.254.169.253';

/** Idle timeout of connections whose TLS a network load balancer terminates. AWS does not allow another value. */
const TLS_IDLE_SECONDS = 350;

/**
 * Layout of nginx on a host.
 *
 * @param trustedProxies - address ranges of the load balancer, where it reports the client's address
 * @internal
 */
export function nginxLayout(
  balancer: ResolvedBalancer | undefined,
  statusPort: number,
  trustedProxies: string[],
): NginxLayout {
  const common = {
    pidFile: '/run/aiwm-nginx.pid',
    errorLog: '/var/log/nginx/error.log',
    accessLog: '/var/log/nginx/access.log',
    certificate: 'tls/certificate.pem',
    certificateKey: 'tls/key.pem',
    publicHttpsPort: PUBLIC_HTTPS,
    publicHttpPort: PUBLIC_HTTP,
    statusListen: `127.0.0.1:${statusPort}`,
    releaseFile: 'release.conf',
    resolver: NAME_SERVER,
    // The name server keeps an answer for the TTL of its records, and both times add up.
    resolverValid: '3s',
  };
  if (balancer === undefined) {
    return {
      ...common,
      httpsListen: [String(PUBLIC_HTTPS)],
      httpListen: [String(PUBLIC_HTTP)],
    };
  }
  const idleMs = balancer.idleTimeoutSeconds * 1000;
  const entry = {
    terminatedListen: [String(PORTS.terminated)],
    healthListen: String(PORTS.health),
    idleTimeoutMs: idleMs,
    trustedProxies,
    proxyProtocol: balancer.proxyProtocol,
    connectionsPerHost: balancer.connectionsPerHost,
    // Room until the alarm goes off.
    expectedConnections: Math.min(
      Math.round(CROWDED_FACTOR * balancer.connectionsPerHost),
      500_000,
    ),
  };
  return balancer.kind === 'network'
    ? {
        ...common,
        httpsListen: [String(PORTS.https)],
        httpListen: [String(PORTS.http)],
        entry: {
          ...entry,
          terminatedIdleTimeoutMs: TLS_IDLE_SECONDS * 1000,
          idleTimeoutProperty: 'entry: AwsEntry.nlb({ idleTimeout })',
          connectionsPerHostProperty: 'entry: AwsEntry.nlb({ connectionsPerHost })',
        },
      }
    : {
        ...common,
        httpsListen: [],
        // The load balancer redirects.
        httpListen: [],
        entry: {
          ...entry,
          terminatedIdleTimeoutMs: idleMs,
          idleTimeoutProperty: 'entry: AwsEntry.alb({ idleTimeout })',
          connectionsPerHostProperty: 'entry: AwsEntry.alb({ connectionsPerHost })',
          reuseTimeoutMs: idleMs,
        },
      };
}
