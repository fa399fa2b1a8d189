import type { Construct, IConstruct } from 'constructs';
import { type Fault, faultText } from '../validation/errors';

/**
 * Claim of something that only one construct may have, such as a name on a machine.
 *
 * @internal
 */
export interface Claim<T> {
  readonly scope: Construct;
  readonly value: T;
}

const registries = new WeakMap<IConstruct, Map<string, Claim<unknown>[]>>();

/**
 * Claims something within a stack or an app. Two claims of one key are compared when the app is synthesized.
 *
 * @param within - stack or app
 * @param fault - fault of the later claim, given the earlier one; undefined if both are possible
 * @internal
 */
export function claimAtSynth<T>(
  within: IConstruct,
  key: string,
  claim: Claim<T>,
  fault: (earlier: Claim<T>) => Fault | undefined,
): void {
  const registry = registries.get(within) ?? new Map<string, Claim<unknown>[]>();
  registries.set(within, registry);
  const earlier = (registry.get(key) ?? []) as Claim<T>[];
  registry.set(key, [...earlier, claim]);
  claim.scope.node.addValidation({
    validate: () => {
      const first = earlier.map(fault).find((each) => each !== undefined);
      return first === undefined ? [] : [faultText(first)];
    },
  });
}
