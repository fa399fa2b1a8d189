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
      `the network ${current} cannot change while its subnet stays the same. With another ${reasons}, also give a subnet that does not overlap with the present one, which interrupts the service; or create a second platform.`,
  });
}
