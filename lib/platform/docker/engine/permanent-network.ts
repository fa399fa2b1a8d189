import type { TerraformResourceLifecycle } from 'cdktf';
import { immutable } from '../../../terraform/immutable-attributes';

/**
 * Refuses a new name for a network whose subnet stays. The new network is created before the old one is destroyed, and
 * two networks cannot share a subnet: the apply would fail after nginx is gone. With a new subnet the network is
 * replaced, and may have a new name.
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
