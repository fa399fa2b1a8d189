import type { Check } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import type { Hsts as HstsOptions } from '../model/front-options';
import type { Hsts, Tls } from '../nginx/intent';
import { TlsKind } from '../model/tls-certificate';
import type { FrontProps } from './front-context';

/**
 * Place where the TLS of clients ends.
 *
 * @internal
 */
export function resolveTls(check: Check, { tls, platform }: FrontProps): Tls {
  const kinds = platform.traits.tlsKinds ?? USUAL_KINDS;
  if (tls === undefined) {
    if (platform.traits.isPublic) {
      check.refuse('tls', {
        problem: `other machines can reach ${platform.traits.name}, and without TLS, tokens and messages are sent unencrypted`,
        allowed: listOf(kinds),
      });
    }
    return 'none';
  }
  if (!kinds.includes(tls.kind)) {
    const { name } = platform.traits;
    check.refuse('tls', {
      problem: `${CODE[tls.kind]} is not possible on ${name}`,
      allowed: listOf(kinds),
    });
  }
  if (tls.kind === TlsKind.SELF_SIGNED && platform.traits.isPublic) {
    check.warn(
      'TlsCertificate.selfSigned() on a public platform: clients do not trust it. Use it for development only.',
    );
  }
  return tls.kind === TlsKind.TERMINATED_UPSTREAM || tls.kind === TlsKind.ACM
    ? 'terminated-upstream'
    : 'served';
}

const USUAL_KINDS = [TlsKind.FILES, TlsKind.SELF_SIGNED, TlsKind.TERMINATED_UPSTREAM];

/** Each kind as it is written in code. */
const CODE: Record<TlsKind, string> = {
  [TlsKind.FILES]: 'TlsCertificate.fromFiles(…)',
  [TlsKind.SELF_SIGNED]: 'TlsCertificate.selfSigned()',
  [TlsKind.TERMINATED_UPSTREAM]: 'TlsCertificate.terminatedUpstream()',
  [TlsKind.ACM]: 'TlsCertificate.acm(…)',
  [TlsKind.SECRETS_MANAGER]: 'TlsCertificate.fromSecret(…)',
};

/** Purposes that the names do not make clear. */
const PURPOSES: Partial<Record<TlsKind, string>> = {
  [TlsKind.SELF_SIGNED]: ' for development',
  [TlsKind.TERMINATED_UPSTREAM]: ' behind a proxy that terminates TLS',
};

function listOf(kinds: readonly TlsKind[]): string {
  return kinds
    .map((kind, index) => {
      const code = index === 0 ? CODE[kind] : CODE[kind].replace('TlsCertificate', '');
      return `${code}${PURPOSES[kind] ?? ''}`;
    })
    .join(', ');
}

/**
 * The Strict-Transport-Security header.
 *
 * @internal
 */
export function resolveHsts(check: Check, hsts: HstsOptions, tls: Tls): Hsts {
  if (tls === 'none') {
    check.refuse('hsts', {
      problem: 'browsers ignore it over plain HTTP',
      allowed: 'a front with tls',
      remedy: 'Set tls, or remove hsts.',
    });
  }
  const maxAge = resolveDuration(check, 'hsts.maxAge', hsts.maxAge ?? '365d', '1s', '3650d');
  const year = 365 * 86_400;
  const maxAgeSeconds = Math.round(maxAge.milliseconds / 1000);
  if (hsts.preload && !(hsts.includeSubDomains && maxAgeSeconds >= year)) {
    check.refuse('hsts.preload', {
      problem: 'browsers preload a name only with its subdomains and for at least a year',
      allowed: 'preload with includeSubDomains: true and maxAge of at least "365d"',
    });
  }
  return {
    maxAgeSeconds,
    includeSubDomains: hsts.includeSubDomains ?? false,
    preload: hsts.preload ?? false,
  };
}
