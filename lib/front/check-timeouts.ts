import { DEFAULT_HEARTBEAT } from '../check-heartbeat';
import { checkDuration } from '../duration';
import type { Timeouts } from '../nginx/intent';
import type { FrontContext } from './front-context';
import { routesOf } from './front-context';

/** A heartbeat's own timeout must end a dead connection before nginx does; this much later is soon enough. */
const HEARTBEAT_MARGIN_SECONDS = 30;

/** @internal */
export function checkTimeouts(context: FrontContext): Timeouts {
  const { check, props } = context;
  const { timeouts = {}, cluster } = props;
  const decided = cluster?.heartbeat;
  const { intervalMs, timeoutMs } = decided ?? DEFAULT_HEARTBEAT;
  const heartbeatMs = intervalMs + timeoutMs;
  const derived =
    decided === undefined ? '7d' : `${Math.ceil(heartbeatMs / 1000) + HEARTBEAT_MARGIN_SECONDS}s`;
  const webSocket = checkDuration(
    check,
    'timeouts.webSocket',
    timeouts.webSocket ?? derived,
    '1s',
    '365d',
  );
  if (routesOf(context)._engineIo && webSocket.milliseconds <= heartbeatMs) {
    check.refuse(
      'timeouts.webSocket',
      `"${webSocket.text}" ends a silent connection before Socket.IO's heartbeat (every ${intervalMs / 1000}s, answer within ${timeoutMs / 1000}s) can`,
      `more than ${heartbeatMs / 1000}s`,
      'Raise it, or give the cluster a shorter heartbeat.',
    );
  }
  return {
    webSocket: webSocket.text,
    rest: checkDuration(check, 'timeouts.rest', timeouts.rest ?? '60s', '1s', '1d').text,
  };
}
