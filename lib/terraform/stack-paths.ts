import * as path from 'node:path';
import { App, Manifest, TerraformStack, Token } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * A path as it is reached from the folder of the synthesized stack, where Terraform runs. A relative one starts at
 * the folder in which the app runs; it stays relative, so that what is synthesized is the same on every machine.
 *
 * @internal
 */
export function fromStackFolder(construct: IConstruct, target: string): string {
  // What Terraform fills in says for itself where it starts.
  if (path.isAbsolute(target) || Token.isUnresolved(target)) {
    return target;
  }
  const stack = TerraformStack.of(construct);
  const folder = path.resolve(App.of(construct).outdir, Manifest.stacksFolder, stack.node.id);
  return path.relative(folder, path.resolve(target)).split(path.sep).join('/');
}
