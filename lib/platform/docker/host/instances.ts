import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Construct } from 'constructs';
import { resourceName } from '../../../terraform/names';
import type { Check } from '../../../validation/check';
import { renderSize } from '../../../validation/size';
import { CONTAINER_FOLDER } from '../../../validation/text-rules';
import type { InstancesSpec, RunningInstances } from '../../contract';
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import { goDuration } from '../engine/go-duration';
import { hardened } from '../engine/hardening';
import { renderHealthCommand } from '../engine/health-command';
import { probeTimeoutMs, trySeconds } from '../engine/probe-timeout';
import { attachment, type DockerContext } from './docker-context';
import { fresh, freshAddress, freshDigits } from './fresh';
import { Generation } from './generation';
import { resolveSecret, type SecretValue, secretsVersion } from './secrets';
import { buildServiceImage, resolveServiceImage, type ServiceImage } from './service-image';

/** Shortest wait for a healthy container, in seconds: the engine's own first check may take as long. */
const MIN_WAIT_SECONDS = 10;

/** Smallest limits that Docker accepts for a container. */
const MIN_MEBIBYTES = 6;
const MIN_CPU = 0.01;

/** Period in which a container gets its share of the processors, in microseconds. */
const CPU_PERIOD = 100_000;

/**
 * Runs the instances of a cluster, each in a container with an address of its own.
 *
 * @param redis - generation of the platform's Redis; undefined without one
 * @throws ValidationError for a service, limit or secret that Docker cannot run
 * @internal
 */
export function runInstances(
  scope: Construct,
  check: Check,
  spec: InstancesSpec,
  context: DockerContext,
  redis?: Generation,
): RunningInstances {
  const { bindings, provider, settings } = context;
  const { name, subnet, probe } = settings;
  const { health } = spec;
  const { image, folders, secrets } = resolveInstances(check, spec, context);
  const dependsOn = [...spec.dependsOn, ...buildServiceImage(scope, image, context)];
  const base = baseConfig(spec, image.name, folders);
  // The order of keys is part of the hash: any other order would replace every instance.
  const generation = new Generation({
    base,
    subnet: subnet.cidr,
    serviceVersion: spec.service.version,
    health: { ...health },
    probe: renderHealthCommand(probe, 0, health, spec.stopGraceMs),
    secrets: secrets.map((secret) => secret.name),
    ...secretsVersion(scope, secrets, redis),
    cluster: resourceName(scope),
    port: spec.slots[0]?.port,
    environment: commonEnvironment(spec),
  });
  const digits = freshDigits(resourceName(scope));
  const containers: Container[] = [];
  for (const [index, slot] of spec.slots.entries()) {
    containers.push(
      new bindings.Container(scope, slot.id, {
        ...base,
        provider,
        name: `${name}-${slot.name}-${digits}`,
        env: Object.entries({ ...commonEnvironment(spec), ...slot.environment, HOST: '0.0.0.0' })
          .concat(secrets.map((secret) => [secret.name, secret.value]))
          .map(([variable, value]) => `${variable}=${value}`)
          .sort(),
        networksAdvanced: attachment(context, slot.name, freshAddress(subnet, digits, index)),
        healthcheck: {
          test: renderHealthCommand(probe, slot.port, health, spec.stopGraceMs),
          interval: goDuration(health.intervalMs),
          timeout: goDuration(probeTimeoutMs(health)),
          retries: 1,
          startPeriod: goDuration(health.startTimeoutMs),
        },
        // The provider sees a change of a label, and none of a health check, of tmpfs or of init.
        labels: generation.labels,
        // One after another: Terraform stops old instances in the opposite order, each when the one before has ended.
        dependsOn: [...dependsOn, ...containers.slice(-1)],
        lifecycle: fresh('name', 'networks_advanced'),
      }),
    );
  }
  return {
    addresses: containers.map((container) => container.networksAdvanced.get(0).ipv4Address),
    dependables: containers,
  };
}

interface ResolvedInstances {
  readonly image: ServiceImage;
  /** Folders that an instance can write to. */
  readonly folders: readonly string[];
  readonly secrets: readonly SecretValue[];
}

function resolveInstances(
  check: Check,
  spec: InstancesSpec,
  { settings: { name, writableFolders } }: DockerContext,
): ResolvedInstances {
  const image = resolveServiceImage(check, spec.service, `${name}-${resourceName(check.scope)}`);
  const folders = check.texts('platform.writableFolders', writableFolders, CONTAINER_FOLDER);
  checkLimits(check, spec);
  const secrets = Object.entries(secretEnvironment(spec)).map(([variable, secret]) =>
    resolveSecret(check, variable, `secrets.${variable}`, secret),
  );
  return { image, folders, secrets };
}

function checkLimits(check: Check, { memoryBytes, cpu }: InstancesSpec): void {
  if (memoryBytes !== undefined && mebibytes(memoryBytes) < MIN_MEBIBYTES) {
    check.refuse('limits.memory', {
      problem: `Docker does not run a container with "${renderSize(memoryBytes)}" of memory`,
      allowed: `at least "${MIN_MEBIBYTES}m"`,
    });
  }
  if (cpu !== undefined && cpu < MIN_CPU) {
    check.refuse('limits.cpu', {
      problem: `Docker cannot give a container ${cpu} processors`,
      allowed: `at least ${MIN_CPU}`,
    });
  }
}

/** Configuration that all instances of a cluster share. */
function baseConfig(
  { health, stopGraceMs, memoryBytes, cpu }: InstancesSpec,
  image: string,
  folders: readonly string[],
) {
  const stopSeconds = Math.ceil(stopGraceMs / 1000);
  return {
    image,
    init: true,
    stopTimeout: stopSeconds,
    destroyGraceSeconds: stopSeconds,
    wait: true,
    // The engine makes its first check one interval after the start. A newer engine checks every 5 s until it succeeds.
    waitTimeout: Math.max(
      MIN_WAIT_SECONDS,
      Math.ceil((health.startTimeoutMs + health.intervalMs) / 1000) + trySeconds(health),
    ),
    // Both, because the engine fills in a missing second one, which would be a change in every plan.
    ...(memoryBytes === undefined
      ? {}
      : { memory: mebibytes(memoryBytes), memorySwap: mebibytes(memoryBytes) }),
    // Not `cpus`, on which this version of the provider panics.
    ...(cpu === undefined ? {} : { cpuPeriod: CPU_PERIOD, cpuQuota: Math.round(cpu * CPU_PERIOD) }),
    ...hardened([], folders),
  };
}

/** Memory in the provider's unit, rounded up. */
function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
