import { existsSync, statSync } from 'node:fs';
import { AgentError } from '../system/agent-error';
import { findExecutable } from '../call/executables';
import type { Fleet } from './fleet';
import { forgetFailures } from './forget-failures';
import { redisUrl } from '../units/redis-runnable';
import type { InstanceRequest } from '../call/requests';
import { roll } from './roll';
import { runnable } from '../units/runnables';
import { hostAndPort } from '../system/text';
import type { Report } from '../system/text';
import type { Unit } from './unit';
import type { InstanceSpec } from './unit-record';

/** Brings one instance to its specification. */
export async function bringInstance(
  fleet: Fleet,
  request: InstanceRequest,
  report: Report,
): Promise<void> {
  const { unit: name } = request;
  const next = resolveSpec(fleet, request);
  await fleet.exclusively(name, 'instance', async (unit) => {
    const unchanged = unit.spec?.kind === 'instance' && sameProcess(unit.spec, next);
    if (unit.process && unit.spec?.kind === 'instance' && unchanged) {
      if (await keepProcess(fleet, unit, unit.spec, next, report)) {
        return;
      }
      report(`${name}: unchanged, but not healthy`);
    }
    checkStartable(name, next);
    const isNew = unit.spec === undefined;
    await roll(fleet, unit, next, unchanged, report);
    if (!isNew) {
      await forgetFailures(fleet);
    }
  });
}

/** Keeps a process that is as specified. Returns false if it is not healthy. */
async function keepProcess(
  fleet: Fleet,
  unit: Unit,
  current: InstanceSpec,
  next: InstanceSpec,
  report: Report,
): Promise<boolean> {
  const { name } = unit;
  const where = hostAndPort(next.listen);
  // Long enough for a process that has just been restarted, and for a single failed check.
  const patience = unit.healthy ? 2 * next.health.timeoutMs : next.health.startTimeoutMs;
  if (JSON.stringify(supervision(current)) === JSON.stringify(supervision(next))) {
    if ((await unit.untilHealthy(Date.now() + patience)) !== undefined) {
      return false;
    }
    report(`${name}: unchanged and healthy on ${where}, nothing to do`);
    return true;
  }
  const plan = runnable(name, next, fleet.state);
  const probe = await plan.probe(next.health.timeoutMs);
  if (!probe.ok) {
    throw new AgentError(
      `${name} cannot use its new health check: ${plan.question} shows ${probe.seen}. ` +
        'The instance continues to run with the old check.',
    );
  }
  unit.amend(next);
  report(`${name}: health check and grace changed; the instance on ${where} runs on`);
  return true;
}

/**
 * Whether two specifications describe the same process. Inherited variables do not count, since another terminal is no
 * change.
 */
function sameProcess(one: InstanceSpec, other: InstanceSpec): boolean {
  const essence = ({ command, workingDirectory, listen, revision, ...spec }: InstanceSpec) =>
    JSON.stringify([
      command,
      workingDirectory,
      listen,
      revision,
      sortEntries(spec.environment),
      sortEntries(spec.secrets),
    ]);
  return essence(one) === essence(other);
}

/** Part of a specification that a running process need not know. */
function supervision({ health, stopGraceMs }: InstanceSpec): unknown {
  const { path, intervalMs, timeoutMs, failures, startTimeoutMs } = health;
  return [path, intervalMs, timeoutMs, failures, startTimeoutMs, stopGraceMs];
}

function sortEntries(values: Readonly<Record<string, string>>): unknown {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Checks whatever can be checked before the old process is touched. */
function checkStartable(name: string, spec: InstanceSpec): void {
  const { workingDirectory, command } = spec;
  if (!existsSync(workingDirectory) || !statSync(workingDirectory).isDirectory()) {
    throw new AgentError(
      `${name}: the working directory ${workingDirectory} ` +
        `${existsSync(workingDirectory) ? 'is not a folder' : 'does not exist'}. ` +
        "Correct the service's working directory, or build the service first.",
    );
  }
  const { PATH } = { ...spec.inherited, ...spec.environment, ...spec.secrets };
  const executable = command[0] ?? '';
  if (!findExecutable(executable, workingDirectory, PATH)) {
    throw new AgentError(
      executable.includes('/')
        ? `${name}: the program ${executable} is not an executable file in ${workingDirectory}. ` +
            'Correct the command of the service, or build the service first.'
        : `${name}: the program ${executable} is not in PATH (${PATH ?? 'which is empty'}). ` +
            'Install it, or give the command of the service with its full path.',
    );
  }
}

function resolveSpec(fleet: Fleet, request: InstanceRequest): InstanceSpec {
  const secrets = Object.entries(request.secrets).map(([name, source]): [string, string] => [
    name,
    source.redis === undefined ? source.value : resolveUrl(fleet, request.unit, name, source.redis),
  ]);
  return {
    kind: 'instance',
    command: request.command,
    workingDirectory: request.workingDirectory,
    listen: request.listen,
    environment: request.environment,
    secrets: Object.fromEntries(secrets),
    inherited: request.inherited,
    revision: request.revision,
    health: request.health,
    stopGraceMs: request.stopGraceMs,
  };
}

function resolveUrl(fleet: Fleet, unit: string, variable: string, redis: string): string {
  const spec = fleet.get(redis)?.spec;
  if (spec?.kind !== 'redis') {
    throw new AgentError(
      `${unit}: ${variable} refers to the Redis "${redis}", which this platform does not run ` +
        `(it runs ${fleet.names() || 'nothing yet'}). It must be deployed before its clients.`,
    );
  }
  return redisUrl(spec);
}
