import type { ResolvedHeartbeat } from '../platform/contract';
import { resolveDuration } from '../validation/duration';
import type { Routes, Timeouts } from '../nginx/intent';
import { TlsKind } from '../model/tls-certificate';
import type { FrontContext } from './front-context';

/** Socket.IO's own defaults. */
const DEFAULT_HEARTBEAT: ResolvedHeartbeat = { intervalMs: 25_000, timeoutMs: 20_000 };

/** Time by which nginx waits longer than the heartbeat, so that the heartbeat ends a dead connection first. */
const HEARTBEAT_MARGIN_SECONDS = 30;

/**
 * Times after which nginx closes a silent connection.
 *
 * @internal
 */
export function resolveTimeouts(
  context: FrontContext,
  { webSocket: { engineIo } }: Routes,
): Timeouts {
  const { check, props } = context;
  const { timeouts = {}, cluster } = props;
  const decided = cluster?.heartbeat;
  const { intervalMs, timeoutMs } = decided ?? DEFAULT_HEARTBEAT;
  const heartbeatMs = intervalMs + timeoutMs;
  if (engineIo) {
    checkIdleTimeout(context, heartbeatMs);
  }
  const derived =
    decided === undefined ? '7d' : `${Math.ceil(heartbeatMs / 1000) + HEARTBEAT_MARGIN_SECONDS}s`;
  const webSocket = resolveDuration(
    check,
    'timeouts.webSocket',
    timeouts.webSocket ?? derived,
    '1s',
    '365d',
  );
  if (engineIo && webSocket.milliseconds <= heartbeatMs) {
    check.refuse('timeouts.webSocket', {
      problem: `"${webSocket.text}" closes a silent connection before Socket.IO's heartbeat (every ${intervalMs / 1000}s, answer within ${timeoutMs / 1000}s) does`,
      allowed: `more than ${heartbeatMs / 1000}s`,
      remedy: 'Increase it, or give the cluster a shorter heartbeat.',
    });
  }
  return {
    webSocket: webSocket.text,
    rest: resolveDuration(check, 'timeouts.rest', timeouts.rest ?? '60s', '1s', '1d').text,
  };
}

/** When the load balancer drops a silent connection, it notifies neither side. */
function checkIdleTimeout(context: FrontContext, heartbeatMs: number): void {
  const {
    check,
    props: { tls, platform },
    layout: { entry },
  } = context;
  if (entry === undefined) {
    return;
  }
  const terminated = tls?.kind === TlsKind.ACM;
  const idleMs = terminated ? entry.terminatedIdleTimeoutMs : entry.idleTimeoutMs;
  if (heartbeatMs >= idleMs) {
    const isFixed = terminated && entry.terminatedIdleTimeoutMs !== entry.idleTimeoutMs;
    check.refuse('heartbeat', {
      problem: `the load balancer of ${platform.traits.name} drops a connection after ${idleMs / 1000}s of silence, but a heartbeat may take ${heartbeatMs / 1000}s (interval and timeout)`,
      allowed: `an interval and a timeout of less than ${idleMs / 1000}s in total`,
      remedy: isFixed
        ? 'Give the cluster a shorter heartbeat, or terminate TLS at nginx: TlsCertificate.fromSecret(…) allows longer silence.'
        : `Give the cluster a shorter heartbeat, or increase ${entry.idleTimeoutProperty} at ${platform.node.path}.`,
    });
  }
}

/**
 * How long old workers of nginx keep their connections after a reload.
 *
 * @internal
 */
export function resolveDrainTimeout({ check, props, layout }: FrontContext): string {
  const { drainTimeout, platform } = props;
  if (layout.drainTimeout !== undefined && drainTimeout !== undefined) {
    check.refuse('drainTimeout', {
      problem: `"${drainTimeout}" is not possible on ${platform.traits.name}: a changed configuration starts a new nginx, and the old one has to stop first`,
      allowed: 'no drainTimeout',
      remedy: `At ${platform.node.path}, set how long the old one may take to stop.`,
    });
  }
  return (
    layout.drainTimeout ??
    resolveDuration(check, 'drainTimeout', drainTimeout ?? '1h', '1s', '7d').text
  );
}
