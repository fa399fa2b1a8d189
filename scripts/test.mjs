// `npm test`: everything. Installs what the tests need, runs the unit tests, then the live ones side by side, as most of
// their time is waiting, then those under load, and ends with one line: N passed, N failed, N skipped.
//
//   npm test -- nginx      only test files whose path contains "nginx"
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUp } from './machine/setup.mjs';
import { closing } from './test/closing.mjs';
import { runRow } from './test/row.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Twice what a test may take, in seconds. */
const SILENCE = 600;

const { ok: isSetUp } = await setUp({ purpose: 'tests' });
if (!isSetUp) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

/** @param {string[]} options @param {string[]} projects */
const run = (options, ...projects) =>
  runRow({
    root,
    projects,
    options: [...options, ...process.argv.slice(2)],
    silence: SILENCE,
  });
const oneByOne = ['--runInBand', '--verbose'];

const rows = [await run(['--maxWorkers=2'], 'unit')];
rows.push(
  ...(await Promise.all([
    run(['--maxWorkers=3', '--verbose'], 'live', 'live, rendered for AWS', 'emulated AWS'),
    run(oneByOne, 'engine'),
    run(oneByOne, 'swarm'),
  ])),
);
rows.push(await run(oneByOne, 'load'));

const { text, ok } = closing(rows);
console.log(text);
process.exitCode = ok ? 0 : 1;
