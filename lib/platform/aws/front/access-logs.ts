import type { Check } from '../../../validation/check';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { ResolvedCertificate } from './certificate';

/**
 * Checks that the load balancer has something to log.
 *
 * @throws ValidationError for a network load balancer that passes TLS through
 * @internal
 */
export function checkAccessLogs(
  check: Check,
  balancer: ResolvedBalancer | undefined,
  { secretArn }: ResolvedCertificate,
): void {
  if (balancer?.accessLogs !== undefined && secretArn !== undefined) {
    check.refuse('platform.entry.accessLogs', {
      problem: 'a network load balancer logs only connections whose TLS it terminates',
      allowed: 'accessLogs together with a certificate of ACM: TlsCertificate.acm()',
      remedy: 'Or remove it: nginx writes an access log itself, which is in CloudWatch.',
    });
  }
}
