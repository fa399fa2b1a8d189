import type {
  ServiceConfig,
  ServiceTaskSpecContainerSpec,
  ServiceTaskSpecContainerSpecConfigs,
  ServiceTaskSpecContainerSpecSecrets,
} from '@cdktf/provider-docker/lib/service';
import { shortGoDuration } from '../engine/go-duration';

/** Octal 0400: who owns it may read it. */
const OWNER_READS = 0o400;
/** Octal 0444. */
const ALL_READ = 0o444;

/**
 * When it destroys a service the provider waits for its containers as long as one of them may take to stop, and Swarm
 * needs some seconds of that to clear up.
 */
const SHORTEST_STOP_MS = 10_000;

/** What Docker takes to place a task, start it, and tell of it. */
const SWARM_MS = 60_000;

/**
 * How long a container may take to stop.
 *
 * @internal
 */
export function stopGracePeriodMs(stopGraceMs: number): number {
  return Math.max(stopGraceMs, SHORTEST_STOP_MS);
}

/**
 * What every container of a swarm has in common: no way to write to its own files, no rights, and an end that it is
 * asked for.
 *
 * @internal
 */
export function hardenedContainer(
  user: string,
  writable: readonly string[],
  stopGraceMs: number,
): Pick<
  ServiceTaskSpecContainerSpec,
  'user' | 'readOnly' | 'capDrop' | 'mounts' | 'stopGracePeriod'
> {
  return {
    user,
    readOnly: true,
    capDrop: ['ALL'],
    // Without options: the provider ends with a panic on any of them.
    mounts: writable.map((target) => ({ type: 'tmpfs', target })),
    stopGracePeriod: shortGoDuration(stopGracePeriodMs(stopGraceMs)),
  };
}

/**
 * What every task has in common: it comes back by itself, and its logs do not fill the disk.
 *
 * @internal
 */
export const TASK = {
  // All of them, or the provider sees a change in every plan.
  restartPolicy: { condition: 'any', delay: '1s', maxAttempts: 0, window: '0s' },
  logDriver: { name: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
};

/**
 * How a change reaches a service, and what an apply waits for.
 *
 * @internal
 */
export interface Rollout {
  readonly order: 'start-first' | 'stop-first';
  /** How long a new task has to live. */
  readonly monitorMs: number;
  /** From the start of a task to its first good answer, at the most. */
  readonly startTimeoutMs: number;
  /** From one look at its health to the next. */
  readonly intervalMs: number;
  readonly stopGraceMs: number;
}

/**
 * One task after another; and back again when a new one does not live.
 *
 * @internal
 */
export function rollout(
  { order, monitorMs, startTimeoutMs, intervalMs, stopGraceMs }: Rollout,
  replicas: number,
): Pick<ServiceConfig, 'updateConfig' | 'rollbackConfig' | 'convergeConfig' | 'mode'> {
  const step = {
    parallelism: 1,
    delay: '0s',
    monitor: shortGoDuration(monitorMs),
    maxFailureRatio: '0.0',
    order,
  };
  return {
    mode: { replicated: { replicas } },
    updateConfig: { ...step, failureAction: 'rollback' },
    rollbackConfig: { ...step, failureAction: 'pause' },
    convergeConfig: {
      // The first look, when a task can be healthy at the earliest: the next one is 5 s later.
      delay: shortGoDuration(intervalMs + 2000),
      timeout: shortGoDuration(
        // There and, when it does not live, back.
        2 * replicas * (startTimeoutMs + monitorMs + stopGraceMs) + SWARM_MS,
      ),
    },
  };
}

/**
 * A secret as a file that its owner alone may read.
 *
 * @param owner - "uid:gid"
 * @internal
 */
export function secretFile(
  secret: { readonly id: string; readonly name: string },
  file: string,
  owner: string,
): ServiceTaskSpecContainerSpecSecrets {
  const [uid, gid] = owner.split(':') as [string, string];
  return {
    secretId: secret.id,
    secretName: secret.name,
    fileName: file,
    fileUid: uid,
    fileGid: gid,
    fileMode: OWNER_READS,
  };
}

/**
 * A configuration as a file that everybody in the container may read.
 *
 * @internal
 */
export function configurationFile(
  config: { readonly id: string; readonly name: string },
  file: string,
): ServiceTaskSpecContainerSpecConfigs {
  return {
    configId: config.id,
    configName: config.name,
    fileName: file,
    fileUid: '0',
    fileGid: '0',
    fileMode: ALL_READ,
  };
}
