import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AgentError, codeOf } from '../system/agent-error';
import { Fields } from './fields';

/** Secret in a request: its value, or the name of the Redis in this state folder whose URL it is. */
export type SecretSource =
  { readonly value: string; readonly redis?: undefined } | { readonly redis: string };

/** Reads a secret. The URL of a Redis stays a reference, since only the supervisor knows it. */
export function readSecret(
  value: unknown,
  where: string,
  caller: { folder: string; environment: NodeJS.ProcessEnv },
): SecretSource {
  switch ((value as { kind?: unknown } | undefined)?.kind) {
    case 'redis':
      return { redis: new Fields(value, where, ['kind', 'unit']).unit('unit') };
    case 'file':
      return {
        value: fileSecret(
          resolve(caller.folder, new Fields(value, where, ['kind', 'path']).text('path')),
          where,
        ),
      };
    case 'environment':
      return {
        value: environmentSecret(
          new Fields(value, where, ['kind', 'name']).text('name'),
          where,
          caller.environment,
        ),
      };
    default:
      throw new AgentError(`${where}: kind must be "redis", "file" or "environment".`);
  }
}

function fileSecret(path: string, where: string): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const reason =
      codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${codeOf(error)})`;
    throw new AgentError(`${where}: the file ${path} ${reason}. Write the secret into it.`);
  }
  // Editors and echo end a file with a newline that is not part of the secret.
  return resolveValue(content.replace(/\r?\n$/, ''), `${where}: the file ${path}`);
}

function environmentSecret(name: string, where: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[name];
  if (value === undefined) {
    throw new AgentError(
      `${where}: the environment variable ${name} is not set where Terraform runs. Export it and deploy again.`,
    );
  }
  return resolveValue(value, `${where}: the environment variable ${name}`);
}

function resolveValue(secret: string, where: string): string {
  if (secret === '') {
    throw new AgentError(`${where} is empty, but must contain the secret.`);
  }
  if (secret.includes('\0')) {
    throw new AgentError(
      `${where} contains a NUL character, which no environment variable can hold.`,
    );
  }
  return secret;
}
