import { BlockList, isIP, isIPv6 } from 'node:net';
import { Token } from 'cdktf';
import { type Check, show } from '../../../validation/check';
import { AwsProtocol, type AwsDestination } from '../aws-egress';
import { REDIS_PORT } from '../base/ports';
import { DNS_PORT, HTTPS_PORT, type Egress } from './resolve-egress';

/** Servers on the nginx host itself, which no security group applies to. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/i;

/**
 * Checks that nginx may connect to its upstream servers. Otherwise every client would receive a 503.
 *
 * @throws ValidationError for the first server that no destination covers
 * @internal
 */
export function checkPeers(check: Check, peers: readonly string[], egress: Egress): void {
  for (const peer of peers) {
    const { host, port } = hostAndPort(peer);
    if (port === undefined || LOOPBACK.test(host)) {
      continue;
    }
    if (!isAllowed(egress, host, port)) {
      check.refuse('upstream', {
        problem: `the nginx hosts may not connect to ${Token.isUnresolved(host) ? `port ${port}` : peer}`,
        remedy: `Open it: ${egressExample('nginxEgress', host, port)}, and allow the platform's nginxSecurityGroup at the server.`,
      });
    }
  }
}

/**
 * Checks that an existing Redis uses TLS and that instances may connect to it. TLS is required inside a VPC too,
 * because others may share it.
 *
 * @throws ValidationError for a Redis that is unreachable or without TLS
 * @internal
 */
export function checkRedisUrl(check: Check, url: string, egress: Egress): void {
  const [, scheme, address] = /^(rediss?):\/\/([^/]*)/.exec(url) ?? [];
  if (scheme === 'redis') {
    check.refuse('backplane', {
      problem: `${Token.isUnresolved(url) ? '"redis://…"' : show(url)} is a Redis without TLS, so messages of clients would be sent unencrypted`,
      allowed: 'a URL that begins with "rediss://"',
      remedy:
        'Turn on encryption in transit at that Redis, or run one in this stack: new RedisAdapterBackplane(this, "Backplane", { platform }).',
    });
  }
  if (address === undefined) {
    return;
  }
  const { host, port = REDIS_PORT } = hostAndPort(address);
  if (!isAllowed(egress, host, port)) {
    check.refuse('backplane', {
      problem: `instances may not connect to ${isIP(host) === 0 ? '' : `${host} at `}port ${port}, where this Redis listens`,
      remedy: `Open its port to the addresses of that Redis: ${egressExample('instanceEgress', host, port)}.`,
    });
  }
}

/**
 * The same check for a Redis whose URL is a secret, so that its address is unknown.
 *
 * @throws ValidationError when instances may connect to nothing but port 443 and DNS servers
 * @internal
 */
export function checkSecretRedis(check: Check, egress: Egress): void {
  if (
    egress.isComplete &&
    egress.rules.every(
      ({ protocol, port }) =>
        protocol === AwsProtocol.UDP || port === HTTPS_PORT || port === DNS_PORT,
    )
  ) {
    check.refuse('backplane', {
      problem: `instances may not connect to a Redis that this stack does not run: outside the platform, only port ${HTTPS_PORT} is open to them`,
      remedy: `Open its port to the addresses of that Redis: ${egressExample('instanceEgress', '', REDIS_PORT)}.`,
    });
  }
}

function egressExample(property: string, host: string, port: number): string {
  const range = isIP(host) === 0 ? '10.0.0.0/16' : host;
  return `new AwsPlatform(…, { ${property}: [{ port: ${port}, range: "${range}" }] })`;
}

/** Splits an address. Its host may be a Token, which contains no colon. */
function hostAndPort(address: string): { readonly host: string; readonly port?: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.+?))(?::(\d+))?$/.exec(address) ?? [];
  return {
    host: bracketed ?? plain ?? '',
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

/**
 * Whether hosts may connect there. For names, and for addresses that are known only at apply, only the port is
 * compared. What a further security group opens is not known.
 */
function isAllowed({ rules, isComplete }: Egress, host: string, port: number): boolean {
  return (
    !isComplete ||
    rules.some(
      (rule) =>
        rule.protocol === AwsProtocol.TCP && rule.port === port && contains(rule.destination, host),
    )
  );
}

/** Whether an address is in a destination. True where this cannot be known. */
function contains({ range }: AwsDestination, host: string): boolean {
  if (range === undefined || Token.isUnresolved(range) || isIP(host) === 0) {
    return true;
  }
  const [network, prefix] = range.split('/') as [string, string?];
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  return list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
