import { Op, TerraformSelf, type TerraformResourceLifecycle } from 'cdktf';

/**
 * An attribute that cannot change after creation. A new value would make Terraform replace the resource, and the apply
 * would fail halfway.
 *
 * @internal
 */
export interface ImmutableAttribute {
  readonly attribute: string;
  /** Value that the stack asks for now. */
  readonly value: string;
  /** Message of the refused plan, given the value that the resource has. */
  readonly errorMessage: (current: string) => string;
}

/**
 * Refuses a plan that changes one of the attributes.
 *
 * @internal
 */
export function immutable(
  ...attributes: readonly ImmutableAttribute[]
): TerraformResourceLifecycle {
  return {
    ignoreChanges: attributes.map(({ attribute }) => attribute),
    postcondition: attributes.map(({ attribute, value, errorMessage }) => {
      const current = TerraformSelf.getString(attribute);
      return { condition: Op.eq(current, value), errorMessage: errorMessage(current) };
    }),
  };
}
