// Durations as Go writes them, which is how the provider reads them back.
import fc from 'fast-check';
import { goDuration } from '../../../../lib/platform/docker/engine/go-duration';

const HOUR = 3_600_000;

/** What Go's time.ParseDuration makes of it. */
function milliseconds(text: string): number {
  const units: Record<string, number> = { h: HOUR, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/([\d.]+)(ms|[hms])/g)];
  expect(parts.map(([part]) => part).join('')).toBe(text);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}

// What `fmt.Println(n * time.Millisecond)` prints.
test.each([
  [1, '1ms'],
  [100, '100ms'],
  [999, '999ms'],
  [1000, '1s'],
  [1001, '1.001s'],
  [1500, '1.5s'],
  [2000, '2s'],
  [59_999, '59.999s'],
  [60_000, '1m0s'],
  [60_500, '1m0.5s'],
  [61_001, '1m1.001s'],
  [64_100, '1m4.1s'],
  [65_300, '1m5.3s'],
  [90_000, '1m30s'],
  [300_000, '5m0s'],
  [HOUR - 1, '59m59.999s'],
  [HOUR, '1h0m0s'],
  [HOUR + 1000, '1h0m1s'],
  [HOUR + 60_000, '1h1m0s'],
  [25 * HOUR, '25h0m0s'],
])('%i ms is %s', (span, expected) => {
  expect(goDuration(span)).toBe(expected);
});

test('any other is in that form as well, and is as long as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 25 * HOUR }), (span) => {
      const text = goDuration(span);
      expect(text).toMatch(
        span < 1000
          ? /^[1-9]\d{0,2}ms$/
          : /^(?:[1-9]\d*h(?=\d+m))?(?:(?:[1-5]?\d)m)?[1-5]?\d(?:\.\d{0,2}[1-9])?s$/,
      );
      expect(Math.round(milliseconds(text) * 1000) / 1000).toBe(span);
    }),
  );
});
