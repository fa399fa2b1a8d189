import type { IConstruct } from 'constructs';
import { show } from '../../validation/check';
import type { Check } from '../../validation/check';

/** The platforms of an app, by their state folders as they are reached from a stack's folder. */
const owners = new WeakMap<IConstruct, Map<string, IConstruct>>();

/**
 * A state folder is its platform's alone: the roster and `destroy` of one would end what belongs to the other.
 *
 * @internal
 * @throws ValidationError when another platform of the app has it already
 */
export function claimStateFolder(check: Check, given: string, folder: string): void {
  const { root } = check.scope.node;
  const folders = owners.get(root) ?? new Map<string, IConstruct>();
  owners.set(root, folders);
  const other = folders.get(folder);
  if (other !== undefined) {
    check.refuse('stateDir', {
      problem: `${show(given)} is the folder of ${other.node.path} already`,
      allowed: 'a folder of its own for each LocalPlatform',
    });
  }
  folders.set(folder, check.scope);
}
