import { TerraformStack } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { Check } from './check';

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
