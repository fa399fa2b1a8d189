import type { ResolvedHealthCheck } from '../../../model/health-check';

/** Between two tries of one check: an instance that answers 503 for a moment is well at the next one. */
export const PAUSE_SECONDS = 1;

/** How long a check goes on asking while all is well. */
export const WATCH_SECONDS = 60;

/** Time to start the probe itself. */
const START_MS = 5000;

/**
 * How long one try may take: `wget` and `curl` count in seconds.
 *
 * @internal
 */
export function trySeconds({ timeoutMs }: ResolvedHealthCheck): number {
  return Math.max(1, Math.ceil(timeoutMs / 1000));
}

/**
 * As long as one check can take: the time that it watches, and then all of its tries.
 *
 * @internal
 */
export function probeTimeoutMs(health: ResolvedHealthCheck): number {
  const triesMs = (trySeconds(health) + PAUSE_SECONDS) * 1000 * health.failures;
  return WATCH_SECONDS * 1000 + health.intervalMs + triesMs + START_MS;
}

/**
 * How long an instance that was well may say nothing before its check ends it: longer than one that was told to stop, after
 * the last question that it answered, may take for that.
 *
 * @internal
 */
export function endAfterSeconds({ intervalMs }: ResolvedHealthCheck, stopGraceMs: number): number {
  return Math.ceil((intervalMs + START_MS + stopGraceMs) / 1000);
}
