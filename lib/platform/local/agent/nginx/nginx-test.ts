import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AgentError, codeOf } from '../system/agent-error';
import { quote } from '../system/text';
import type { Report } from '../system/text';

/** Time limit of a test, in which nginx resolves the host names of a configuration. */
const TIMEOUT_MS = 30_000;

/**
 * Has nginx test a configuration (-t), and reports its warnings.
 *
 * @throws AgentError with nginx's own words, if it refuses the configuration
 */
export async function nginxTest(
  command: readonly string[],
  prefix: string,
  unit: string,
  report: Report,
): Promise<void> {
  const { error, output } = await run([...command, '-t'], prefix);
  const lines = output
    .split('\n')
    .filter((line) => line !== '' && !/syntax is ok|test (is successful|failed)$/.test(line))
    .map((line) => readable(line, prefix));
  if (!error) {
    lines.forEach((line) => report(`${unit}: ${line}`));
    return;
  }
  const reason = error.killed
    ? `nginx did not finish its test of the configuration within ${TIMEOUT_MS / 1000} s.`
    : lines.length > 0
      ? `nginx rejects the configuration; nothing was changed:\n${quote(lines)}`
      : `nginx could not test the configuration (${codeOf(error) ?? error.message}).`;
  throw new AgentError(`${unit}: ${reason}`);
}

function run(
  command: readonly string[],
  folder: string,
): Promise<{ error: (Error & { killed?: boolean }) | null; output: string }> {
  const [executable = '', ...args] = command;
  return new Promise((done) => {
    execFile(executable, args, { cwd: folder, timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
      done({ error, output: `${stdout}${stderr}` }),
    );
  });
}

/** Line of nginx's output without its name and long paths, and with the configuration line that it refers to. */
function readable(line: string, prefix: string): string {
  const place = / in (\/\S.*):(\d+)$/.exec(line);
  const [, file, number] = place ?? [];
  const source = file && number ? lineOf(resolve(prefix, file), Number(number)) : undefined;
  const short = line
    .replace(/^nginx: /, '')
    .split(`${prefix}/`)
    .join('')
    .replace(/releases\/[0-9a-f]+\//g, '');
  return source ? `${short}: ${source}` : short;
}

function lineOf(file: string, number: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n')[number - 1]?.trim();
  } catch {
    return undefined;
  }
}
