import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { faultText } from '../validation/errors';
import { outputName } from './names';

/** Outputs whose names this library chose. */
const named = new WeakSet<TerraformOutput>();
const checkedStacks = new WeakSet<TerraformStack>();

/**
 * Terraform output under a name made of the path of its construct: "frontend_url".
 *
 * Of two outputs of one name, cdktf would write one into the stack. That is found at synth.
 *
 * @param what - last part of the name, e.g. "url"
 * @internal
 */
export function namedOutput(
  scope: Construct,
  id: string,
  what: string,
  config: { readonly value: unknown; readonly description: string },
): TerraformOutput {
  const output = new TerraformOutput(scope, id, config);
  output.overrideLogicalId(outputName(scope, what));
  named.add(output);
  const stack = TerraformStack.of(scope);
  if (!checkedStacks.has(stack)) {
    checkedStacks.add(stack);
    stack.node.addValidation({ validate: () => sharedNames(stack) });
  }
  return output;
}

function sharedNames(stack: TerraformStack): string[] {
  const outputs = new Map<string, TerraformOutput[]>();
  for (const construct of stack.node.findAll()) {
    if (TerraformOutput.isTerraformOutput(construct)) {
      const { friendlyUniqueId: name } = construct;
      outputs.set(name, [...(outputs.get(name) ?? []), construct]);
    }
  }
  return [...outputs]
    .filter(([, same]) => same.length > 1 && same.some((each) => named.has(each)))
    .map(([name, same]) =>
      faultText({
        property: 'outputs',
        problem: `${same.map(({ node }) => node.path).join(' and ')} have the same name, "${name}", so one of them would be lost`,
        remedy: renaming(same),
      }),
    );
}

function renaming(outputs: readonly TerraformOutput[]): string {
  const custom = outputs.find((each) => !named.has(each));
  return custom === undefined
    ? `Change the id of ${outputs.at(-1)!.node.scope!.node.path}, or of one of its parents.`
    : `Rename ${custom.node.path}: the other name is derived from the id of its construct.`;
}
