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
 * Source of a front's certificate; empty for plain HTTP.
 *
 * @internal
 */
export interface ResolvedCertificate {
  /** Secret with certificate and key, where nginx terminates TLS. */
  readonly secretArn?: string;
  /** Existing certificate of ACM. */
  readonly arn?: string;
  /** Hosted zone in which a new certificate of ACM is validated. */
  readonly validationZoneId?: string;
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
        'a new certificate must be validated in the hosted zone of its names, but the platform has none',
      allowed: 'TlsCertificate.acm("arn:aws:acm:…") for an existing certificate',
      remedy: 'Or give the platform the zone: new AwsPlatform(…, { hostedZoneId }).',
    });
  }
  return { validationZoneId: hostedZoneId };
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
  // No for_each: AWS provides the records only at apply, and the names are known at synth.
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
      // One record validates all certificates of the account for a name.
      allowOverwrite: true,
    }).fqdn;
  });
  return new bindings.AcmCertificateValidation(scope, 'CertificateValidation', {
    provider,
    certificateArn: certificate.arn,
    validationRecordFqdns: fqdns,
  }).certificateArn;
}

/** The names to validate, by the id of their record. A name and its wildcard share one record. */
function namesToValidate(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name, index) => [recordId(name.replace(/^\*\./, ''), index), name]));
}
