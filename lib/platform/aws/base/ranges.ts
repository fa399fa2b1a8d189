import { isIPv6 } from 'node:net';
import { Token } from 'cdktf';

/**
 * A range as an argument of a rule of a security group.
 *
 * @internal
 */
export function cidr(range: string): { cidrIpv4: string } | { cidrIpv6: string } {
  return isIPv6(range.split('/')[0]!)
    ? { cidrIpv6: canonicalRange(range) }
    : { cidrIpv4: canonicalRange(range) };
}

/**
 * The one way in which AWS writes a range: a single address has its prefix too, and IPv6 is lower case and short.
 *
 * @internal
 */
export function canonicalRange(range: string): string {
  if (Token.isUnresolved(range)) {
    return range;
  }
  const [address, prefix] = range.split('/') as [string, string?];
  return isIPv6(address)
    ? `${new URL(`http://[${address}]`).hostname.slice(1, -1)}/${prefix ?? 128}`
    : `${address}/${prefix ?? 32}`;
}

/**
 * A rule goes with its range, wherever that stands in the list: by its place, the rules behind one that is taken out
 * would all change, each to what the next still is, and AWS has no rule twice.
 *
 * @internal
 */
export function rangeId(range: string, index: number): string {
  return Token.isUnresolved(range)
    ? String(index + 1)
    : (ANY_ADDRESS[canonicalRange(range)] ?? canonicalRange(range).replace(/[.:/]/g, '-'));
}

const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0/0': 'AnyIpv4', '::/0': 'AnyIpv6' };
