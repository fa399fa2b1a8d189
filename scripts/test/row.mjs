// One jest, with the projects that it runs one after another. It may take as long as it needs, and is ended only when
// nothing has happened in it for long.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietEnvironment } from '../machine/quiet.mjs';

/** @import { Event } from './progress-reporter.mjs' */

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
/** For how many seconds jest may live on after its last test. */
const LEAVE = 60;
const reporter = fileURLToPath(new URL('progress-reporter.mjs', import.meta.url));

/**
 * @typedef {object} RowOptions
 * @property {string} root where jest finds its configuration
 * @property {string[]} projects
 * @property {string[]} [options] further ones of jest
 * @property {number} silence for how many seconds nothing may begin or end, before the row is ended
 */

/**
 * @typedef {object} Outcome
 * @property {string[]} projects
 * @property {string[]} passed
 * @property {{ name: string, message: string }[]} failed
 * @property {string[]} skipped
 * @property {Cut} [cut] where jest did not come to its end
 */

/**
 * @typedef {object} Cut
 * @property {string} reason
 * @property {string[]} running
 * @property {string[]} leftOut files of which nothing has run
 */

/** @param {RowOptions} row @returns {Promise<Outcome>} */
export async function runRow(row) {
  const folder = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-test-'));
  const progress = join(folder, 'progress.jsonl');
  try {
    const reason = await runJest(row, progress);
    return read(row, eventsOf(progress), reason);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {RowOptions} row
 * @param {string} progress
 * @returns {Promise<string | undefined>} why it did not come to its end
 */
function runJest({ root, projects, options = [], silence }, progress) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        jest,
        ...['--selectProjects', ...projects],
        ...['--ci', '--passWithNoTests', '--reporters=default', `--reporters=${reporter}`],
        ...(process.stderr.isTTY ? ['--colors'] : []),
        ...options,
      ],
      {
        cwd: root,
        env: { ...quietEnvironment(), AIWM_TEST_PROGRESS: progress },
        stdio: ['ignore', 'ignore', 'inherit'],
        // A group of its own: its workers end with it, also one that does not come to notice that it should.
        detached: true,
      },
    );
    const kill = () => {
      try {
        process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      kill();
      process.removeListener(signal, passOn);
      process.kill(process.pid, signal);
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    signals.forEach((signal) => process.on(signal, passOn));

    /** @type {string | undefined} */
    let reason;
    let size = 0;
    let silent = 0;
    // Seconds are counted here and not read from a clock, which goes on while the machine sleeps.
    const watch = setInterval(() => {
      const now = sizeOf(progress);
      silent = now === size ? silent + 1 : 0;
      size = now;
      if (silent >= LEAVE && isDone(progress)) {
        reason = 'it did not exit after its last test, so a test left something open';
        kill();
      } else if (silent >= silence) {
        reason = `no test has begun or ended for ${silence} seconds`;
        kill();
      }
    }, 1000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      signals.forEach((each) => process.removeListener(each, passOn));
      resolve(reason ?? (isDone(progress) ? undefined : `jest ended with ${signal ?? code}`));
    });
  });
}

/** @param {string} file */
function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** @param {string} progress */
function isDone(progress) {
  return eventsOf(progress).some(({ event }) => event === 'done');
}

/** @param {string} progress @returns {Event[]} */
function eventsOf(progress) {
  if (sizeOf(progress) === 0) {
    return [];
  }
  // Without the last piece: nothing, or a line that was not written to its end.
  return readFileSync(progress, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/**
 * @param {RowOptions} row
 * @param {Event[]} events
 * @param {string | undefined} reason
 * @returns {Outcome}
 */
function read(row, events, reason) {
  /** @param {Event} event */
  const fileOf = ({ project, file }) => {
    const path = relative(row.root, String(file));
    // Where two projects of a row may run the same file.
    return project !== undefined && row.projects.indexOf(project) > 0
      ? `${path} (${project})`
      : path;
  };
  /** @type {Outcome} */
  const outcome = { projects: row.projects, passed: [], failed: [], skipped: [] };
  const ended = new Set(events.filter(({ event }) => event === 'filed').map(fileOf));
  const begun = new Set(events.filter(({ event }) => event === 'file').map(fileOf));
  // Of a test alone, jest with several workers may name another project of the row than the one in which it ran.
  const endedPaths = new Set(
    events.filter(({ event }) => event === 'filed').map((event) => event.file),
  );
  /** @type {Set<string>} */
  const running = new Set([...begun].filter((file) => !ended.has(file)));

  for (const event of events) {
    const file = fileOf(event);
    // A file that has ended says all of its tests at once, those that are skipped as well.
    if (event.event === 'filed' || (event.event === 'tested' && !endedPaths.has(event.file))) {
      for (const { name, status, message } of event.results ?? []) {
        const called = `${file}: ${name}`;
        if (status === 'passed') {
          outcome.passed.push(called);
        } else if (status === 'failed') {
          outcome.failed.push({ name: called, message });
        } else {
          outcome.skipped.push(called);
        }
        running.delete(called);
      }
    }
    if (event.event === 'filed' && event.message !== undefined) {
      outcome.failed.push({ name: `${file}: could not run`, message: event.message });
    }
    if (event.event === 'test' && !endedPaths.has(event.file)) {
      running.add(`${file}: ${event.name}`);
    }
  }
  if (reason !== undefined) {
    outcome.cut = {
      reason,
      running: [...running],
      leftOut: filesOf(row).filter((file) => !begun.has(file)),
    };
  }
  return outcome;

  /** @param {RowOptions} row */
  function filesOf({ root, projects, options = [] }) {
    return projects.flatMap((project) => {
      const { stdout } = spawnSync(
        process.execPath,
        [jest, '--selectProjects', project, '--listTests', '--json', ...options],
        { cwd: root, env: quietEnvironment(), encoding: 'utf8' },
      );
      const [list = '[]'] = /^\[.*\]$/m.exec(stdout) ?? [];
      return JSON.parse(list).map((/** @type {string} */ file) =>
        fileOf({ event: 'file', project, file }),
      );
    });
  }
}
