import type { ResolvedHealthCheck } from '../../contract';

/** Pause between two tries of one check, so that an instance that answers 503 for a moment stays healthy. */
export const PAUSE_SECONDS = 1;

/** How long one check keeps asking while the instance is healthy. */
export const WATCH_SECONDS = 60;

/** Time for the start of the probe itself. */
const START_MS = 5000;

/**
 * Timeout of one try, in whole seconds: the unit of `wget` and `curl`.
 *
 * @internal
 */
export function trySeconds({ timeoutMs }: ResolvedHealthCheck): number {
  return Math.max(1, Math.ceil(timeoutMs / 1000));
}

/**
 * Longest duration of one check, in milliseconds: the time that it watches, and then all of its tries.
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
