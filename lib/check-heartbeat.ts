import type { Check } from './check';
import { checkDuration } from './duration';
import type { Heartbeat, ResolvedHeartbeat } from './heartbeat';

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
