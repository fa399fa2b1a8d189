// A synthesized stack in a folder of its own, fitted to the plugin of this machine, and Terraform run on it.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { temporaryFolder } from '../machine/temporary-folder';
import { fitToPlugin } from './fit-to-plugin';
import type { AwsPlugin } from './plugin';
import type { StackJson } from './stack-json';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** Both of what it printed. */
  readonly output: string;
}

export class StackFolder {
  readonly folder = temporaryFolder('aws');
  /** What Terraform reads: the stack, with what another release of the plugin calls differently. */
  readonly json: StackJson;

  constructor(
    stack: StackJson,
    private readonly plugin: AwsPlugin,
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {
    this.json = this.put(stack);
    this.write('terraform.rc', plugin.configuration);
  }

  /** The stack that Terraform reads from now on. */
  put(stack: StackJson): StackJson {
    const fitted = fitToPlugin(stack, this.plugin);
    this.write('main.tf.json', JSON.stringify(fitted, undefined, 2));
    return fitted;
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  init(): Promise<string> {
    return this.succeed('init', '-input=false', '-backend=false');
  }

  async succeed(verb: string, ...args: string[]): Promise<string> {
    const { code, stdout, output } = await this.terraform(verb, ...args);
    if (code !== 0) {
      const from = Math.max(output.search(/^Error: /m), 0);
      throw new Error(`terraform ${verb} ended with ${code}:\n${output.slice(from)}`);
    }
    return stdout;
  }

  /** As a user brings it up: by the cdktf CLI, which finds the stack synthesized. */
  async deploy(): Promise<void> {
    const stack = {
      name: 'stack',
      constructPath: 'stack',
      // Seen from cdktf.out: here.
      workingDirectory: '..',
      synthesizedStackPath: '../main.tf.json',
      annotations: [],
      dependencies: [],
    };
    this.write('cdktf.json', JSON.stringify({ language: 'typescript', app: 'true' }));
    this.write('cdktf.out/manifest.json', JSON.stringify({ version: '0.21.0', stacks: { stack } }));
    const { code, output } = await this.run(process.execPath, [
      resolve('node_modules/cdktf-cli/bundle/bin/cdktf'),
      'deploy',
      '--auto-approve',
      '--skip-synth',
      // It would ask the registry for the plugins of other machines.
      '--skip-provider-lock',
    ]);
    if (code !== 0) {
      throw new Error(`cdktf deploy ended with ${code}:\n${output}`);
    }
  }

  terraform(verb: string, ...args: string[]): Promise<Ran> {
    return this.run('terraform', [verb, ...args]);
  }

  private run(command: string, args: readonly string[]): Promise<Ran> {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: {
        ...quietEnvironment({
          ...process.env,
          TF_CLI_CONFIG_FILE: join(this.folder, 'terraform.rc'),
        }),
        TF_INPUT: '0',
        TF_CLI_ARGS: '-no-color',
        FORCE_COLOR: '0',
        CI: '1',
        // cdktf would share plugins with whatever else this machine does.
        CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    return new Promise((ended, reject) => {
      child.once('error', reject);
      child.once('close', (code) => ended({ code, stdout, output }));
    });
  }
}
