import { Token } from 'cdktf';
import type { Check, TextRule } from './check';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const PATTERN = /^(?:\d{1,9}(?:ms|[smhdw]))+$/;

const DURATION: TextRule = {
  name: 'a duration',
  allowed:
    'nginx\'s notation: a number with ms, s, m, h, d or w, also several in a row: "500ms", "5s", "1h30m", "7d"',
  accepts: (text) => PATTERN.test(text),
};

/**
 * A span of time as a user wrote it, and its length.
 *
 * @internal
 */
export interface CheckedDuration {
  readonly text: string;
  readonly milliseconds: number;
}

/**
 * Reads a duration between two others, both included. It decides what is rendered, so it must be known at synth.
 *
 * @internal
 */
export function checkDuration(
  check: Check,
  property: string,
  text: string,
  from: string,
  to: string,
): CheckedDuration {
  if (Token.isUnresolved(text)) {
    check.refuse(property, 'the duration is not known at synth', DURATION.allowed, 'Write it out.');
  }
  check.text(property, text, DURATION);
  const milliseconds = toMilliseconds(text);
  if (milliseconds < toMilliseconds(from) || milliseconds > toMilliseconds(to)) {
    check.refuse(property, `"${text}" is out of range`, `${from} to ${to}`);
  }
  return { text, milliseconds };
}

function toMilliseconds(text: string): number {
  return [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!,
    0,
  );
}
