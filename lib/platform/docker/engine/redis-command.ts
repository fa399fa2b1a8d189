import type { RedisSpec } from '../../contract';
import { renderSize } from '../../../validation/size';

/**
 * Redis for pub/sub alone: nothing is kept on disk, and a subscriber that does not read is cut off before its buffer
 * takes the memory of all. The shell finds the password, so that it is in no argument list.
 *
 * @param password - what the shell makes the password of
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
  // Within its quotes redis.conf reads a backslash and a quote as the shell does not.
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
