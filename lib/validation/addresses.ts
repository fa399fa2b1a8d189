import { isIPv6 } from 'node:net';

const ANY = ['0.0.0.0', '::'];

/**
 * Whether two servers cannot listen on one port of these addresses. "::" is for IPv6 alone.
 *
 * @internal
 */
export function addressesOverlap(one: string, other: string): boolean {
  return (
    isIPv6(one) === isIPv6(other) && (one === other || ANY.includes(one) || ANY.includes(other))
  );
}
