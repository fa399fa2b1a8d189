// The addresses of a platform's network: every one inside of it, and none for two.
import { BlockList } from 'node:net';
import { TerraformStack } from 'cdktf';
import fc from 'fast-check';
import { Check } from '../../../../lib/validation/check';
import { FIRST_INSTANCE, Subnet } from '../../../../lib/platform/docker/engine/subnet';
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
/** Without the last, which is for broadcasts. */
function isInside(cidr: string, address: string): boolean {
  const [first, last] = ends(cidr);
  return number(address) > first && number(address) < last;
}

test('wherever the instances of a cluster are, all 64 are in the network, and nothing else may have their addresses', () => {
  fc.assert(
    fc.property(cidrs, (cidr) => {
      const network = subnet(cidr);
      const [first] = ends(cidr);
      const at = (place: number, slot: number) => text(first + FIRST_INSTANCE + place + slot);
      expect(isInside(cidr, at(network.places - 1, 63))).toBe(true);
      expect(isInside(cidr, at(network.places, 63))).toBe(false);
      const [others] = ends(network.others);
      expect(number(at(0, 0))).toBe(others + 32);
      expect(number(network.front)).toBeLessThan(others);
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

test.each([
  ['10.110.0.0/16', 65_408],
  ['172.16.128.0/17', 32_640],
  ['10.255.240.0/20', 3968],
])('%s has %i places for instances', (cidr, places) => {
  expect(subnet(cidr).places).toBe(places);
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
