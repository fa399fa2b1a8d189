import { Token } from 'cdktf';
import { IP_RANGE, ORIGIN } from '../validation/text-rules';
import type { FrontContext } from './front-context';

/**
 * Origins whose pages may open a WebSocket; undefined for all.
 *
 * @internal
 */
export function resolveAllowedOrigins({
  check,
  props,
  tokens,
}: FrontContext): string[] | undefined {
  const { allowedOrigins } = props;
  if (allowedOrigins === undefined) {
    return undefined;
  }
  return check.texts('allowedOrigins', allowedOrigins, ORIGIN, { min: 1 }).map((origin, index) => {
    if (Token.isUnresolved(origin) && !/^https?:\/\//.test(origin)) {
      check.refuse(`allowedOrigins[${index}]`, {
        problem: 'it begins with a Token, whose value at apply could be read as a pattern',
        allowed: 'a Token after its scheme: `https://${name}`',
      });
    }
    if (origin.includes('*') && Token.isUnresolved(origin)) {
      check.refuse(`allowedOrigins[${index}]`, {
        problem:
          'it contains "*" and a Token, whose value at apply cannot safely become part of a pattern',
        allowed: 'a literal wildcard, or an exact origin, which may be a Token',
      });
    }
    return tokens.hide(origin);
  });
}

/**
 * Proxies that nginx trusts to name the client: the platform's load balancer first, then those of the user.
 *
 * @internal
 */
export function resolveTrustedProxies(context: FrontContext): string[] {
  const { check, props, layout, tokens } = context;
  const { trustedProxies = [], proxyProtocol } = props;
  check.texts('trustedProxies', trustedProxies, IP_RANGE);
  if (proxyProtocol && layout.entry !== undefined) {
    check.refuse('proxyProtocol', {
      problem: `the load balancer in front of nginx belongs to ${props.platform.traits.name}, which decides its protocol`,
      allowed: `no proxyProtocol here; the platform's entry has its own`,
    });
  }
  if (proxyProtocol && trustedProxies.length === 0) {
    check.refuse('proxyProtocol', {
      problem:
        'no proxy is trusted to report the client address, so all clients would appear to have the address of the proxy',
      allowed: 'proxyProtocol together with trustedProxies',
    });
  }
  const everybody = trustedProxies.find((range) => range.endsWith('/0'));
  if (everybody !== undefined) {
    check.warn(
      `trustedProxies: ${everybody} trusts every client, so anyone can forge the address that limits and affinity rely on. List only your proxies.`,
    );
  }
  return [...(layout.entry?.trustedProxies ?? []), ...trustedProxies].map((range) =>
    tokens.hide(range),
  );
}
