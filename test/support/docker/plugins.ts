// Whether Terraform gets a provider's plugin on this machine: from its registry, a mirror, or a local folder. Known by
// trying it, before the tests that need it are begun.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { temporaryFolder } from '../machine/temporary-folder';

export interface Plugin {
  /** As in `required_providers`, for example kreuzwerker/docker. */
  readonly source: string;
  /** The one that the bindings were made for. */
  readonly version: string;
}

/** The plugin that a package of bindings asks for, such as `@cdktf/provider-docker`. */
export function pluginOf(bindings: string): Plugin {
  const file = createRequire(__filename).resolve(`${bindings}/package.json`);
  const { cdktf } = JSON.parse(readFileSync(file, 'utf8')) as {
    cdktf: { provider: { name: string; version: string } };
  };
  const { name, version } = cdktf.provider;
  return { source: name.replace(/^registry\.terraform\.io\//, ''), version };
}

const problems = new Map<string, string | undefined>();

/** Why `terraform init` does not get the plugin of these bindings; undefined when it does. Tried once per test file. */
export function pluginProblem(bindings: string): string | undefined {
  if (!problems.has(bindings)) {
    problems.set(bindings, initProblem(pluginOf(bindings)));
  }
  return problems.get(bindings);
}

/** Why `terraform init` does not get a plugin, with what the machine or the caller has configured for Terraform. */
export function initProblem(
  { source, version }: Plugin,
  configuration?: string,
): string | undefined {
  if (!findProgram('terraform')) {
    return 'terraform is not installed: npm run setup';
  }
  const folder = temporaryFolder('plugin');
  const [, name = ''] = source.split('/');
  const configurationFile = join(folder, 'terraform.rc');
  if (configuration !== undefined) {
    writeFileSync(configurationFile, configuration);
  }
  writeFileSync(
    join(folder, 'main.tf.json'),
    JSON.stringify({ terraform: { required_providers: { [name]: { source, version } } } }),
  );
  const { status, stdout, stderr } = spawnSync(
    'terraform',
    ['init', '-backend=false', '-input=false', '-no-color'],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 120_000,
      env: {
        ...quietEnvironment({
          ...process.env,
          ...(configuration === undefined ? {} : { TF_CLI_CONFIG_FILE: configurationFile }),
        }),
        // A machine without the internet is to say so at once.
        TF_REGISTRY_DISCOVERY_RETRY: '0',
        TF_REGISTRY_CLIENT_TIMEOUT: '10',
      },
    },
  );
  return status === 0
    ? undefined
    : `terraform init cannot get ${source} ${version}: ${reasonIn(`${stdout}\n${stderr}`)}`;
}

/** The sentence that matters, without the frame and the line breaks of Terraform's messages. */
function reasonIn(output: string): string {
  const text = output.replace(/^[│╷╵ ]+/gm, '').replace(/\s+/g, ' ');
  const [, reason] = /Error: (.*?)(?: Error: |$)/.exec(text) ?? [];
  return (reason ?? text).trim().slice(0, 300) || 'it said nothing';
}
