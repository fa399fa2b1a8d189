import { isIPv6 } from 'node:net';
import { Token } from 'cdktf';

/**
 * The argument of a security group rule that holds the range.
 *
 * @internal
 */
export function cidr(range: string): { cidrIpv4: string } | { cidrIpv6: string } {
  return isIPv6(range.split('/')[0]!)
    ? { cidrIpv6: canonicalRange(range) }
    : { cidrIpv4: canonicalRange(range) };
}

/**
 * A range in the form that AWS stores: with a prefix length, and IPv6 in lower case and compressed.
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
 * Id of the rule for a range.
 *
 * The id is derived from the range rather than from its index. Otherwise, removing a range would change every rule
 * after it into the next one, and AWS rejects duplicate rules.
 *
 * @internal
 */
export function rangeId(range: string, index: number): string {
  return Token.isUnresolved(range)
    ? String(index + 1)
    : (ANY_ADDRESS[canonicalRange(range)] ?? canonicalRange(range).replace(/[.:/]/g, '-'));
}

const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0/0': 'AnyIpv4', '::/0': 'AnyIpv6' };
