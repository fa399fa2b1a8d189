import type { IConstruct } from 'constructs';
import type { Check } from './check';

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
