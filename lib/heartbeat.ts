import type { Check } from './check';
import { checkDuration } from './duration';

/**
 * Socket.IO's own heartbeat. It reaches the instances by their environment, and the front's timeouts follow it.
 *
 * @see https://socket.io/docs/v4/server-options/#pinginterval
 */
export interface Heartbeat {
  /** How often the server pings, e.g. "25s". */
  readonly interval: string;
  /** How long it waits for the answer before it closes the connection, e.g. "20s". */
  readonly timeout: string;
}

/** A heartbeat with its lengths in milliseconds. */
export interface ResolvedHeartbeat {
  /** How often the server pings. */
  readonly intervalMs: number;
  /** How long it waits for the answer. */
  readonly timeoutMs: number;
}

/**
 * What Socket.IO does when nobody tells it otherwise.
 *
 * @internal
 */
export const DEFAULT_HEARTBEAT: ResolvedHeartbeat = { intervalMs: 25_000, timeoutMs: 20_000 };

/** @internal */
export function checkHeartbeat(check: Check, heartbeat: Heartbeat): ResolvedHeartbeat {
  return {
    intervalMs: checkDuration(check, 'heartbeat.interval', heartbeat.interval, '500ms', '1h')
      .milliseconds,
    timeoutMs: checkDuration(check, 'heartbeat.timeout', heartbeat.timeout, '500ms', '1h')
      .milliseconds,
  };
}
