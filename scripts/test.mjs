// `npm test`: everything. Installs what the tests need, runs the unit tests, then the live ones in two rows, those with a
// Docker Engine or an emulated AWS beside the others, those under load after both, and ends with one line: N passed,
// N failed, N skipped.
//
//   npm test -- nginx      only test files whose path contains "nginx"
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietEnvironment } from './machine/quiet.mjs';
import { setUp } from './machine/setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const MINUTE = 60_000;
/** How long jest may live on after its results are written: longer means that a test left something open. */
const GRACE = 20_000;

/**
 * @typedef {object} Counted
 * @property {number} passed
 * @property {{ name: string, message: string }[]} failed
 * @property {string[]} skipped
 */

/**
 * @param {string[]} projects
 * @param {string[]} options
 * @param {number} limit
 * @returns {Promise<Counted>}
 */
async function runProjects(projects, options, limit) {
  const folder = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-test-'));
  const output = join(folder, 'results.json');
  try {
    const end = await runJest(
      [
        '--selectProjects',
        ...projects,
        '--ci',
        '--passWithNoTests',
        '--json',
        ...(process.stderr.isTTY ? ['--colors'] : []),
        `--outputFile=${output}`,
        ...options,
        ...process.argv.slice(2),
      ],
      output,
      limit,
    );
    return count(projects, output, end);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} args
 * @param {string} output
 * @param {number} limit
 * @returns {Promise<{ code: number | null, reason?: string }>}
 */
function runJest(args, output, limit) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [jest, ...args], {
      cwd: root,
      env: quietEnvironment(),
      // With --json jest prints its results on stdout, on top of the file.
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    /** @type {string | undefined} */
    let reason;
    const end = (/** @type {string} */ why) => {
      reason = why;
      child.kill('SIGKILL');
    };
    const limitTimer = setTimeout(
      () => end(`it was still running after ${limit / MINUTE} minutes`),
      limit,
    );
    /** @type {number | undefined} */
    let writtenAt;
    const watch = setInterval(() => {
      if (existsSync(output)) {
        writtenAt ??= Date.now();
        if (Date.now() - writtenAt > GRACE) {
          end('it did not exit after its last test, so a test left something open');
        }
      }
    }, 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limitTimer);
      clearInterval(watch);
      resolve({ code, reason });
    });
  });
}

/**
 * @param {string[]} projects
 * @param {string} output
 * @param {{ code: number | null, reason?: string }} end
 * @returns {Counted}
 */
function count(projects, output, { code, reason }) {
  /** @type {Counted} */
  const counted = { passed: 0, failed: [], skipped: [] };
  const results = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined;
  for (const file of results?.testResults ?? []) {
    const path = relative(root, file.name);
    for (const test of file.assertionResults) {
      const name = `${path}: ${[...test.ancestorTitles, test.title].join(' > ')}`;
      if (test.status === 'passed') {
        counted.passed += 1;
      } else if (test.status === 'failed') {
        counted.failed.push({ name, message: test.failureMessages.join('\n') });
      } else {
        counted.skipped.push(name);
      }
    }
    const explained = file.assertionResults.some(
      (/** @type {{ status: string }} */ test) => test.status === 'failed',
    );
    if (file.status === 'failed' && !explained) {
      counted.failed.push({ name: `${path}: could not run`, message: file.message });
    }
  }
  if (reason || (code !== 0 && counted.failed.length === 0)) {
    counted.failed.push({
      name: `the tests of ${projects.join(' and ')} as a whole`,
      message: reason ?? `jest ended with ${code}`,
    });
  }
  return counted;
}

/** @param {string} message */
function shorten(message) {
  const lines = message
    // eslint-disable-next-line no-control-regex -- colours
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .filter((line) => !/^\s+at .*node_modules/.test(line));
  const shown = lines.slice(0, 40).map((line) => `    ${line}`);
  return lines.length > shown.length
    ? [...shown, `    ... (${lines.length - shown.length} more lines above)`].join('\n')
    : shown.join('\n');
}

const { ok } = await setUp({ purpose: 'tests' });
if (!ok) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

const unit = await runProjects(['unit'], ['--maxWorkers=2'], 15 * MINUTE);
/** @param {string[]} projects */
const runLive = (...projects) => runProjects(projects, ['--runInBand', '--verbose'], 20 * MINUTE);
const rows = await Promise.all([runLive('live', 'live, rendered for AWS'), runLive('engine')]);
const all = [unit, ...rows, await runLive('load')];
const failed = all.flatMap((each) => each.failed);
const skipped = all.flatMap((each) => each.skipped);
const passed = all.reduce((sum, each) => sum + each.passed, 0);

if (skipped.length > 0) {
  console.log('\nSkipped:');
  for (const name of skipped) {
    console.log(`  ${name}`);
  }
}
if (failed.length > 0) {
  console.log('\nFailed:');
  for (const { name, message } of failed) {
    console.log(`  ${name}\n${shorten(message)}\n`);
  }
}
if (passed + failed.length === 0) {
  failed.push({ name: 'all', message: '' });
  console.log('\nNo test ran, which counts as a failure.');
}
console.log(`\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exitCode = failed.length > 0 ? 1 : 0;
