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
        problem: 'it begins with a Token: what comes at apply could be read as a pattern',
        allowed: 'a Token behind its scheme: `https://${name}`',
      });
    }
    if (origin.includes('*') && Token.isUnresolved(origin)) {
      check.refuse(`allowedOrigins[${index}]`, {
        problem: 'a "*" beside a Token: what comes at apply cannot be made into a pattern safely',
        allowed: 'a wildcard that is written out, or an exact origin that may be a Token',
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
      problem: `the load balancer in front of nginx is one of ${props.platform.traits.name}, which decides what it speaks`,
      allowed: `no proxyProtocol here; the platform's own entry has one`,
    });
  }
  if (proxyProtocol && trustedProxies.length === 0) {
    check.refuse('proxyProtocol', {
      problem: 'no proxy is trusted to name the client, so every client would seem to be the proxy',
      allowed: 'proxyProtocol together with trustedProxies',
    });
  }
  const everybody = trustedProxies.find((range) => range.endsWith('/0'));
  if (everybody !== undefined) {
    check.warn(
      `trustedProxies: ${everybody} is everybody, so each client may choose the address that limits and affinity go by. Name the proxies alone.`,
    );
  }
  return [...(layout.entry?.trustedProxies ?? []), ...trustedProxies].map((range) =>
    tokens.hide(range),
  );
}
