import type { Check } from './check';
import { checkDuration } from './duration';
import type { HealthCheck, ResolvedHealthCheck } from './health';
import { PATH } from './text-rules';

/** @internal */
export function checkHealth(check: Check, health: HealthCheck = {}): ResolvedHealthCheck {
  const milliseconds = (property: string, text: string, from: string, to: string): number =>
    checkDuration(check, property, text, from, to).milliseconds;
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
