import { Op, TerraformSelf, type TerraformResourceLifecycle } from 'cdktf';

/**
 * What stays as it was made. Terraform would replace the resource for another value, and end in the middle of it.
 *
 * @internal
 */
export interface Kept {
  readonly attribute: string;
  /** What the stack says now. */
  readonly wanted: string;
  /** Why the plan is refused, by what the attribute is. */
  readonly refusal: (is: string) => string;
}

/**
 * Refuses the plan that wants something else, in place of one that could only fail.
 *
 * @internal
 */
export function keeps(...all: readonly Kept[]): TerraformResourceLifecycle {
  return {
    ignoreChanges: all.map(({ attribute }) => attribute),
    postcondition: all.map(({ attribute, wanted, refusal }) => {
      const is = TerraformSelf.getString(attribute);
      return { condition: Op.eq(is, wanted), errorMessage: refusal(is) };
    }),
  };
}
