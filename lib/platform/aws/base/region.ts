import { Token } from 'cdktf';
import type { Check } from '../../../validation/check';

/**
 * Checks that an ARN is in the region of the platform. An ARN or a region that is known only at apply is left to AWS.
 *
 * @param region - region of the platform's provider, if it is known
 * @throws ValidationError for an ARN of another region
 * @internal
 */
export function checkRegion(
  check: Check,
  property: string,
  arn: string,
  region: string | undefined,
): void {
  const arnRegion = arn.split(':')[3];
  if (region !== undefined && ![region, arn].some(Token.isUnresolved) && arnRegion !== region) {
    check.refuse(property, {
      problem: `${arn} is in ${arnRegion}, but the platform is in ${region}`,
      allowed: `one in ${region}`,
    });
  }
}
