import type { ResolvedHealthCheck } from '../../contract';

/** Pause between two tries of one check, so that an instance that answers 503 for a moment stays healthy. */
export const PAUSE_SECONDS = 1;

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
 * Longest duration of one check with all of its tries, in milliseconds.
 *
 * @internal
 */
export function probeTimeoutMs(health: ResolvedHealthCheck): number {
  return (trySeconds(health) + PAUSE_SECONDS) * 1000 * health.failures + START_MS;
}
