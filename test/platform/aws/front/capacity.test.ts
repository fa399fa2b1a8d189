// How many connections a host of nginx is given: by its memory and by who terminates TLS.
import { hostRoom } from '../../../../lib/platform/aws/front/capacity';

const GIBIBYTE = 2 ** 30;

test.each([
  ['t4g.micro', 1, 5_000, 3_000],
  ['t4g.small', 2, 19_000, 12_000],
  ['c7g.medium', 2, 19_000, 12_000],
  ['c7g.large', 4, 47_000, 29_500],
  ['m7i.large', 8, 100_000, 65_000],
  ['r8g.4xlarge', 128, 100_000, 100_000],
])('%s with %s GiB', (type, gibibytes, terminated, tls) => {
  expect(hostRoom(type, true, undefined).connectionsPerHost).toBe(terminated);
  expect(hostRoom(type, false, undefined).connectionsPerHost).toBe(tls);
  // What nginx accepts at most fits into the memory, with what the system needs.
  for (const [ends, bytes] of [
    [true, 46_000],
    [false, 73_000],
  ] as const) {
    const { expectedConnections } = hostRoom(type, ends, undefined);
    expect(expectedConnections * bytes + 600_000_000).toBeLessThan(0.9 * gibibytes * GIBIBYTE);
  }
});

test('a type that is not known counts as one of 2 GiB', () => {
  const known = hostRoom('t4g.small', true, undefined);
  for (const type of ['x2gd.large', 'c7g.metal', 't4g.huge', 'u-6tb1.metal']) {
    expect(hostRoom(type, true, undefined)).toEqual(known);
  }
});

test('what is given counts, and nginx has room for half as many again', () => {
  expect(hostRoom('t4g.nano', false, 50_000)).toEqual({
    connectionsPerHost: 50_000,
    expectedConnections: 75_000,
  });
  expect(hostRoom('t4g.small', true, 400_000).expectedConnections).toBe(500_000);
});
