import type { Construct } from 'constructs';
import type { AiwmService } from '../../model/service';
import { fromStackFolder } from '../../terraform/stack-paths';
import { show } from '../../validation/check';
import type { Check } from '../../validation/check';
import { FILE_PATH, LINE } from '../../validation/text-rules';
import type { InstancesSpec, RunningInstances } from '../contract';
import { commonEnvironment, secretEnvironment } from '../instance-environment';
import { checkSize } from './agent-resource';
import type { LocalContext } from './local-context';
import { resolveSecrets } from './secrets';
import { LOOPBACK } from './settings';

/**
 * Runs the instances of a cluster as processes.
 *
 * @internal
 * @throws ValidationError for a service that is an image, and for a port that is claimed already
 */
export function runInstances(
  scope: Construct,
  check: Check,
  spec: InstancesSpec,
  { units, agent }: LocalContext,
): RunningInstances {
  const command = resolveCommand(check, spec.service);
  const environment = commonEnvironment(spec);
  const secrets = resolveSecrets(check, secretEnvironment(spec));
  const instances = spec.slots.map((slot) => {
    units.claim(check, slot.name, [{ addresses: [LOOPBACK], port: slot.port, purpose: slot.name }]);
    const specification = {
      unit: slot.name,
      ...command,
      address: LOOPBACK,
      port: slot.port,
      environment: { ...environment, ...slot.environment, HOST: LOOPBACK },
      secrets,
      health: { ...spec.health },
      stopGraceMs: spec.stopGraceMs,
    };
    checkSize(check, specification);
    return { id: slot.id, specification };
  });
  if (spec.memoryBytes !== undefined || spec.cpu !== undefined) {
    check.warn(
      'limits: LocalPlatform does not enforce limits on memory and processors; other platforms do.',
    );
  }
  let previous = spec.dependsOn;
  for (const { id, specification } of instances) {
    // One after the other, so that a version that does not become healthy stops at the first instance.
    previous = [agent.bringUp(scope, id, 'instance', specification, { dependsOn: previous })];
  }
  return { addresses: spec.slots.map(() => LOOPBACK), dependables: previous };
}

/** Command of a service, with its folder and version, in the form that the agent reads. */
function resolveCommand(
  check: Check,
  { commandLine, imageName, workingDirectory, version }: AiwmService,
): Record<string, unknown> {
  if (commandLine === undefined) {
    check.refuse('service', {
      problem: `LocalPlatform runs no containers, but the service is the image ${show(imageName)}`,
      allowed: 'AiwmService.command(["node", "server.js"], { workingDirectory: "services/aiwm" })',
    });
  }
  if (commandLine.length === 0) {
    check.refuse('service', {
      problem: 'the command is empty',
      allowed: 'a program and its arguments: ["node", "server.js"]',
    });
  }
  commandLine.forEach((word, index) => check.text(`service.command[${index}]`, word, LINE));
  return {
    command: commandLine,
    workingDirectory: fromStackFolder(
      check.scope,
      check.text('service.workingDirectory', workingDirectory ?? '.', FILE_PATH),
    ),
    ...(version === undefined ? {} : { revision: check.text('service.version', version, LINE) }),
  };
}
