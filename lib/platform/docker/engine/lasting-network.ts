import type { TerraformResourceLifecycle } from 'cdktf';
import { immutable } from '../../../terraform/immutable-attributes';

/**
 * For a network that is created before the one that it replaces is destroyed, with a subnet that is given: two networks
 * cannot have the same, and the apply would end after nginx is gone. A changed subnet replaces the network, and then its
 * name is new as well.
 *
 * @param name - what the network is called when it is new
 * @param reasons - what else than the subnet is in its name
 * @internal
 */
export function lastingNetwork(name: string, reasons: string): TerraformResourceLifecycle {
  return immutable({
    attribute: 'name',
    value: name,
    errorMessage: (current) =>
      `the network ${current} stays for as long as its subnet does. With another ${reasons} give another subnet as well, which does not overlap with the one before, for a time without service; or make a platform beside this one.`,
  });
}
