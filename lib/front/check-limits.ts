import type { Check } from '../check';
import type { ConnectionLimits } from '../front-options';
import type { Limits, Peer } from '../nginx/intent';
import { EPHEMERAL_PORTS } from '../nginx/workers';
import { HASH_KEY } from '../text-rules';
import type { FrontContext } from './front-context';

/** @internal */
export function checkLimits(
  check: Check,
  { connectionsPerClient, handshakesPerSecond, burst, key }: ConnectionLimits,
): Limits {
  if (connectionsPerClient === undefined && handshakesPerSecond === undefined) {
    check.refuse(
      'limits',
      'nothing is limited',
      'connectionsPerClient, handshakesPerSecond or both',
    );
  }
  if (burst !== undefined && handshakesPerSecond === undefined) {
    check.refuse(
      'limits.burst',
      'there is no rate to exceed',
      'burst together with handshakesPerSecond',
    );
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

/** @internal */
export function checkExpectedConnections(
  { check, props, warnings }: FrontContext,
  peers: readonly Peer[],
): number {
  const expected = check.integer(
    'expectedConnections',
    props.expectedConnections ?? 10_000,
    1,
    500_000,
  );
  const serving = peers.filter(({ down, backup }) => !down && !backup).length;
  const hasPorts = peers.some(({ address }) => !address.startsWith('unix:'));
  const each = Math.ceil(expected / serving);
  if (hasPorts && each > EPHEMERAL_PORTS) {
    warnings.push(
      `${expected} connections over ${serving} instance(s) are ${each} to one address and port, and Linux has ` +
        `${EPHEMERAL_PORTS} ports for them by default. Add instances, or widen net.ipv4.ip_local_port_range where nginx runs.`,
    );
  }
  return expected;
}
