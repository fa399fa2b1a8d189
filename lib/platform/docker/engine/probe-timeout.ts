import type { ResolvedHealthCheck } from '../../contract';

/** Between two tries of one check: an instance that answers 503 for a moment is well at the next one. */
export const PAUSE_SECONDS = 1;

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
 * As long as all tries of one check can take.
 *
 * @internal
 */
export function probeTimeoutMs(health: ResolvedHealthCheck): number {
  return (trySeconds(health) + PAUSE_SECONDS) * 1000 * health.failures + START_MS;
}
