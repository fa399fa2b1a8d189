import type { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate';
import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import { TerraformLocal, Token } from 'cdktf';
import type { Postcondition, Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { type TlsCertificate, TlsKind } from '../../../model/tls-certificate';
import type { Check } from '../../../validation/check';
import type { NginxSpec } from '../../contract';
import type { AwsContext } from '../base/aws-context';
import { accountKey } from '../base/claim-name';
import { checkRegion } from '../base/region';
import type { ResolvedDns, ResolvedValidation, ResolvedZone } from '../base/resolved-dns';
import { CERTIFICATE_ARN, SECRET_ARN } from '../base/text-rules';
import type { AwsSettings } from '../settings';
import { claimValidation } from './claim-record';
import { canonicalName, endsWithZone, recordId, TTL_SECONDS } from './dns';

/**
 * Source of a front's certificate; empty for plain HTTP.
 *
 * @internal
 */
export interface ResolvedCertificate {
  /** Secret with certificate and key, where nginx terminates TLS. */
  readonly secretArn?: string;
  /** Existing certificate of ACM. */
  readonly arn?: string;
  /** Validation of a new certificate of ACM. */
  readonly validation?: ResolvedValidation;
}

/**
 * Resolves the source of a front's certificate.
 *
 * @throws ValidationError for an ARN that is malformed or of another region, and for a new certificate without a hosted
 * zone
 * @internal
 */
export function resolveCertificate(
  check: Check,
  certificate: TlsCertificate | undefined,
  { dns, region }: AwsSettings,
): ResolvedCertificate {
  const { kind, arn } = certificate ?? {};
  if (kind === TlsKind.SECRETS_MANAGER) {
    const secretArn = check.text('tls.secretArn', arn ?? '', SECRET_ARN);
    checkRegion(check, 'tls.secretArn', secretArn, region);
    return { secretArn };
  }
  if (kind !== TlsKind.ACM) {
    return {};
  }
  if (arn !== undefined) {
    check.text('tls.certificateArn', arn, CERTIFICATE_ARN);
    checkRegion(check, 'tls.certificateArn', arn, region);
    return { arn };
  }
  if (dns.validation === undefined) {
    check.refuse('tls', {
      problem:
        'a new certificate must be validated in a hosted zone of its names, but the platform has none',
      allowed: 'TlsCertificate.acm("arn:aws:acm:…") for an existing certificate',
      remedy:
        'Or give the platform the zone: new AwsPlatform(…, { hostedZoneId }), or only for the validation: { dns: { validation: AwsDnsValidation.zone(id) } }.',
    });
  }
  return { validation: dns.validation };
}

/**
 * The certificate of a load balancer: an existing one, or a new one for all names of its front.
 *
 * @returns the ARN of the valid certificate; undefined where nginx terminates TLS
 * @internal
 */
export function certificateFor(
  scope: Construct,
  aws: AwsContext,
  spec: NginxSpec,
  { arn, validation }: ResolvedCertificate,
  dns: ResolvedDns,
): string | undefined {
  return validation === undefined ? arn : validatedCertificate(scope, aws, spec, validation, dns);
}

function validatedCertificate(
  scope: Construct,
  aws: AwsContext,
  { name, serverNames }: NginxSpec,
  { zone }: ResolvedValidation,
  dns: ResolvedDns,
): string {
  const { bindings, provider } = aws;
  const names = serverNames.map(canonicalName);
  const certificate = new bindings.AcmCertificate(scope, 'Certificate', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    domainName: names[0]!,
    ...(names.length > 1 ? { subjectAlternativeNames: names.slice(1) } : {}),
    validationMethod: 'DNS',
    lifecycle: { createBeforeDestroy: true },
  });
  return new bindings.AcmCertificateValidation(scope, 'CertificateValidation', {
    provider,
    certificateArn: certificate.arn,
    ...(zone === undefined
      ? {}
      : { validationRecordFqdns: validationRecords(scope, aws, certificate, names, zone, dns) }),
  }).certificateArn;
}

/** Creates the records that validate a certificate, and returns their names. */
function validationRecords(
  scope: Construct,
  aws: AwsContext,
  certificate: AcmCertificate,
  names: readonly string[],
  { id: zoneId, provider = aws.provider }: ResolvedZone,
  { names: zoneOfNames, routing }: ResolvedDns,
): string[] {
  const { bindings } = aws;
  const account = accountKey(aws.provider);
  const records = new Construct(scope, 'ValidationRecords');
  const zone = new bindings.DataAwsRoute53Zone(records, 'Zone', {
    provider,
    zoneId,
    lifecycle: { postcondition: [IS_PUBLIC] },
  });
  // No for_each: AWS provides the records only at apply, and the names are known at synth.
  return [...namesToValidate(names)].map(([id, serverName]) => {
    claimValidation(scope, { name: baseName(serverName), zoneId, routing, account });
    const name = Token.isUnresolved(serverName)
      ? `lower(${new TerraformLocal(records, `LateName${id}`, serverName).fqn})`
      : `"${serverName}"`;
    const validationOption = (attribute: string): string =>
      `\${one([for each in ${certificate.terraformResourceType}.${certificate.friendlyUniqueId}.domain_validation_options : each.${attribute} if each.domain_name == ${name}])}`;
    return new bindings.Route53Record(records, `Name-${id}`, {
      provider,
      zoneId,
      name: validationOption('resource_record_name'),
      type: validationOption('resource_record_type'),
      records: [validationOption('resource_record_value')],
      ttl: TTL_SECONDS,
      // One record validates all certificates of the account for a name.
      allowOverwrite: true,
      // Each platform has its own record of the same value, so that a removed one leaves the others valid.
      ...(routing === undefined
        ? {}
        : { setIdentifier: routing.identifier, weightedRoutingPolicy: { weight: 1 } }),
      // In the zone of the names, their own records are checked.
      ...(zoneId === zoneOfNames?.id ? {} : { lifecycle: { precondition: [isIn(name, zone)] } }),
    }).fqdn;
  });
}

/** A condition that ACM can ask a zone. It is checked at plan. */
const IS_PUBLIC: Postcondition = {
  condition: '${self.private_zone != true}',
  errorMessage:
    '${self.name} is a private hosted zone, which ACM cannot ask. Name a public one for the validation: dns: { hostedZoneId, validation: AwsDnsValidation.zone(id) }. Or use a certificate that exists: TlsCertificate.acm(arn).',
};

/** A condition that a name is in the zone that validates it. It is checked at plan. */
function isIn(name: string, zone: DataAwsRoute53Zone): Precondition {
  return {
    condition: `\${${endsWithZone(name, zone)}}`,
    errorMessage: `\${${name}} is not in the hosted zone ${zone.name}, so it cannot be validated there: pass a public zone of all names to AwsDnsValidation.zone(id).`,
  };
}

/** The names to validate, by the id of their record. A name and its wildcard share one record. */
function namesToValidate(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name, index) => [recordId(baseName(name), index), name]));
}

function baseName(name: string): string {
  return name.replace(/^\*\./, '');
}
