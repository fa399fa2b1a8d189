import { Token } from 'cdktf';
import type { Check } from '../../../validation/check';

/**
 * What AWS takes from its own region alone. Where either is known only at apply, AWS has to say it.
 *
 * @param region - that of the platform's provider, where it is known
 * @throws ValidationError for an ARN of another region than that of the platform
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
      problem: `${arn} is in ${arnRegion}, and AWS takes none from another region here`,
      allowed: `one in ${region}, where the platform is`,
    });
  }
}
