import { resolve } from 'node:path';
import { AgentError } from '../system/agent-error';
import { inheritableVariables } from '../system/environment';
import { Fields, text, unitName } from './fields';
import { resolveServer } from './executables';
import { readSecret } from './secrets';
import type { SecretSource } from './secrets';
import type { Endpoint } from '../system/text';

/*
 * Requests of the verbs to the supervisor. A request is a checked AIWM_SPEC with absolute paths, and with the secrets
 * that only the caller can read from its environment or its working directory. Terraform calls the agent in the folder
 * of the stack.
 */

/** Health check of an instance, and the limits that it is held to. */
export interface HealthPolicy {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Number of failed checks in a row after which an instance counts as hanging. */
  readonly failures: number;
  readonly startTimeoutMs: number;
}

/** Request to bring an instance to its specification. */
export interface InstanceRequest {
  readonly verb: 'instance';
  readonly unit: string;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly listen: Endpoint;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** Variables that the service inherits from the caller's environment. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Version by which the caller marks changes that the specification does not show, such as changed files. */
  readonly revision: string;
  readonly health: HealthPolicy;
  readonly stopGraceMs: number;
}

/** Request to bring a Redis to its specification. */
export interface RedisRequest {
  readonly verb: 'redis';
  readonly unit: string;
  readonly executable: string;
  readonly listen: Endpoint;
  readonly maxMemory: string;
  /** Output buffer limit of subscribers in the notation of redis.conf: hard limit, soft limit, seconds. */
  readonly outputBufferLimit: string;
  /** Password; undefined for one that the agent generates once and keeps. */
  readonly password: string | undefined;
}

/** Source of nginx's certificate. */
export type CertificateRequest =
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  | { readonly kind: 'self-signed'; readonly names: readonly string[] };

/** Request to bring nginx to its specification. */
export interface NginxRequest {
  readonly verb: 'nginx';
  readonly unit: string;
  readonly executable: string;
  readonly configuration: string;
  readonly certificate: CertificateRequest | undefined;
  readonly listen: readonly Endpoint[];
}

/** Request to stop every unit that is not listed. */
export interface RosterRequest {
  readonly verb: 'roster';
  readonly units: readonly string[];
  /** State folders of all platforms of the app. */
  readonly folders: readonly string[];
}

/** Request for a supervisor, and for all units that it watches to become healthy. */
export interface ResumeRequest {
  readonly verb: 'resume';
}

/** Request to exit and leave all children running, so that another version of the agent adopts them. */
export interface LeaveRequest {
  readonly verb: 'leave';
}

export type Request =
  InstanceRequest | RedisRequest | NginxRequest | RosterRequest | ResumeRequest | LeaveRequest;

/** Working directory and environment of a call of the agent. */
export interface Caller {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

const DAY_MS = 86_400_000;

/**
 * Request that a verb makes with a specification.
 *
 * @throws AgentError naming the property that is wrong
 */
export function readRequest(verb: string, spec: string, caller: Caller): Request {
  let value: unknown;
  try {
    value = JSON.parse(spec);
  } catch {
    // The parser's message quotes the text, which may contain secrets.
    throw new AgentError('AIWM_SPEC is not JSON.');
  }
  const where = `AIWM_SPEC of "${verb}"`;
  switch (verb) {
    case 'instance':
      return instanceRequest(value, where, caller);
    case 'redis':
      return redisRequest(value, where, caller);
    case 'nginx':
      return nginxRequest(value, where, caller);
    case 'roster':
      return rosterRequest(value, where, caller);
    default:
      throw new AgentError(`The verb "${verb}" accepts no specification.`);
  }
}

function instanceRequest(value: unknown, where: string, caller: Caller): InstanceRequest {
  const fields = new Fields(value, where, [
    'unit',
    'command',
    'workingDirectory',
    'address',
    'port',
    'environment',
    'secrets',
    'health',
    'stopGraceMs',
    'revision',
  ]);
  const command = fields.texts('command');
  if (command.length === 0 || command[0] === '') {
    throw new AgentError(`${fields.name('command')} is empty, but must name a program.`);
  }
  const health = new Fields(fields.raw('health'), fields.name('health'), [
    'path',
    'intervalMs',
    'timeoutMs',
    'failures',
    'startTimeoutMs',
  ]);
  const path = health.text('path');
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw new AgentError(
      `${health.name('path')} is ${JSON.stringify(path)}, but must begin with "/" and contain no spaces.`,
    );
  }
  return {
    verb: 'instance',
    unit: fields.unit('unit'),
    command,
    workingDirectory: resolve(
      caller.folder,
      fields.has('workingDirectory') ? fields.text('workingDirectory') : '.',
    ),
    listen: { address: fields.address('address'), port: fields.port('port') },
    environment: fields.variables('environment', text),
    secrets: fields.variables('secrets', (each, name) => readSecret(each, name, caller)),
    inherited: inheritableVariables(caller.environment),
    revision: fields.has('revision') ? fields.text('revision') : '',
    health: {
      path,
      intervalMs: health.integer('intervalMs', 100, DAY_MS),
      timeoutMs: health.integer('timeoutMs', 100, DAY_MS),
      failures: health.integer('failures', 1, 1000),
      startTimeoutMs: health.integer('startTimeoutMs', 100, DAY_MS),
    },
    stopGraceMs: fields.integer('stopGraceMs', 0, DAY_MS),
  };
}

