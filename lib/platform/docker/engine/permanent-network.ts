import type { TerraformResourceLifecycle } from 'cdktf';
import { immutable } from '../../../terraform/immutable-attributes';

/**
 * Lifecycle of a network that fails the plan for a new name without a new subnet. The new network would be created
 * before the old one is destroyed. Two networks cannot share a subnet, so the apply would fail after nginx is gone.
 *
 * @param name - name of the network when it is new
 * @param reasons - properties beside the subnet that decide the name
 * @internal
 */
export function permanentNetwork(name: string, reasons: string): TerraformResourceLifecycle {
  return immutable({
    attribute: 'name',
    value: name,
    errorMessage: (current) =>
      `the network ${current} stays for as long as its subnet does. With another ${reasons} give another subnet as well, which does not overlap with the one before, for a time without service; or make a platform beside this one.`,
  });
}
