import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quietEnvironment } from '../machine/quiet.mjs';

/** One stack of the examples, by the cdktf CLI. */
export class CdktfStack {
  public constructor(
    private readonly root: string,
    private readonly name: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly logFile: string,
  ) {}

  /** Whether a state of it holds anything: then it belongs to somebody. */
  public get isDeployed(): boolean {
    const state = join(this.root, `terraform.${this.name}.tfstate`);
    return existsSync(state) && /"resources":\s*\[\s*\{/.test(readFileSync(state, 'utf8'));
  }

  public deploy(onLine: (line: string) => void): Promise<void> {
    return this.run('deploy', onLine);
  }

  public destroy(onLine: (line: string) => void): Promise<void> {
    return this.run('destroy', onLine);
  }

  private run(verb: 'deploy' | 'destroy', onLine: (line: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const log = createWriteStream(this.logFile, { flags: 'a' });
      const child = spawn(
        process.execPath,
        [
          join(this.root, 'node_modules', 'cdktf-cli', 'bundle', 'bin', 'cdktf'),
          verb,
          this.name,
          '--auto-approve',
        ],
        {
          cwd: this.root,
          env: { ...quietEnvironment(), CI: '1', FORCE_COLOR: '0', ...this.environment },
          stdio: ['ignore', 'pipe', 'pipe'],
          // Ctrl-C is for the demo, which then destroys; Terraform must not be cut off in the middle.
          detached: true,
        },
      );
      let rest = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          log.write(chunk);
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          lines.map(whatMatters).filter(isDefined).forEach(onLine);
        });
      }
      child.once('error', reject);
      child.once('close', (code) => {
        log.end();
        if (code === 0) {
          resolve();
        } else {
          reject(
            new Error(
              `cdktf ${verb} ${this.name} ended with ${code}; the whole output is in ${this.logFile}`,
            ),
          );
        }
      });
    });
  }
}

/** Of Terraform's log: what the agent says, what went wrong, and the sum. */
function whatMatters(line: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- colours
  const text = line.replace(/\u001b\[[0-9;]*m/g, '').replace(/^\s*\S*\s{2}/, '');
  const said = /\(local-exec\): (?!Executing)(.*)$/.exec(text);
  if (said) {
    return said[1];
  }
  return /^(?:Error|│ |Apply complete|Destroy complete)/.test(text.trim())
    ? text.trim()
    : undefined;
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
