import * as path from 'node:path';
import { App, Manifest, TerraformStack, Token } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * Path from the folder of the synthesized stack, where Terraform runs.
 *
 * A relative path starts at the folder in which the app runs. It stays relative, so that the synthesized stack is the
 * same on every machine.
 *
 * @internal
 */
export function fromStackFolder(construct: IConstruct, target: string): string {
  // A Token stays as it is, since its value is known only at apply.
  if (path.isAbsolute(target) || Token.isUnresolved(target)) {
    return target;
  }
  const stack = TerraformStack.of(construct);
  const folder = path.resolve(App.of(construct).outdir, Manifest.stacksFolder, stack.node.id);
  return path.relative(folder, path.resolve(target)).split(path.sep).join('/');
}
