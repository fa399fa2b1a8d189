import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { Route53RecordConfig } from '@cdktf/provider-aws/lib/route53-record';
import { TerraformLocal, Token } from 'cdktf';
import type { Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { TlsCertificate } from '../../../model/tls-certificate';
import type { NginxSpec } from '../../contract';
import type { AwsPlace } from '../base/aws-context';
import { CERTIFICATE_ARN } from '../base/text-rules';
import { checkRegion } from '../base/region';

const TTL_SECONDS = 60;

/**
 * The certificate of a front: one that exists, or a new one for all of its names.
 *
 * @returns its ARN, once it is valid
 * @throws ValidationError for a new one that nobody could validate
 * @internal
 */
export function certificateFor(
  scope: Construct,
  check: Check,
  place: AwsPlace,
  { name, serverNames }: NginxSpec,
  { arn }: TlsCertificate,
  zoneId: string | undefined,
): string {
  if (arn !== undefined) {
    check.text('tls.certificateArn', arn, CERTIFICATE_ARN);
    return checkRegion(check, 'tls.certificateArn', arn, place.provider);
  }
  if (zoneId === undefined) {
    check.refuse('tls', {
      problem:
        'a new certificate has to be validated in the zone of its names, and the platform has none',
      allowed: 'TlsCertificate.acm("arn:aws:acm:…") for one that exists',
      remedy: 'Or give the platform the zone: new AwsPlatform(…, { hostedZoneId }).',
    });
  }
  const { bindings, provider } = place;
  const names = serverNames.map(asKept);
  const certificate = new bindings.AcmCertificate(scope, 'Certificate', {
    ...place.tagged(place.named(128, name)),
    domainName: names[0]!,
    ...(names.length > 1 ? { subjectAlternativeNames: names.slice(1) } : {}),
    validationMethod: 'DNS',
    lifecycle: { createBeforeDestroy: true },
  });
  const records = new Construct(scope, 'ValidationRecords');
  // Not by for_each: AWS says only at apply what the records are, and the names are known now.
  const fqdns = [...validatedBy(names)].map(([id, serverName]) => {
    const name = Token.isUnresolved(serverName)
      ? `lower(${new TerraformLocal(records, `LateName${id}`, serverName).fqn})`
      : `"${serverName}"`;
    const told = (attribute: string): string =>
      `\${one([for each in ${certificate.terraformResourceType}.${certificate.friendlyUniqueId}.domain_validation_options : each.${attribute} if each.domain_name == ${name}])}`;
    return new bindings.Route53Record(records, `Name-${id}`, {
      provider,
      zoneId,
      name: told('resource_record_name'),
      type: told('resource_record_type'),
      records: [told('resource_record_value')],
      ttl: TTL_SECONDS,
      // All certificates of the account for a name are validated by one record.
      allowOverwrite: true,
    }).fqdn;
  });
  return new bindings.AcmCertificateValidation(scope, 'CertificateValidation', {
    provider,
    certificateArn: certificate.arn,
    validationRecordFqdns: fqdns,
  }).certificateArn;
}

/** By what tells the record apart: one of the names that it validates. A name and its wildcard have one together. */
function validatedBy(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name, index) => [idOf(name.replace(/^\*\./, ''), index), name]));
}

/** What others keep: names are the same in upper and lower case, and AWS tells them in lower case. */
function asKept(name: string): string {
  return Token.isUnresolved(name) ? name : name.toLowerCase();
}

/** A record goes with its name, wherever that stands in the list. */
function idOf(name: string, index: number): string {
  return Token.isUnresolved(name) ? String(index + 1) : asKept(name);
}

/**
 * Leads the names of a front to its load balancer.
 *
 * @internal
 */
export function aliasRecords(
  scope: Construct,
  place: AwsPlace,
  zoneId: string,
  names: readonly string[],
  balancer: Lb,
  { ipv6 }: { readonly ipv6: boolean },
): void {
  nameRecords(scope, place, zoneId, names, ipv6 ? ['A', 'AAAA'] : ['A'], {
    alias: { name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true },
  });
}

/**
 * Leads the names of a front to its one address.
 *
 * @internal
 */
export function addressRecords(
  scope: Construct,
  place: AwsPlace,
  zoneId: string,
  names: readonly string[],
  address: string,
): void {
  nameRecords(scope, place, zoneId, names, ['A'], { ttl: TTL_SECONDS, records: [address] });
}

function nameRecords(
  scope: Construct,
  { bindings, provider }: AwsPlace,
  zoneId: string,
  names: readonly string[],
  types: readonly ('A' | 'AAAA')[],
  target: Pick<Route53RecordConfig, 'alias' | 'records' | 'ttl'>,
): void {
  const records = new Construct(scope, 'Names');
  const zone = new bindings.DataAwsRoute53Zone(records, 'Zone', { provider, zoneId });
  names.forEach((name, index) => {
    for (const type of types) {
      const id = `${type === 'A' ? 'Ipv4' : 'Ipv6'}-${idOf(name, index)}`;
      new bindings.Route53Record(records, id, {
        provider,
        zoneId,
        name,
        type,
        ...target,
        lifecycle: { postcondition: [isIn(zone)] },
      });
    }
  });
}

/**
 * Of a name outside, AWS would make one inside without a word: "chat.example.com.example.org". Checked at plan, as name and
 * zone are known then.
 */
function isIn(zone: DataAwsRoute53Zone): Postcondition {
  return {
    condition: `\${endswith(lower(join(".", ["", self.name])), lower(join(".", ["", trimsuffix(${zone.name}, ".")])))}`,
    errorMessage: `\${self.name} is not in the hosted zone ${zone.name}: give the platform the zone of the front's names (hostedZoneId), or none.`,
  };
}
