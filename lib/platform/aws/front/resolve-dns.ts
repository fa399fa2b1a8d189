import { Token } from 'cdktf';
import type { Check } from '../../../validation/check';
import type { AwsPlatformProps } from '../aws-platform-props';
import type { ResolvedDns } from '../base/resolved-dns';
import { ZONE_ID } from '../base/text-rules';

/**
 * Resolves the DNS records of a platform.
 *
 * @throws ValidationError for an invalid property, for `hostedZoneId` together with `dns`, and for options that have no
 * effect without a zone
 * @internal
 */
export function resolveDns(
  check: Check,
  { hostedZoneId, dns }: Pick<AwsPlatformProps, 'hostedZoneId' | 'dns'>,
  platform: { readonly name: string; readonly region?: string },
): ResolvedDns {
  if (hostedZoneId !== undefined) {
    if (dns !== undefined) {
      check.refuse('hostedZoneId', {
        problem: 'dns is given as well, and has a zone of its own',
        allowed: 'one of the two',
        remedy: 'Move the zone: dns: { hostedZoneId, … }.',
      });
    }
    const names = { id: check.text('hostedZoneId', hostedZoneId, ZONE_ID) };
    return { names, validation: { zone: names } };
  }
  if (dns === undefined) {
    return {};
  }
  if (dns.hostedZoneId === undefined) {
    for (const property of ['provider', 'routing'] as const) {
      if (dns[property] !== undefined) {
        check.refuse(`dns.${property}`, {
          problem: 'it has no effect, because the platform has no zone for the names',
          allowed: `${property} together with dns.hostedZoneId`,
        });
      }
    }
  }
  const names =
    dns.hostedZoneId === undefined
      ? undefined
      : {
          id: check.text('dns.hostedZoneId', dns.hostedZoneId, ZONE_ID),
          provider: dns.provider,
        };
  const { name, region } = platform;
  const identifier =
    region === undefined || Token.isUnresolved(region) ? name : `${name}-${region}`;
  return {
    names,
    validation: dns.validation?._resolve(check) ?? (names && { zone: names }),
    routing: dns.routing?._resolve(check, identifier),
  };
}
