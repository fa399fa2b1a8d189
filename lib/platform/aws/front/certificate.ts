import { TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { type TlsCertificate, TlsKind } from '../../../model/tls-certificate';
import type { Check } from '../../../validation/check';
import type { NginxSpec } from '../../contract';
import type { AwsContext } from '../base/aws-context';
import { checkRegion } from '../base/region';
import { CERTIFICATE_ARN, SECRET_ARN } from '../base/text-rules';
import type { AwsSettings } from '../settings';
import { canonicalName, recordId, TTL_SECONDS } from './dns';

/**
 * Where a front's certificate comes from; nothing for plain HTTP.
 *
 * @internal
 */
export interface ResolvedCertificate {
  /** The secret with certificate and key, where nginx speaks TLS. */
  readonly secretArn?: string;
  /** A certificate of ACM that exists. */
  readonly arn?: string;
  /** The zone in which a new certificate of ACM is validated. */
  readonly validationZoneId?: string;
}

/**
 * Resolves where the certificate of a front comes from.
 *
 * @throws ValidationError for a new one that nobody could validate, and for one in another region
 * @internal
 */
export function resolveCertificate(
  check: Check,
  certificate: TlsCertificate | undefined,
  { hostedZoneId, region }: AwsSettings,
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
  if (hostedZoneId === undefined) {
    check.refuse('tls', {
      problem:
        'a new certificate has to be validated in the zone of its names, and the platform has none',
      allowed: 'TlsCertificate.acm("arn:aws:acm:…") for one that exists',
      remedy: 'Or give the platform the zone: new AwsPlatform(…, { hostedZoneId }).',
    });
  }
  return { validationZoneId: hostedZoneId };
}

/**
 * The certificate of a load balancer: one that exists, or a new one for all names of its front.
 *
 * @returns its ARN, once it is valid; undefined where the load balancer speaks no TLS
 * @internal
 */
export function certificateFor(
  scope: Construct,
  aws: AwsContext,
  spec: NginxSpec,
  { arn, validationZoneId }: ResolvedCertificate,
): string | undefined {
  return validationZoneId === undefined
    ? arn
    : validatedCertificate(scope, aws, spec, validationZoneId);
}

function validatedCertificate(
  scope: Construct,
  aws: AwsContext,
  { name, serverNames }: NginxSpec,
  zoneId: string,
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
  const records = new Construct(scope, 'ValidationRecords');
  // Not by for_each: AWS says only at apply what the records are, and the names are known now.
  const fqdns = [...namesToValidate(names)].map(([id, serverName]) => {
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
function namesToValidate(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name, index) => [recordId(name.replace(/^\*\./, ''), index), name]));
}
