import { BlockList, isIP, isIPv6 } from 'node:net';
import { Token } from 'cdktf';
import { type Check, show } from '../../../validation/check';
import type { AwsEgress } from '../aws-platform-props';
import { SECURITY_RANGE } from '../base/text-rules';
import { REDIS_PORT } from '../base/ports';
import { canonicalRange } from '../base/ranges';

/**
 * Destination that all hosts may connect to.
 *
 * @internal
 */
export const HTTPS_ANYWHERE: AwsEgress = { port: 443, range: '0.0.0.0/0' };

/**
 * Resolves the destinations that hosts may connect to in addition.
 *
 * @throws ValidationError for an invalid or duplicate destination
 * @internal
 */
export function resolveEgress(
  check: Check,
  property: string,
  given: readonly AwsEgress[] = [],
): AwsEgress[] {
  const open = [HTTPS_ANYWHERE];
  check.list(property, given).forEach(({ port, range }, index) => {
    const rule = {
      range: check.text(`${property}[${index}].range`, range, SECURITY_RANGE),
      port: check.integer(`${property}[${index}].port`, port, 1, 65_535),
    };
    // AWS rejects duplicate rules.
    if (
      open.some(
        (each) => each.port === port && canonicalRange(each.range) === canonicalRange(range),
      )
    ) {
      check.refuse(`${property}[${index}]`, {
        problem: `port ${port} of ${range} is already open`,
        allowed: 'each port and range once; 443 of "0.0.0.0/0" is always open',
      });
    }
    open.push(rule);
  });
  return open.slice(1);
}

/** Servers on the nginx host itself, which no security group applies to. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/i;

/**
 * Checks that nginx may connect to its upstream servers. Otherwise every client would receive a 503.
 *
 * @throws ValidationError for the first server that no destination covers
 * @internal
 */
export function checkPeers(
  check: Check,
  peers: readonly string[],
  egress: readonly AwsEgress[],
): void {
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
export function checkRedisUrl(check: Check, url: string, egress: readonly AwsEgress[]): void {
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
 * @throws ValidationError when instances may connect to nothing but port 443
 * @internal
 */
export function checkSecretRedis(check: Check, egress: readonly AwsEgress[]): void {
  if (egress.every(({ port }) => port === HTTPS_ANYWHERE.port)) {
    check.refuse('backplane', {
      problem: `instances may not connect to a Redis that this stack does not run: outside the platform, only port ${HTTPS_ANYWHERE.port} is open to them`,
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
 * compared.
 */
function isAllowed(egress: readonly AwsEgress[], host: string, port: number): boolean {
  return egress.some((rule) => rule.port === port && contains(rule.range, host));
}

/** Whether an address is in a range. True where this cannot be known. */
function contains(range: string, host: string): boolean {
  if (Token.isUnresolved(range) || isIP(host) === 0) {
    return true;
  }
  const [network, prefix] = range.split('/') as [string, string?];
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  return list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
