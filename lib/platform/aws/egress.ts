import { BlockList, isIP, isIPv6 } from 'node:net';
import { Token } from 'cdktf';
import type { Check } from '../../check';
import type { AwsEgress } from './aws-platform-props';
import { SECURITY_RANGE } from './aws-text-rules';
import { whole } from './security-rules';

/**
 * Where all hosts may connect to.
 *
 * @internal
 */
export const HTTPS_ANYWHERE: AwsEgress = { port: 443, range: '0.0.0.0/0' };

/**
 * Where hosts may connect to besides, checked.
 *
 * @internal
 */
export function checkEgress(
  check: Check,
  property: string,
  given: readonly AwsEgress[] = [],
): AwsEgress[] {
  const open = [HTTPS_ANYWHERE];
  check.list(property, given).forEach(({ port, range }, index) => {
    const way = {
      range: check.text(`${property}[${index}].range`, range, SECURITY_RANGE),
      port: check.integer(`${property}[${index}].port`, port, 1, 65_535),
    };
    // AWS has no rule twice.
    if (open.some((each) => each.port === port && whole(each.range) === whole(range))) {
      check.refuse(
        `${property}[${index}]`,
        `port ${port} of ${range} is open already`,
        'each port and range once, without 443 of "0.0.0.0/0"',
      );
    }
    open.push(way);
  });
  return open.slice(1);
}

/** What is on the host of nginx itself; no security group is asked. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/i;

/**
 * Servers that nginx may not connect to would cost every client a 503. Of a name, and of what is known only at apply, the
 * port alone can be compared.
 *
 * @throws ValidationError for the first that nothing leads to
 * @internal
 */
export function checkPeers(
  check: Check,
  peers: readonly string[],
  egress: readonly AwsEgress[],
): void {
  for (const peer of peers) {
    const [, bracketed, plain, digits] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(peer) ?? [];
    const host = bracketed ?? plain;
    const port = Number(digits);
    if (host === undefined || LOOPBACK.test(host)) {
      continue;
    }
    if (!egress.some((way) => way.port === port && contains(way.range, host))) {
      const example = isIP(host) === 0 ? '10.0.0.0/16' : host;
      check.refuse(
        'upstream',
        `the hosts of nginx may not connect to ${Token.isUnresolved(host) ? `port ${port}` : peer}`,
        undefined,
        `Open it: new AwsPlatform(…, { nginxEgress: [{ port: ${port}, range: "${example}" }] }), and let the platform's nginxSecurityGroup in at the server.`,
      );
    }
  }
}

/** Whether an address is in a range, or may be. */
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
