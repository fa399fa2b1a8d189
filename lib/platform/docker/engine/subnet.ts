import { createHash } from 'node:crypto';
import type { Check, TextRule } from '../../../validation/check';

/** Where the addresses of instances begin, counted from the subnet's first. Those before are for what there is once. */
export const FIRST_INSTANCE = 64;

/** As many as a cluster has at the most. */
const MOST_INSTANCES = 64;

/** Docker gives the first address to the gateway. */
const FRONT_OFFSET = 2;

/**
 * Of the networks that are chosen from: not those of podman (10.88), of Kubernetes' services (10.96 to 10.111), of the
 * default networks of clouds (10.0 and from 10.128 on).
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
 * The addresses of a platform's network.
 *
 * @internal
 */
export class Subnet {
  public readonly cidr: string;
  private readonly start: number;
  private readonly size: number;

  /** @throws ValidationError for a subnet that is none, or too small */
  public constructor(check: Check, property: string, cidr: string) {
    check.text(property, cidr, SUBNET);
    const [address, prefix] = cidr.split('/') as [string, string];
    this.cidr = cidr;
    this.start = toNumber(address);
    this.size = 2 ** (32 - Number(prefix));
  }

  /** One that hardly any other stack has: the name decides. */
  public static nameOf(name: string): string {
    const half = hash(name) % (2 * SECOND_OCTETS.length);
    return `10.${SECOND_OCTETS[half >> 1]}.${(half & 1) * 128}.0/17`;
  }

  public get gateway(): string {
    return toText(this.start + 1);
  }

  public get front(): string {
    return toText(this.start + FRONT_OFFSET);
  }

  /** Number of places for the instances of a cluster, one beside the other; the last address is for broadcasts. */
  public get places(): number {
    return this.size - FIRST_INSTANCE - MOST_INSTANCES;
  }

  /** Where Redis, and whatever else joins the network, gets its address; Docker would give it that of nginx. */
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
