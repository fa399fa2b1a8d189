// The code behind `npm test`, on small projects of its own: what it says when a run does not come to its end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../support/machine/temporary-folder';
import { PATIENCE, root, run } from './run';

/** Runs the files in this order, in one row, as the script does; returns what it prints and how it ends. */
function runFiles(files: Readonly<Record<string, string>>, silence = 120) {
  const folder = temporaryFolder('harness');
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const script = (name: string) =>
    JSON.stringify(pathToFileURL(join(root, 'scripts', 'test', name)).href);
  write(
    'jest.config.cjs',
    `module.exports = { projects: [{
      rootDir: __dirname, displayName: 'small', testMatch: ['**/*.test.cjs'], transform: {},
    }] };`,
  );
  // What jest has not run before, it runs by size.
  Object.entries(files).forEach(([name, text], index, { length }) =>
    write(name, `${text}\n//${'.'.repeat(1000 * (length - index))}`),
  );
  write(
    'run.mjs',
    `import { closing } from ${script('closing.mjs')};
    import { runRow } from ${script('row.mjs')};
    const row = await runRow({
      root: import.meta.dirname, projects: ['small'], options: ['--runInBand'], silence: ${silence},
    });
    const { text, ok } = closing([row]);
    console.log(text);
    process.exitCode = ok ? 0 : 1;`,
  );
  return run(process.execPath, [join(folder, 'run.mjs')], { cwd: folder });
}

const GOOD = `test('adds', () => expect(1 + 1).toBe(2)); test.skip('waits', () => {});`;
const BAD = `describe('a sum', () => { test('is wrong', () => expect(1 + 1).toBe(3)); });`;

test(
  'a run that hangs is ended: what ran, passed and was left out is named, and nothing counts as passed',
  () => {
    const { status, output } = runFiles(
      {
        'first.test.cjs': GOOD,
        'second.test.cjs': BAD,
        // No limit of jest reaches into this.
        'third.test.cjs': `test('goes well', () => {}); test('hangs', () => { for (;;); }); test('is late', () => {});`,
        'fourth.test.cjs': GOOD,
      },
      10,
    );
    const [, afterSkipped = ''] = output.split('Skipped (1):\n');
    expect(afterSkipped.replace(/^( {4}).*\n(\1.*\n)*/gm, '$1...\n')).toBe(`  first.test.cjs: waits

Ended early, the tests of small as a whole: no test has begun or ended for 10 seconds.

  Was running (2):
    ...

  Had passed, which does not count (2):
    ...

  Was left out (1):
    ...

Failed:
  second.test.cjs: a sum > is wrong
    ...

  the tests of small as a whole
    ...


0 passed, 2 failed, 1 skipped
`);
    expect(output).toMatch(/running \(2\):\n +third.test.cjs\n +third.test.cjs: hangs\n/);
    expect(output).toMatch(/count \(2\):\n +first.test.cjs: adds\n +third.test.cjs: goes well\n/);
    expect(output).toMatch(/left out \(1\):\n +fourth.test.cjs\n/);
    expect(status).toBe(1);
  },
  PATIENCE,
);

test(
  'a run that dies counts for nothing either',
  () => {
    const { status, output } = runFiles({
      'first.test.cjs': GOOD,
      'second.test.cjs': `test('kills', () => process.kill(process.pid, 'SIGKILL'));`,
    });
    expect(output).toMatch('ended early: jest ended with SIGKILL');
    expect(output).toMatch(/running \(2\):\n +second.test.cjs\n +second.test.cjs: kills\n/);
    expect(output).toMatch(/\n0 passed, 1 failed, 1 skipped\n$/);
    expect(status).toBe(1);
  },
  PATIENCE,
);

test(
  'a run that comes to its end counts each test, and a file that cannot run',
  () => {
    const good = runFiles({ 'first.test.cjs': GOOD });
    expect(good.output).toMatch(/\n1 passed, 0 failed, 1 skipped\n$/);
    expect(good.status).toBe(0);

    const { status, output } = runFiles({
      'first.test.cjs': GOOD,
      'second.test.cjs': BAD,
      'third.test.cjs': `require('./missing.cjs');`,
    });
    expect(output).toMatch('third.test.cjs: could not run');
    expect(output).toMatch('Expected: 3');
    expect(output).not.toMatch('Ended early');
    expect(output).toMatch(/\n1 passed, 2 failed, 1 skipped\n$/);
    expect(status).toBe(1);

    const none = runFiles({});
    expect(none.output).toMatch('No test ran, which counts as a failure.');
    expect(none.output).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/);
    expect(none.status).toBe(1);
  },
  PATIENCE,
);
