import type { ResolvedHealthCheck } from '../../health';

/**
 * As long as all tries of one check can take, and a little to start the probe itself.
 *
 * @internal
 */
export function probeTimeoutMs({ timeoutMs, failures }: ResolvedHealthCheck): number {
  return timeoutMs * failures + 5000;
}
