import type { Check } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import type { HealthCheck } from '../model/health-check';
import type { ResolvedHealthCheck } from '../platform/contract';
import type { Heartbeat } from '../model/heartbeat';
import type { ResolvedHeartbeat } from '../platform/contract';
import { PATH } from '../validation/text-rules';

/**
 * Health check with its defaults.
 *
 * @internal
 */
export function resolveHealth(check: Check, health: HealthCheck = {}): ResolvedHealthCheck {
  const milliseconds = (property: string, text: string, from: string, to: string): number =>
    resolveDuration(check, property, text, from, to).milliseconds;
  return {
    path: check.text('health.path', health.path ?? '/health', PATH),
    intervalMs: milliseconds('health.interval', health.interval ?? '2s', '100ms', '5m'),
    timeoutMs: milliseconds('health.timeout', health.timeout ?? '2s', '100ms', '5m'),
    failures: check.integer('health.failures', health.failures ?? 3, 1, 20),
    startTimeoutMs: milliseconds(
      'health.startTimeout',
      health.startTimeout ?? '60s',
      '100ms',
      '1h',
    ),
  };
}

/**
 * Heartbeat in milliseconds.
 *
 * @internal
 */
export function resolveHeartbeat(check: Check, heartbeat: Heartbeat): ResolvedHeartbeat {
  return {
    intervalMs: resolveDuration(check, 'heartbeat.interval', heartbeat.interval, '500ms', '1h')
      .milliseconds,
    timeoutMs: resolveDuration(check, 'heartbeat.timeout', heartbeat.timeout, '500ms', '1h')
      .milliseconds,
  };
}
