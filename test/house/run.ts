import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { quietEnvironment } from '../../scripts/machine/quiet.mjs';

export const root = join(__dirname, '..', '..');

/** What the tools of the house take on a machine that is busy with other tests as well. */
export const PATIENCE = 240_000;

export interface Ended {
  readonly status: number | null;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly errors: string;
}

/** Runs a program to its end, with nothing on standard input unless told otherwise. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string } = {},
): Ended {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    input: options.input ?? '',
    encoding: 'utf8',
    env: environment(),
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.error) {
    throw result.error;
  }
  return { status: result.status, output: result.stdout, errors: result.stderr };
}

function environment(): NodeJS.ProcessEnv {
  return { ...quietEnvironment(), NO_COLOR: '1', FORCE_COLOR: '0' };
}

/** Runs a command that an installed package brings. */
export function runTool(name: string, args: readonly string[], cwd = root): Ended {
  return run(join(root, 'node_modules', '.bin', name), args, { cwd });
}

/** The same at the root, beside others. */
export async function startTool(name: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(join(root, 'node_modules', '.bin', name), args, {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.errors += text));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...ended };
}

/** Fails with what a tool printed, where it would otherwise only say that 1 is not 0. */
export function expectClean({ status, output, errors }: Ended, remedy: string): void {
  if (status !== 0) {
    throw new Error(`${remedy}\n\n${output}${errors}`);
  }
}
