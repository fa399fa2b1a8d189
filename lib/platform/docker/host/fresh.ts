import { Fn, Op, type TerraformResourceLifecycle, Token } from 'cdktf';
import { FIRST_INSTANCE, type Subnet } from '../engine/subnet';

/**
 * Eight hexadecimal digits that are others in every plan, and known in it.
 *
 * A container is created before the one that it replaces is destroyed, and Docker gives neither a name nor an address to
 * two. A hash of the specification would be the same again when an apply is repeated after containers that never got
 * healthy. Goes with `fresh`.
 *
 * @param purpose - keeps those apart that are drawn in the same plan
 * @internal
 */
export function freshDigits(purpose: string): string {
  return Token.asString(Fn.substr(Fn.sha256(Fn.join(' ', [purpose, Fn.plantimestamp()])), 0, 8));
}

/**
 * Lifecycle of a container that keeps what it was created with, whatever later plans draw.
 *
 * @param attributes - attributes that hold something that is drawn
 * @internal
 */
export function fresh(...attributes: string[]): TerraformResourceLifecycle {
  return { createBeforeDestroy: true, ignoreChanges: attributes };
}

/**
 * Address of a slot, counted from 0, beside those of the other slots and somewhere in the subnet. Where two generations
 * meet, once in some thousand times, Docker says "Address already in use", and the next apply draws another place.
 *
 * @param digits - from `freshDigits`
 * @internal
 */
export function freshAddress(subnet: Subnet, digits: string, slot: number): string {
  const place = Op.mod(Fn.parseint(digits, 16), subnet.places);
  return Fn.cidrhost(subnet.cidr, Token.asNumber(Op.add(FIRST_INSTANCE + slot, place)));
}
