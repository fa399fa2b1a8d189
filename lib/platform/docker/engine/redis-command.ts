import type { RedisSpec } from '../../contract';
import { renderSize } from '../../../validation/size';

/** User and group of Redis in the official images, by number. */
export const REDIS_USER = '999:999';

/**
 * Command of a Redis for pub/sub alone: nothing is kept on disk, and a subscriber that does not read is disconnected
 * before its buffer takes the memory of all. The shell expands the password, so that it is in no argument list.
 *
 * @param password - shell expression for the password
 * @internal
 */
export function redisCommand(
  { engine, maxMemoryBytes, outputBuffer }: RedisSpec,
  port: number,
  password = '$AIWM_REDIS_PASSWORD',
): { readonly entrypoint: string[] } {
  const { hardBytes, softBytes, softSeconds } = outputBuffer;
  const settings = [
    `port ${port}`,
    'bind 0.0.0.0',
    'save ""',
    'appendonly no',
    `maxmemory ${renderSize(maxMemoryBytes)}b`,
    'maxmemory-policy noeviction',
    `client-output-buffer-limit pubsub ${renderSize(hardBytes)}b ${renderSize(softBytes)}b ${softSeconds}`,
  ];
  // Inside quotes, redis.conf gives a backslash and a quote another meaning than the shell.
  const escaped = `$(printf '%s' "${password}" | sed 's/[\\\\"]/\\\\&/g')`;
  const lines = settings.map((line) => `'${line}'`).join(' ');
  return {
    entrypoint: [
      '/bin/sh',
      '-c',
      `umask 077; { printf '%s\\n' ${lines}; printf 'requirepass "%s"\\n' "${escaped}"; } > /tmp/redis.conf; ` +
        `exec ${engine}-server /tmp/redis.conf`,
    ],
  };
}

/**
 * Health check of a Redis.
 *
 * @param password - shell expression for the password
 * @internal
 */
export function redisHealthcheck({ engine }: RedisSpec, password = '$AIWM_REDIS_PASSWORD') {
  return {
    test: ['CMD-SHELL', `REDISCLI_AUTH="${password}" ${engine}-cli ping | grep -q PONG`],
    interval: '2s',
    timeout: '3s',
    retries: 3,
    startPeriod: '30s',
  };
}
