import type { Check } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import type { Hsts as HstsOptions } from '../model/front-options';
import type { Hsts, Tls } from '../nginx/intent';
import { TlsKind } from '../model/tls-certificate';
import type { FrontContext } from './front-context';

/** @internal */
export function chooseTls({ check, props }: FrontContext): Tls {
  const { tls, platform } = props;
  const kinds = platform.traits.tlsKinds ?? USUAL_KINDS;
  if (tls === undefined) {
    if (platform.traits.isPublic) {
      check.refuse('tls', {
        problem: `${platform.traits.name} can be reached by other machines, and without TLS tokens and messages travel in the clear`,
        allowed: listOf(kinds),
      });
    }
    return 'none';
  }
  if (!kinds.includes(tls.kind)) {
    const { name } = platform.traits;
    check.refuse('tls', {
      problem: `${SAYS[tls.kind]} is not possible on ${name}`,
      allowed: listOf(kinds),
    });
  }
  if (tls.kind === TlsKind.SELF_SIGNED && platform.traits.isPublic) {
    check.warn(
      'TlsCertificate.selfSigned() on a public platform: clients will refuse it. It is for development.',
    );
  }
  return tls.kind === TlsKind.TERMINATED_UPSTREAM || tls.kind === TlsKind.ACM
    ? 'terminated-upstream'
    : 'served';
}

const USUAL_KINDS = [TlsKind.FILES, TlsKind.SELF_SIGNED, TlsKind.TERMINATED_UPSTREAM];

/** As a user writes them. */
const SAYS: Record<TlsKind, string> = {
  [TlsKind.FILES]: 'TlsCertificate.fromFiles(…)',
  [TlsKind.SELF_SIGNED]: 'TlsCertificate.selfSigned()',
  [TlsKind.TERMINATED_UPSTREAM]: 'TlsCertificate.terminatedUpstream()',
  [TlsKind.ACM]: 'TlsCertificate.acm(…)',
  [TlsKind.SECRETS_MANAGER]: 'TlsCertificate.fromSecret(…)',
};

/** What each is for, where the name does not say it. */
const PURPOSES: Partial<Record<TlsKind, string>> = {
  [TlsKind.SELF_SIGNED]: ' for development',
  [TlsKind.TERMINATED_UPSTREAM]: ' behind a proxy that speaks TLS',
};

function listOf(kinds: readonly TlsKind[]): string {
  return kinds
    .map((kind, index) => {
      const said = index === 0 ? SAYS[kind] : SAYS[kind].replace('TlsCertificate', '');
      return `${said}${PURPOSES[kind] ?? ''}`;
    })
    .join(', ');
}

/** @internal */
export function checkHsts({ check, props }: FrontContext, tls: Tls): Hsts | undefined {
  const { hsts } = props;
  if (hsts === undefined) {
    return undefined;
  }
  if (tls === 'none') {
    check.refuse('hsts', {
      problem: 'browsers ignore it over plain HTTP',
      allowed: 'a front with tls',
      remedy: 'Set tls, or leave hsts out.',
    });
  }
  return decided(check, hsts);
}

function decided(check: Check, hsts: HstsOptions): Hsts {
  const maxAge = resolveDuration(check, 'hsts.maxAge', hsts.maxAge ?? '365d', '1s', '3650d');
  const year = 365 * 86_400;
  const maxAgeSeconds = Math.round(maxAge.milliseconds / 1000);
  if (hsts.preload && !(hsts.includeSubDomains && maxAgeSeconds >= year)) {
    check.refuse('hsts.preload', {
      problem: 'browsers take a name into their lists only with its subdomains and for a year',
      allowed: 'preload with includeSubDomains: true and maxAge of at least "365d"',
    });
  }
  return {
    maxAgeSeconds,
    includeSubDomains: hsts.includeSubDomains ?? false,
    preload: hsts.preload ?? false,
  };
}
