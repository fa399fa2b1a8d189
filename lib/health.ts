import type { Check } from './check';
import { checkDuration } from './duration';
import { PATH } from './text-rules';

/** How a platform finds out whether an instance serves. */
export interface HealthCheck {
  /**
   * The path that answers 2xx while the instance serves.
   *
   * @default "/health"
   */
  readonly path?: string;
  /**
   * Time from one question to the next, e.g. "2s".
   *
   * @default "2s"
   */
  readonly interval?: string;
  /**
   * How long an answer may take, e.g. "2s".
   *
   * @default "2s"
   */
  readonly timeout?: string;
  /**
   * So many bad answers in a row mean that the instance hangs: it is restarted. 1 to 20.
   *
   * @default 3
   */
  readonly failures?: number;
  /**
   * How long an instance may take from its start to its first good answer, e.g. "60s".
   *
   * @default "60s"
   */
  readonly startTimeout?: string;
}

/** A health check with every value decided. Times are in milliseconds. */
export interface ResolvedHealthCheck {
  /** The path that answers 2xx while the instance serves. */
  readonly path: string;
  /** Time from one question to the next. */
  readonly intervalMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** So many bad answers in a row mean that the instance hangs. */
  readonly failures: number;
  /** How long an instance may take from its start to its first good answer. */
  readonly startTimeoutMs: number;
}

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
