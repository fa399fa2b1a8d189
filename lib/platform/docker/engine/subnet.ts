import { createHash } from 'node:crypto';
import type { Check, TextRule } from '../../../validation/check';

/** Offset of the first address for instances. The addresses before it are for parts that exist only once. */
export const FIRST_INSTANCE = 64;

/** Largest number of instances of a cluster. */
const MOST_INSTANCES = 64;

/** Offset of the address of nginx. The address before it is that of the gateway. */
const FRONT_OFFSET = 2;

/**
 * Second octets of the networks to choose from. They leave out podman (10.88), services of Kubernetes (10.96 to 10.111)
 * and the default networks of clouds (10.0, and 10.128 and above).
 */
const SECOND_OCTETS = [...range(64, 87), ...range(89, 95), ...range(112, 127)];

const SUBNET: TextRule = {
  name: 'a subnet',
  allowed: 'a private IPv4 network of /16 to /20, written with its first address: "10.110.0.0/16"',
  knownAtSynth: true,
  accepts: (text) => {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.0\/(1[6-9]|20)$/.exec(text);
    if (match === null || match.slice(1, 4).some((octet) => Number(octet) > 255)) {
      return false;
    }
    const start = toNumber(text.split('/')[0]!);
    return isPrivate(start) && start % 2 ** (32 - Number(match[4])) === 0;
  },
};

/**
 * Addresses of a platform's network.
 *
 * @internal
 */
export class Subnet {
  public readonly cidr: string;
  private readonly start: number;
  private readonly size: number;

  /** @throws ValidationError for a subnet that is not private, or not of /16 to /20 */
  public constructor(check: Check, property: string, cidr: string) {
    check.text(property, cidr, SUBNET);
    const [address, prefix] = cidr.split('/') as [string, string];
    this.cidr = cidr;
    this.start = toNumber(address);
    this.size = 2 ** (32 - Number(prefix));
  }

  /** Default subnet of a platform. Its name decides, so that two platforms rarely have the same. */
  public static nameOf(name: string): string {
    const half = hash(name) % (2 * SECOND_OCTETS.length);
    return `10.${SECOND_OCTETS[half >> 1]}.${(half & 1) * 128}.0/17`;
  }

  /** Whether an address is in both subnets. */
  public overlaps(other: Subnet): boolean {
    return this.start < other.start + other.size && other.start < this.start + this.size;
  }

  /** Address of the gateway, the first one of the subnet. */
  public get gateway(): string {
    return toText(this.start + 1);
  }

  /** Address of nginx. */
  public get front(): string {
    return toText(this.start + FRONT_OFFSET);
  }

  /** Number of places for the instances of a cluster, side by side. The last address is for broadcasts. */
  public get places(): number {
    return this.size - FIRST_INSTANCE - MOST_INSTANCES;
  }

  /** Range for Redis and other containers that join the network. Without it Docker might give them the address of nginx. */
  public get others(): string {
    return `${toText(this.start + FIRST_INSTANCE / 2)}/27`;
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function isPrivate(address: number): boolean {
  return [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ].some(
    ([network, prefix]) =>
      Math.floor(address / 2 ** (32 - Number(prefix))) ===
      Math.floor(toNumber(String(network)) / 2 ** (32 - Number(prefix))),
  );
}
