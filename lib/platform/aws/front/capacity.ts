import type { HostRoom } from '../../contract';
import { CROWDED_FACTOR } from '../monitoring/metrics';

/** Memory of burstable types, in GiB. */
const BURSTABLE: Readonly<Record<string, number>> = {
  nano: 0.5,
  micro: 1,
  small: 2,
  medium: 4,
  large: 8,
  xlarge: 16,
  '2xlarge': 32,
};
/** Memory for each processor of the other known families, in GiB. */
const PER_PROCESSOR: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8 };

/** Memory of a type that is not known, in GiB. */
const UNKNOWN = 2;

/** Bytes of an open, idle WebSocket: 30 or 57 kB in nginx, and 16 kB in the kernel for its two sockets. */
const BYTES = { terminated: 46_000, tls: 73_000 };

/** Bytes that the system and its agents need. */
const SYSTEM_BYTES = 600_000_000;
/** Highest default: processors and network are the limit of a larger host. */
const MAX = 100_000;
const MIN = 100;

/**
 * Numbers of connections of an nginx host: the given one, or what its memory holds.
 *
 * @param terminated - whether TLS ends at the load balancer, which halves the memory of a connection in nginx
 * @internal
 */
export function hostRoom(
  instanceType: string,
  terminated: boolean,
  given: number | undefined,
): HostRoom {
  const connectionsPerHost = given ?? connectionsByMemory(instanceType, terminated);
  return {
    connectionsPerHost,
    // Room until the alarm goes off.
    expectedConnections: Math.min(Math.round(CROWDED_FACTOR * connectionsPerHost), 500_000),
  };
}

/** The memory is full where the alarm goes off, so the group grows before. */
function connectionsByMemory(instanceType: string, terminated: boolean): number {
  // The kernel keeps a tenth for itself.
  const bytes = 0.9 * gibibytesOf(instanceType) * 2 ** 30 - SYSTEM_BYTES;
  const full = bytes / (terminated ? BYTES.terminated : BYTES.tls);
  const share = Math.floor(full / CROWDED_FACTOR / 500) * 500;
  return Math.min(Math.max(share, MIN), MAX);
}

/** Memory of an instance type: by its size for burstable ones, and by processors and family for others. */
function gibibytesOf(instanceType: string): number {
  const [, family = '', size = ''] = /^([a-z])\d[a-z0-9-]*\.([a-z0-9]+)$/.exec(instanceType) ?? [];
  const known =
    family === 't' ? BURSTABLE[size] : (PER_PROCESSOR[family] ?? NaN) * processorsOf(size);
  return known === undefined || Number.isNaN(known) ? UNKNOWN : known;
}

function processorsOf(size: string): number {
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  return times === undefined
    ? (({ medium: 1, large: 2 } as Record<string, number>)[size] ?? NaN)
    : 4 * Number(times || 1);
}
