import type { Lb } from '@cdktf/provider-aws/lib/lb';
import { Construct } from 'constructs';
import type { Check } from '../../check';
import type { TlsCertificate } from '../../tls-certificate';
import type { NginxSpec } from '../platform';
import type { AwsPlace } from './aws-place';
import { CERTIFICATE_ARN } from './aws-text-rules';

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
    return check.text('tls.certificateArn', arn, CERTIFICATE_ARN);
  }
  if (zoneId === undefined) {
    check.refuse(
      'tls',
      'a new certificate has to be validated in the zone of its names, and the platform has none',
      'TlsCertificate.acm("arn:aws:acm:…") for one that exists',
      'Or give the platform the zone: new AwsPlatform(…, { hostedZoneId }).',
    );
  }
  const { bindings, provider } = place;
  const certificate = new bindings.AcmCertificate(scope, 'Certificate', {
    ...place.tagged(place.named(128, name)),
    domainName: serverNames[0]!,
    ...(serverNames.length > 1 ? { subjectAlternativeNames: serverNames.slice(1) } : {}),
    validationMethod: 'DNS',
    lifecycle: { createBeforeDestroy: true },
  });
  const records = new Construct(scope, 'ValidationRecords');
  // Not by for_each: AWS says only at apply what the records are, and the names are known now.
  const fqdns = serverNames.map((serverName, index) => {
    const told = (attribute: string): string =>
      `\${one([for each in ${certificate.terraformResourceType}.${certificate.friendlyUniqueId}.domain_validation_options : each.${attribute} if each.domain_name == "${serverName}"])}`;
    return new bindings.Route53Record(records, `Name${index + 1}`, {
      provider,
      zoneId,
      name: told('resource_record_name'),
      type: told('resource_record_type'),
      records: [told('resource_record_value')],
      ttl: TTL_SECONDS,
      // A name and its wildcard are validated by one record.
      allowOverwrite: true,
    }).fqdn;
  });
  return new bindings.AcmCertificateValidation(scope, 'CertificateValidation', {
    provider,
    certificateArn: certificate.arn,
    validationRecordFqdns: fqdns,
  }).certificateArn;
}

/**
 * Leads the names of a front to its load balancer.
 *
 * @internal
 */
export function aliasRecords(
  scope: Construct,
  { bindings, provider }: AwsPlace,
  zoneId: string,
  names: readonly string[],
  balancer: Lb,
  { ipv6 }: { readonly ipv6: boolean },
): void {
  const records = new Construct(scope, 'Names');
  names.forEach((name, index) => {
    for (const type of ['A', ...(ipv6 ? ['AAAA'] : [])]) {
      new bindings.Route53Record(records, `${type === 'A' ? 'Ipv4' : 'Ipv6'}${index + 1}`, {
        provider,
        zoneId,
        name,
        type,
        alias: {
          name: balancer.dnsName,
          zoneId: balancer.zoneId,
          evaluateTargetHealth: true,
        },
      });
    }
  });
}

/**
 * Leads the names of a front to its one address.
 *
 * @internal
 */
export function addressRecords(
  scope: Construct,
  { bindings, provider }: AwsPlace,
  zoneId: string,
  names: readonly string[],
  address: string,
): void {
  const records = new Construct(scope, 'Names');
  names.forEach((name, index) => {
    new bindings.Route53Record(records, `Ipv4${index + 1}`, {
      provider,
      zoneId,
      name,
      type: 'A',
      ttl: TTL_SECONDS,
      records: [address],
    });
  });
}
