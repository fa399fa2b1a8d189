// What a real Terraform computes of the expressions in a stack, without its plugins.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { temporaryFolder } from '../machine/temporary-folder';

/** The values of expressions of a stack, after an apply of what it has of Terraform's own, its locals among it. */
export function evaluate(
  { json }: Pick<SynthesizedStack, 'json'>,
  expressions: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const folder = temporaryFolder('values');
  const data = json.resource?.terraform_data;
  const { locals } = json;
  writeFileSync(
    join(folder, 'main.tf.json'),
    JSON.stringify({
      ...(locals === undefined ? {} : { locals }),
      ...(data === undefined ? {} : { resource: { terraform_data: data } }),
      // Terraform takes no empty block.
      ...(Object.keys(variables).length === 0
        ? {}
        : {
            variable: Object.fromEntries(
              Object.entries(variables).map(([name, value]) => [name, { default: value }]),
            ),
          }),
      output: Object.fromEntries(
        Object.entries(expressions).map(([name, value]) => [name, { value, sensitive: true }]),
      ),
    }),
  );
  const configuration = join(folder, 'terraform.rc');
  writeFileSync(configuration, '');
  const terraform = (...args: string[]) =>
    execFileSync('terraform', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: quietEnvironment({ ...process.env, TF_CLI_CONFIG_FILE: configuration }),
    });
  terraform('init', '-input=false');
  terraform('apply', '-auto-approve', '-input=false');
  const outputs = JSON.parse(terraform('output', '-json')) as Record<string, { value: string }>;
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