function redisRequest(value: unknown, where: string, caller: Caller): RedisRequest {
  const fields = new Fields(value, where, [
    'unit',
    'executable',
    'address',
    'port',
    'maxMemory',
    'outputBufferLimit',
    'password',
  ]);
  const maxMemory = fields.text('maxMemory').toLowerCase();
  if (!/^[1-9][0-9]*(b|kb?|mb?|gb?)?$/.test(maxMemory)) {
    throw new AgentError(
      `${fields.name('maxMemory')} is ${JSON.stringify(maxMemory)}, but must be a size such as 256mb.`,
    );
  }
  const outputBufferLimit = fields.text('outputBufferLimit');
  if (!/^\d+[kmg]?b? \d+[kmg]?b? \d+$/.test(outputBufferLimit)) {
    throw new AgentError(
      `${fields.name('outputBufferLimit')} is ${JSON.stringify(outputBufferLimit)}, but must be two sizes and seconds, such as "64mb 16mb 60".`,
    );
  }
  return {
    verb: 'redis',
    unit: fields.unit('unit'),
    executable: resolveServer(fields.text('executable'), caller.folder),
    listen: { address: fields.address('address'), port: fields.port('port') },
    maxMemory,
    outputBufferLimit,
    password: redisPassword(fields, caller),
  };
}

function redisPassword(fields: Fields, caller: Caller): string | undefined {
  const source = fields.raw('password') as { kind?: unknown } | undefined;
  if (source?.kind === 'generated') {
    return undefined;
  }
  const secret = readSecret(source, fields.name('password'), caller);
  if (secret.redis !== undefined) {
    throw new AgentError(
      `${fields.name('password')} has the kind "redis"; allowed are generated, file, environment.`,
    );
  }
  return secret.value;
}

function nginxRequest(value: unknown, where: string, caller: Caller): NginxRequest {
  const fields = new Fields(value, where, [
    'unit',
    'executable',
    'configuration',
    'certificate',
    'listen',
  ]);
  const listen = fields.list('listen').map((each, index) => {
    const endpoint = new Fields(each, `${fields.name('listen')}[${index}]`, ['address', 'port']);
    return { address: endpoint.address('address'), port: endpoint.port('port') };
  });
  return {
    verb: 'nginx',
    unit: fields.unit('unit'),
    executable: resolveServer(fields.text('executable'), caller.folder),
    configuration: fields.text('configuration'),
    certificate: fields.has('certificate') ? certificateRequest(fields, caller) : undefined,
    listen,
  };
}

function certificateRequest(fields: Fields, caller: Caller): CertificateRequest {
  const where = fields.name('certificate');
  const value = fields.raw('certificate');
  switch ((value as { kind?: unknown }).kind) {
    case 'files': {
      const files = new Fields(value, where, ['kind', 'certificate', 'key']);
      return {
        kind: 'files',
        certificate: resolve(caller.folder, files.text('certificate')),
        key: resolve(caller.folder, files.text('key')),
      };
    }
    case 'self-signed': {
      const names = new Fields(value, where, ['kind', 'names']).texts('names');
      const wrong = names.find((name) => !/^[A-Za-z0-9*_.:-]{1,253}$/.test(name));
      if (names.length === 0 || wrong !== undefined) {
        throw new AgentError(
          `${where}: names ${wrong === undefined ? 'is empty' : `has ${JSON.stringify(wrong)}`}, ` +
            'but must list host names or IP addresses.',
        );
      }
      return { kind: 'self-signed', names };
    }
    default:
      throw new AgentError(`${where}: kind must be "files" or "self-signed".`);
  }
}

function rosterRequest(value: unknown, where: string, caller: Caller): RosterRequest {
  const fields = new Fields(value, where, ['units', 'folders']);
  const units = fields
    .list('units')
    .map((each, index) => unitName(each, `${fields.name('units')}[${index}]`));
  const folders = fields.texts('folders').map((each) => resolve(caller.folder, each));
  return { verb: 'roster', units, folders };
}
