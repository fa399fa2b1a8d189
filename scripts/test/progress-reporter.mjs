// A reporter of jest that writes each thing down as it happens, a line of JSON each, so that what is known of a run does
// not end with it. The file is the one that AIWM_TEST_PROGRESS names.
import { appendFileSync } from 'node:fs';

/**
 * @typedef {object} Event
 * @property {'file' | 'test' | 'tested' | 'filed' | 'done'} event a file or a test begins, or has ended; or all have
 * @property {string} [project]
 * @property {string} [file]
 * @property {string} [name] of a test
 * @property {Result[]} [results] of a test or of a whole file
 * @property {string} [message] why a file could not run
 */

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {string} status
 * @property {string} message of a failure
 */

export default class ProgressReporter {
  /** @param {import('@jest/reporters').Test} test */
  onTestFileStart(test) {
    write({ event: 'file', ...placeOf(test) });
  }

  /**
   * @param {import('@jest/reporters').Test} test
   * @param {{ ancestorTitles: string[], title: string }} started
   */
  onTestCaseStart(test, started) {
    write({ event: 'test', ...placeOf(test), name: nameOf(started) });
  }

  /**
   * @param {import('@jest/reporters').Test} test
   * @param {import('@jest/reporters').TestCaseResult} result
   */
  onTestCaseResult(test, result) {
    write({ event: 'tested', ...placeOf(test), results: [plain(result)] });
  }

  /**
   * @param {import('@jest/reporters').Test} test
   * @param {import('@jest/reporters').TestResult} result
   */
  onTestFileResult(test, { testResults, failureMessage }) {
    const explained = testResults.some(({ status }) => status === 'failed');
    write({
      event: 'filed',
      ...placeOf(test),
      results: testResults.map(plain),
      message: explained ? undefined : (failureMessage ?? undefined),
    });
  }

  onRunComplete() {
    write({ event: 'done' });
  }
}

/** @param {import('@jest/reporters').Test} test */
function placeOf({ path, context }) {
  return { file: path, project: context.config.displayName?.name };
}

/** @param {{ ancestorTitles: string[], title: string }} test */
function nameOf({ ancestorTitles, title }) {
  return [...ancestorTitles, title].join(' > ');
}

/** @param {import('@jest/reporters').TestCaseResult} result @returns {Result} */
function plain(result) {
  return {
    name: nameOf(result),
    status: result.status,
    message: (result.failureMessages ?? []).join('\n'),
  };
}

/** @param {Event} event */
function write(event) {
  appendFileSync(
    /** @type {string} */ (process.env.AIWM_TEST_PROGRESS),
    `${JSON.stringify(event)}\n`,
  );
}
