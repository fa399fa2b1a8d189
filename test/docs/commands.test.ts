// Every shell command of the pages is run, here or by test/live/deploy/getting-started.test.ts, or is listed with a reason.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE, run } from '../house/run';
import { temporaryFolder } from '../support/machine/temporary-folder';
import { quietEnvironment } from '../../scripts/machine/quiet.mjs';
import { COMMANDS, NOT_RUN, RUN_HERE, RUN_LIVE } from './commands';
import { root } from './pages';

const matches = (patterns: readonly RegExp[], text: string): boolean =>
  patterns.some((pattern) => pattern.test(text));
const reasons = NOT_RUN.map(({ command }) => command);
const scripts = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  }
).scripts;

test.each(COMMANDS.map(({ page, line, text }) => [`${page}:${line}`, text]))(
  '%s is a command of the shell, and is run or not for a reason',
  (_, text) => {
    const syntax = spawnSync('sh', ['-n', '-c', text], { encoding: 'utf8' });
    expect(syntax.stderr).toBe('');
    const verdicts = [RUN_HERE, RUN_LIVE, reasons].filter((patterns) => matches(patterns, text!));
    expect(verdicts).toHaveLength(1);
    for (const [, name] of text!.matchAll(/\bnpm run (\S+)/g)) {
      expect(scripts).toHaveProperty([name!]);
    }
  },
);

test.each(NOT_RUN)('not run, as it $reason: $command', ({ command }) => {
  expect(COMMANDS.some(({ text }) => command.test(text))).toBe(true);
});

test.each([...RUN_HERE, ...RUN_LIVE])('%s is a command of some page', (pattern) => {
  expect(COMMANDS.some(({ text }) => pattern.test(text))).toBe(true);
});

test('what is run live has its test', () => {
  expect(existsSync(join(root, 'test/live/deploy/getting-started.test.ts'))).toBe(true);
});

test(
  'the folder of getting-started is made as the page says',
  () => {
    const folder = temporaryFolder('docs');
    const script = COMMANDS.filter(
      ({ page, text }) =>
        page === 'docs/getting-started.md' &&
        matches(RUN_HERE, text) &&
        !text.startsWith('npm run'),
    ).map(({ text }) => text);
    const ended = run('sh', ['-e', '-c', script.join('\n')], { cwd: folder });
    expect(ended.errors).toBe('');
    expect(ended.status).toBe(0);
    const made = readFileSync(join(folder, 'chat', 'package.json'), 'utf8');
    expect(JSON.parse(made)).toMatchObject({ name: 'chat' });
  },
  PATIENCE,
);

test(
  'npm run synth writes what getting-started says',
  () => {
    const outdir = temporaryFolder('docs');
    const ended = spawnSync('sh', ['-c', 'npm run synth'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...quietEnvironment(), CDKTF_OUTDIR: outdir },
    });
    expect(`${ended.status} ${ended.stderr}`).toMatch(/^0 /);
    for (const file of ['cdk.tf.json', 'nginx.conf']) {
      expect(existsSync(join(outdir, 'stacks', 'local', file))).toBe(true);
    }
  },
  PATIENCE,
);
