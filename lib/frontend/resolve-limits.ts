import type { Check } from '../validation/check';
import type { ConnectionLimits } from '../model/front-options';
import { TlsKind } from '../model/tls-certificate';
import type { Limits, Peer } from '../nginx/intent';
import { EPHEMERAL_PORTS } from '../nginx/workers';
import { HASH_KEY } from '../validation/text-rules';
import type { FrontContext } from './front-context';

/**
 * Limits on WebSocket handshakes.
 *
 * @internal
 */
export function resolveLimits(
  check: Check,
  { connectionsPerClient, handshakesPerSecond, burst, key }: ConnectionLimits,
): Limits {
  if (connectionsPerClient === undefined && handshakesPerSecond === undefined) {
    check.refuse('limits', {
      problem: 'no limit is given',
      allowed: 'connectionsPerClient, handshakesPerSecond or both',
    });
  }
  if (burst !== undefined && handshakesPerSecond === undefined) {
    check.refuse('limits.burst', {
      problem: 'burst has no effect without a rate',
      allowed: 'burst together with handshakesPerSecond',
    });
  }
  const optional = (
    property: string,
    value: number | undefined,
    max: number,
  ): number | undefined =>
    value === undefined ? undefined : check.integer(`limits.${property}`, value, 1, max);
  const rate = optional('handshakesPerSecond', handshakesPerSecond, 10_000);
  return {
    key: check.text('limits.key', key ?? '$binary_remote_addr', HASH_KEY),
    connectionsPerClient: optional('connectionsPerClient', connectionsPerClient, 65_535),
    handshakesPerSecond: rate,
    burst: check.integer('limits.burst', burst ?? 4 * (rate ?? 0), 0, 100_000),
  };
}

/**
 * Number of WebSockets for which one nginx must have room.
 *
 * @internal
 */
export function resolveExpectedConnections(
  { check, props, layout: { entry } }: FrontContext,
  peers: readonly Peer[],
): number {
  const given = props.expectedConnections;
  const room = props.tls?.kind === TlsKind.ACM ? entry?.terminatedRoom : entry?.room;
  const expected = check.integer(
    'expectedConnections',
    given ?? room?.expectedConnections ?? 10_000,
    1,
    500_000,
  );
  if (entry !== undefined && room !== undefined && expected < room.connectionsPerHost) {
    check.refuse('expectedConnections', {
      problem: `${props.platform.traits.name} adds an nginx at ${room.connectionsPerHost} connections, but one with room for ${expected} would be full before that`,
      allowed: `${room.connectionsPerHost} to 500000`,
      remedy: `Remove it, or lower ${entry.connectionsPerHostProperty} at ${props.platform.node.path}.`,
    });
  }
  // Without a number from the user, expect as many as one nginx holds before the platform adds another.
  const likely = given ?? room?.connectionsPerHost ?? expected;
  const serving = peers.filter(({ down, backup }) => !down && !backup).length;
  const hasPorts = peers.some(({ address }) => !address.startsWith('unix:'));
  const each = Math.ceil(likely / serving);
  // How many addresses a shared name has is known to the name server alone.
  const isShared = peers.some(({ several }) => several);
  if (hasPorts && !isShared && each > EPHEMERAL_PORTS) {
    check.warn(
      `${likely} connections over ${serving} instance(s) are ${each} to each address and port, but Linux has only ` +
        `${EPHEMERAL_PORTS} ports for them by default. Add instances, or widen net.ipv4.ip_local_port_range where nginx runs.`,
    );
  }
  return expected;
}
