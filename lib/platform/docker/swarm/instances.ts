import type { Secret as SwarmSecret } from '@cdktf/provider-docker/lib/secret';
import type { Service } from '@cdktf/provider-docker/lib/service';
import type { Construct } from 'constructs';
import type { AiwmService } from '../../../model/service';
import type { Check } from '../../../validation/check';
import { IMAGE } from '../../../validation/text-rules';
import type { InstanceSlot, InstancesSpec, RunningInstances } from '../../contract';
import { commonEnvironment } from '../../instance-environment';
import { shortGoDuration } from '../engine/go-duration';
import { renderHealthCommand } from '../engine/health-command';
import { probeTimeoutMs } from '../engine/probe-timeout';
import { swarmName } from './names';
import { type PinnedImage, pinnedImage } from './pinned-image';
import { createSecrets, resolveSecrets, secretPath } from './secrets';
import { NAME } from './settings';
import type { SwarmContext } from './swarm-context';
import { hardenedContainer, rollout, secretFile, stopGracePeriodMs, TASK } from './task';

/**
 * Runs the instances of a cluster, each as a service of its own.
 *
 * @throws ValidationError for a service that is not an image, and for a secret that is not in a file
 * @internal
 */
export function runInstances(
  scope: Construct,
  check: Check,
  spec: InstancesSpec,
  context: SwarmContext,
): RunningInstances {
  const imageName = resolveServiceImage(check, spec.service);
  const values = resolveSecrets(check, spec);
  const image = pinnedImage(scope, imageName, context);
  const secrets = createSecrets(scope, values, context);
  const services: Service[] = [];
  for (const slot of spec.slots) {
    // One after another, so that a failing change stops at the first instance.
    const previous = services.slice(-1);
    services.push(runInstance(scope, slot, spec, context, { image, secrets, previous }));
  }
  return { addresses: spec.slots.map(({ name }) => name), dependables: services };
}

function resolveServiceImage(check: Check, service: AiwmService): string {
  if (service.imageName === undefined) {
    check.refuse('service', {
      problem:
        service.buildFolder === undefined
          ? `${NAME} runs containers, but the service is a command`
          : `${NAME} runs an image on many nodes, but an image that an engine builds exists only on that engine`,
      allowed: 'AiwmService.image("registry.example/aiwm:1.4.2")',
      remedy:
        service.buildFolder === undefined
          ? undefined
          : 'Build the image, push it to a registry that all nodes can reach, and pass its name. A single-node swarm also accepts a local image.',
    });
  }
  return check.text('service.image', service.imageName, IMAGE);
}

function runInstance(
  scope: Construct,
  slot: InstanceSlot,
  spec: InstancesSpec,
  { bindings, provider, network, settings }: SwarmContext,
  parts: {
    readonly image: PinnedImage;
    readonly secrets: ReadonlyMap<string, SwarmSecret>;
    readonly previous: readonly Service[];
  },
): Service {
  const { health, stopGraceMs, dependsOn } = spec;
  const { instanceUser, writableFolders, monitorMs, probe } = settings;
  const { image, secrets, previous } = parts;
  return new bindings.Service(scope, slot.id, {
    provider,
    name: swarmName(settings.name, slot.name),
    ...rollout(
      {
        order: 'start-first',
        monitorMs,
        startTimeoutMs: health.startTimeoutMs,
        intervalMs: health.intervalMs,
        stopGraceMs,
      },
      1,
    ),
    // By name alone, because a virtual address for a service needs a kernel with IPVS.
    endpointSpec: { mode: 'dnsrr' },
    taskSpec: {
      ...TASK,
      containerSpec: {
        ...hardenedContainer(instanceUser, writableFolders, stopGraceMs),
        image: image.reference,
        env: instanceEnvironment(slot, spec, [...secrets.keys()]),
        secrets: [...secrets].map(([name, secret]) =>
          secretFile(secret, secretPath(name), instanceUser),
        ),
        healthcheck: {
          test: renderHealthCommand(probe, slot.port, health, stopGracePeriodMs(stopGraceMs)),
          interval: shortGoDuration(health.intervalMs),
          timeout: shortGoDuration(probeTimeoutMs(health)),
          retries: 1,
          startPeriod: shortGoDuration(health.startTimeoutMs),
        },
      },
      ...instanceLimits(spec),
      networksAdvanced: [{ name: network.id, aliases: [slot.name] }],
    },
    dependsOn: [...dependsOn, ...previous],
  });
}

/** Variables of an instance. It gets the path of a secret in place of its value. */
function instanceEnvironment(
  slot: InstanceSlot,
  spec: InstancesSpec,
  secrets: readonly string[],
): Record<string, string> {
  const variables = Object.entries({ ...commonEnvironment(spec), ...slot.environment });
  return {
    // Swarm reads "{{" in a variable as the start of a template.
    ...Object.fromEntries(
      variables.map(([name, value]) => [name, value.replace(/\{\{/g, '{{"{{"}}')]),
    ),
    HOST: '0.0.0.0',
    ...Object.fromEntries(secrets.map((name) => [`${name}_FILE`, secretPath(name)])),
  };
}

function instanceLimits({ memoryBytes, cpu }: InstancesSpec) {
  if (memoryBytes === undefined && cpu === undefined) {
    return {};
  }
  return {
    resources: {
      limits: {
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
        ...(cpu === undefined ? {} : { nanoCpus: Math.round(cpu * 1e9) }),
      },
    },
  };
}
