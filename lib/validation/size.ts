import type { Check } from './check';
import { SIZE } from './text-rules';

const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ['g', 2 ** 30],
  ['m', 2 ** 20],
  ['k', 2 ** 10],
];

/**
 * Size such as "512m", in bytes.
 *
 * @internal
 */
export function resolveSize(check: Check, property: string, size: string): number {
  const text = check.text(property, size, SIZE);
  const [, bytes] = UNITS.find(([unit]) => text.endsWith(unit))!;
  return Number(text.slice(0, -1)) * bytes;
}

/**
 * Size in the largest unit that gives a whole number: "512m".
 *
 * @internal
 */
export function renderSize(size: number): string {
  const [unit, bytes] = UNITS.find(([, each]) => size % each === 0) ?? ['', 1];
  return `${size / bytes}${unit}`;
}
