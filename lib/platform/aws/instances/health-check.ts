import type { HealthProbe } from '../../../model/health-probe';
import type { Check } from '../../../validation/check';
import type { ResolvedHealthCheck } from '../../contract';

/** Time for the start of the probe itself. */
const PROBE_SECONDS = 2;

/** Limits of ECS, in seconds but for the retries. */
const LIMITS = { interval: 5, timeout: 60, retries: 10, startPeriod: 300 };

/** Health check of a container in the form of ECS. */
export interface ContainerHealthCheck {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
}

/**
 * Health check of an instance, by which ECS takes a task for healthy and replaces it.
 *
 * ECS checks every five seconds at most, so a shorter interval becomes that.
 *
 * @throws ValidationError for times that ECS does not support
 * @internal
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
 */
export function resolveHealthCheck(
  check: Check,
  probe: HealthProbe,
  health: ResolvedHealthCheck,
): (port: number) => ContainerHealthCheck {
  const { intervalMs, timeoutMs, failures, startTimeoutMs } = health;
  const limit = (property: string, value: number, max: number, unit: string) => {
    if (value > max) {
      check.refuse(property, {
        problem: `ECS does not support ${value}${unit}`,
        allowed: `at most ${max}${unit} on AWS`,
      });
    }
    return value;
  };
  const seconds = limit(
    'health.timeout',
    toSeconds(timeoutMs),
    LIMITS.timeout - PROBE_SECONDS,
    's',
  );
  const times = {
    interval: Math.max(LIMITS.interval, toSeconds(intervalMs)),
    timeout: seconds + PROBE_SECONDS,
    retries: limit('health.failures', failures, LIMITS.retries, ''),
    startPeriod: limit('health.startTimeout', toSeconds(startTimeoutMs), LIMITS.startPeriod, 's'),
  };
  return (port) => ({ command: renderCommand(probe, port, health, seconds), ...times });
}

/** A command that asks once. */
function renderCommand(
  probe: HealthProbe,
  port: number,
  { path, timeoutMs }: ResolvedHealthCheck,
  seconds: number,
): string[] {
  const line = probe._shellLine(`http://127.0.0.1:${port}${path}`, seconds);
  return line === undefined
    ? ['CMD', 'node', '-e', nodeScript(port, path, timeoutMs)]
    : ['CMD-SHELL', `${line} || exit 1`];
}

function nodeScript(port: number, path: string, timeoutMs: number): string {
  return [
    `setTimeout(()=>process.exit(1),${timeoutMs});`,
    `require('http').get({host:'127.0.0.1',port:${port},path:'${path}',agent:false},`,
    `a=>process.exit(a.statusCode>=200&&a.statusCode<300?0:1)).on('error',()=>process.exit(1))`,
  ].join('');
}

function toSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
