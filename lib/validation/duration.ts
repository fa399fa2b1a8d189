import type { Check, TextRule } from './check';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Units in falling order, each at most once, as nginx requires. */
const PATTERN =
  /^(?=.)(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?(?:\d{1,9}ms)?$/;

const DURATION: TextRule = {
  name: 'a duration',
  allowed:
    'nginx\'s notation: numbers with the units w, d, h, m, s or ms, in that order: "7d", "1h30m", "5s", "500ms"',
  knownAtSynth: true,
  accepts: (text) => PATTERN.test(text),
};

/**
 * Duration as the user wrote it, with its length.
 *
 * @internal
 */
export interface ResolvedDuration {
  readonly text: string;
  readonly milliseconds: number;
}

/**
 * Duration between two others, both included.
 *
 * It must be known at synth, since it decides what is rendered.
 *
 * @internal
 */
export function resolveDuration(
  check: Check,
  property: string,
  text: string,
  from: string,
  to: string,
): ResolvedDuration {
  check.text(property, text, DURATION);
  const milliseconds = toMilliseconds(text);
  if (milliseconds < toMilliseconds(from) || milliseconds > toMilliseconds(to)) {
    check.refuse(property, { problem: `"${text}" is out of range`, allowed: `${from} to ${to}` });
  }
  return { text, milliseconds };
}

function toMilliseconds(text: string): number {
  return [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!,
    0,
  );
}
