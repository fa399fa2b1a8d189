import { TerraformStack } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { Check } from '../validation/check';

/**
 * The check of a construct that asks a platform for something: both have to be in one stack.
 *
 * @throws ValidationError when they are not
 * @internal
 */
export function checkInStackOf(platform: IConstruct, name: string, scope: Construct): Check {
  const check: Check = new Check(scope);
  if (TerraformStack.of(scope) !== TerraformStack.of(platform)) {
    check.refuse(
      'platform',
      `${platform.node.path} belongs to another stack`,
      `a ${name} of the same stack`,
    );
  }
  return check;
}

/**
 * What a platform has one of at the most.
 *
 * @throws ValidationError when there is one already
 * @internal
 */
export function onlyOne(
  platform: IConstruct,
  platformName: string,
  check: Check,
  present: IConstruct | undefined,
  what: string,
): IConstruct {
  if (present !== undefined) {
    check.refuse(
      'platform',
      `${platform.node.path} has its ${what} already: ${present.node.path}`,
      `one ${what} for each ${platformName}`,
    );
  }
  return check.scope;
}
