import type {
  ServiceConfig,
  ServiceTaskSpecContainerSpec,
  ServiceTaskSpecContainerSpecConfigs,
  ServiceTaskSpecContainerSpecSecrets,
} from '@cdktf/provider-docker/lib/service';
import { shortGoDuration } from '../engine/go-duration';

/** Mode of a file that only its owner can read. */
const OWNER_READS = 0o400;
/** Mode of a file that everyone can read. */
const ALL_READ = 0o444;

/**
 * Shortest stop grace period. The provider waits for that long when it destroys a service, and Swarm needs some seconds
 * of it to clean up.
 */
const SHORTEST_STOP_MS = 10_000;

/** Time for Swarm to place a task, start it and report its state. */
const SWARM_MS = 60_000;

/**
 * Configuration that all containers of a swarm share. A container cannot write to its own files and has no
 * capabilities.
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
    // Without options, on any of which the provider panics.
    mounts: writable.map((target) => ({ type: 'tmpfs', target })),
    stopGracePeriod: shortGoDuration(Math.max(stopGraceMs, SHORTEST_STOP_MS)),
  };
}

/**
 * Configuration that all tasks share. Swarm restarts a task that ends, and its logs cannot fill the disk.
 *
 * @internal
 */
export const TASK = {
  // All four, because the provider would see a change in every plan otherwise.
  restartPolicy: { condition: 'any', delay: '1s', maxAttempts: 0, window: '0s' },
  logDriver: { name: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
};

/**
 * Parameters of a rollout: how a change reaches a service, and how long an apply waits.
 *
 * @internal
 */
export interface Rollout {
  readonly order: 'start-first' | 'stop-first';
  /** How long a new task has to stay up. */
  readonly monitorMs: number;
  /** Longest time from the start of a task to its first successful health check. */
  readonly startTimeoutMs: number;
  /** Time between two health checks. */
  readonly intervalMs: number;
  readonly stopGraceMs: number;
}

/**
 * Configuration of a rollout: one task after another, and a rollback if a new one fails.
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
      // At the earliest time at which a task can be healthy, because the provider looks again only after 5 s.
      delay: shortGoDuration(intervalMs + 2000),
      timeout: shortGoDuration(
        // Twice, because a rollout that fails is followed by a rollback.
        2 * replicas * (startTimeoutMs + monitorMs + stopGraceMs) + SWARM_MS,
      ),
    },
  };
}

/**
 * A secret as a file that only its owner can read.
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
 * A config as a file that everyone in the container can read.
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
