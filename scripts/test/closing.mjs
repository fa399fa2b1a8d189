// What is said at the end, when all rows have run.

/** @import { Outcome } from './row.mjs' */

/**
 * @param {Outcome[]} rows
 * @returns {{ text: string, ok: boolean }} the last line is: N passed, N failed, N skipped
 */
export function closing(rows) {
  const failed = rows.flatMap((row) => [
    ...row.failed,
    ...(row.cut ? [{ name: nameOf(row), message: `ended early: ${row.cut.reason}` }] : []),
  ]);
  const skipped = rows.flatMap((row) => row.skipped);
  // A row that did not come to its end has passed nothing: nobody knows what it would have found.
  const passed = rows.flatMap((row) => (row.cut ? [] : row.passed));
  if (passed.length + failed.length === 0) {
    failed.push({ name: 'all', message: 'No test ran, which counts as a failure.' });
  }

  const text = [
    ...list('Skipped', skipped),
    ...rows.flatMap((row) => (row.cut ? cutText(row, row.cut) : [])),
    ...(failed.length > 0
      ? ['', 'Failed:', ...failed.map(({ name, message }) => `  ${name}\n${shorten(message)}\n`)]
      : []),
    '',
    `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
  ];
  return { text: text.join('\n'), ok: failed.length === 0 };
}

/** @param {Outcome} row */
function nameOf({ projects }) {
  return `the tests of ${projects.join(' and ')} as a whole`;
}

/**
 * @param {Outcome} row
 * @param {NonNullable<Outcome['cut']>} cut
 */
function cutText(row, cut) {
  return [
    '',
    `Ended early, ${nameOf(row)}: ${cut.reason}.`,
    ...list('  Was running', cut.running),
    ...list('  Had passed, which does not count', row.passed),
    ...list('  Was left out', cut.leftOut),
  ];
}

/**
 * @param {string} title
 * @param {string[]} lines
 */
function list(title, lines) {
  const indent = /^ */.exec(title)?.[0] ?? '';
  return lines.length > 0
    ? ['', `${title} (${lines.length}):`, ...lines.map((line) => `${indent}  ${line}`)]
    : [];
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
