// The addresses of a platform's network: every one inside of it, and none for two.
import { BlockList } from 'node:net';
import { TerraformStack } from 'cdktf';
import fc from 'fast-check';
import { Check } from '../../../../lib/validation/check';
import { BLOCK_SIZE, Subnet } from '../../../../lib/platform/docker/engine/subnet';
import { newApp } from '../../../support/stack/site';

const check = new Check(new TerraformStack(newApp(), 'Stack'));

function subnet(cidr: string): Subnet {
  return new Subnet(check, 'subnet', cidr);
}

function number(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** First and last address of a network. */
function ends(cidr: string): readonly [number, number] {
  const [address, prefix] = cidr.split('/') as [string, string];
  const first = number(address);
  return [first, first + 2 ** (32 - Number(prefix)) - 1];
}

/** Any network that the rule allows: within one of the private ranges, from its first address on. */
const cidrs = fc
  .tuple(
    fc.constantFrom(['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16]),
    fc.integer({ min: 16, max: 20 }),
    fc.nat(),
  )
  .map(([[range, length], prefix, place]) => {
    const count = 2 ** (prefix - Number(length));
    const first = number(String(range)) + (place % count) * 2 ** (32 - prefix);
    return `${text(first)}/${prefix}`;
  });
const generations = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const slots = fc.integer({ min: 0, max: BLOCK_SIZE - 1 });

/** Without the last, which is for broadcasts. */
function isInside(cidr: string, address: string): boolean {
  const [first, last] = ends(cidr);
  return number(address) > first && number(address) < last;
}

test('the address of an instance is in the network, and nothing else may have it', () => {
  fc.assert(
    fc.property(cidrs, generations, slots, (cidr, generation, slot) => {
      const network = subnet(cidr);
      const address = network.instance(generation, slot);
      expect(isInside(cidr, address)).toBe(true);
      expect([network.gateway, network.front]).not.toContain(address);
      // All for Redis come after the first of these.
      expect(number(address)).toBeLessThan(number(network.redis(0)));
    }),
  );
});

test('so is the address of a Redis', () => {
  fc.assert(
    fc.property(cidrs, generations, (cidr, generation) => {
      const network = subnet(cidr);
      const address = network.redis(generation);
      expect(isInside(cidr, address)).toBe(true);
      expect([network.gateway, network.front]).not.toContain(address);
      expect(number(address)).toBeGreaterThanOrEqual(number(network.redis(0)));
    }),
  );
});

test('gateway and front are in the network, and two', () => {
  fc.assert(
    fc.property(cidrs, (cidr) => {
      const { gateway, front } = subnet(cidr);
      expect([gateway, front].filter((each) => isInside(cidr, each))).toHaveLength(2);
      expect(gateway).not.toBe(front);
    }),
  );
});

test('two blocks have no address in common, and a block has one for each slot', () => {
  fc.assert(
    fc.property(cidrs, generations, generations, (cidr, one, other) => {
      const network = subnet(cidr);
      const block = (generation: number) =>
        Array.from({ length: BLOCK_SIZE }, (_, slot) => network.instance(generation, slot));
      const isSame = one % network.generations === other % network.generations;
      expect(new Set([...block(one), ...block(other)]).size).toBe((isSame ? 1 : 2) * BLOCK_SIZE);
    }),
  );
});

test.each([
  ['10.110.0.0/16', 767, 16_383],
  ['172.16.128.0/17', 383, 8191],
  ['192.168.64.0/18', 191, 4095],
  ['10.0.32.0/19', 95, 2047],
  ['10.255.240.0/20', 47, 1023],
])(
  '%s has room for %i generations of instances and %i of a Redis',
  (cidr, ofInstances, ofRedis) => {
    const network = subnet(cidr);
    const places = (count: number, at: (generation: number) => string) =>
      new Set(Array.from({ length: count }, (_, generation) => at(generation))).size;
    const firstSlot = (generation: number) => network.instance(generation, 0);
    const redis = (generation: number) => network.redis(generation);
    expect(places(ofInstances, firstSlot)).toBe(ofInstances);
    expect(firstSlot(ofInstances)).toBe(firstSlot(0));
    expect(places(ofRedis, redis)).toBe(ofRedis);
    expect(redis(ofRedis)).toBe(redis(0));
  },
);

test('where things are in it', () => {
  const network = subnet('10.110.0.0/16');
  expect({
    gateway: network.gateway,
    front: network.front,
    instances: [network.instance(0, 0), network.instance(766, 63)],
    redis: [network.redis(0), network.redis(16_382)],
  }).toEqual({
    gateway: '10.110.0.1',
    front: '10.110.0.2',
    instances: ['10.110.0.64', '10.110.191.255'],
    redis: ['10.110.192.0', '10.110.255.254'],
  });
});

describe('the network of a name', () => {
  const range = new BlockList();
  range.addRange('10.64.0.0', '10.87.255.255');
  range.addRange('10.89.0.0', '10.95.255.255');
  range.addRange('10.112.0.0', '10.127.255.255');

  test('is a /17 out of those that the documentation names, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const network = subnet(Subnet.nameOf(name));
        expect(network.cidr).toMatch(/^10\.\d+\.(?:0|128)\.0\/17$/);
        expect(range.check(network.cidr.replace('/17', ''))).toBe(true);
      }),
    );
  });

  // Another one would replace the network of everybody, and all that is in it.
  test('does not change', () => {
    expect(
      ['docker-platform', 'stack-platform', 'chat'].map((name) => Subnet.nameOf(name)),
    ).toEqual(['10.113.128.0/17', '10.119.128.0/17', '10.91.128.0/17']);
  });

  test('is not the same for all', () => {
    const names = Array.from({ length: 100 }, (_, index) => `chat-${index}-platform`);
    expect(new Set(names.map((name) => Subnet.nameOf(name))).size).toBeGreaterThan(30);
  });
});

describe('is taken when it is private, of /16 to /20, and begins with its first address', () => {
  test.each([
    '10.0.0.0/16',
    '10.255.0.0/16',
    '10.1.128.0/17',
    '10.1.240.0/20',
    '172.16.0.0/16',
    '172.31.240.0/20',
    '192.168.0.0/16',
    '192.168.16.0/20',
  ])('%s', (cidr) => {
    expect(subnet(cidr).cidr).toBe(cidr);
  });
});

describe('is refused when it is', () => {
  test.each([
    ['too large', '10.0.0.0/15'],
    ['too small', '10.0.0.0/21'],
    ['of one address', '10.1.0.0/32'],
    ['not at its first address', '10.1.1.0/16'],
    ['not at its first address, by one bit', '10.1.8.0/20'],
    ['somebody’s on the internet', '8.8.0.0/16'],
    ['just below 172.16.0.0/12', '172.15.0.0/16'],
    ['just above 172.16.0.0/12', '172.32.0.0/16'],
    ['beside 192.168.0.0/16', '192.169.0.0/16'],
    ['with an octet that is none', '10.256.0.0/16'],
    ['with the address of a host', '10.1.0.1/16'],
    ['without a prefix', '10.1.0.0'],
    ['an IPv6 network', 'fd00::/64'],
    ['with a blank', '10.1.0.0/16 '],
    ['of two lines', '10.1.0.0/16\n'],
    ['empty', ''],
  ])('%s: %j', (_, cidr) => {
    expect(() => subnet(cidr)).toThrow('subnet: ');
  });
});
