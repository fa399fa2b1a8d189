import { mkdirSync } from 'node:fs';
import { inheritableVariables, withMark } from '../system/environment';
import { probeRedis } from '../system/probes';
import { logOf } from './runnable';
import type { Runnable } from './runnable';
import type { StateFolder } from '../system/state-folder';
import { hostAndPort, clientEndpoint } from '../system/text';
import type { RedisSpec } from '../supervisor/unit-record';

export function redisRunnable(unit: string, spec: RedisSpec, state: StateFolder): Runnable {
  const target = clientEndpoint(spec.listen);
  const probe = (timeoutMs: number) => probeRedis(target, spec.password, timeoutMs);
  return {
    launch: {
      command: [spec.executable, 'redis.conf'],
      workingDirectory: redisFolder(state, unit),
      environment: withMark(inheritableVariables(process.env), state),
      log: logOf(state, unit),
    },
    listen: [spec.listen],
    health: { intervalMs: 2000, timeoutMs: 2000, failures: 3, startTimeoutMs: 15_000 },
    stopGraceMs: 10_000,
    confidential: [spec.password],
    question: `PING to ${hostAndPort(target)}`,
    prepare: () => {
      mkdirSync(redisFolder(state, unit), { recursive: true, mode: 0o700 });
      state.write(`redis/${unit}/redis.conf`, configuration(spec));
    },
    probe,
    pulse: probe,
  };
}

export function redisFolder(state: StateFolder, unit: string): string {
  return state.path('redis', unit);
}

/** URL of a Redis for its clients. */
export function redisUrl(spec: RedisSpec): string {
  return `redis://:${encodeURIComponent(spec.password)}@${hostAndPort(clientEndpoint(spec.listen))}`;
}

function configuration(spec: RedisSpec): string {
  return [
    `bind ${spec.listen.address}`,
    `port ${spec.listen.port}`,
    'protected-mode yes',
    `requirepass ${quotedValue(spec.password)}`,
    'tcp-keepalive 60',
    '# Messages between instances are passed on and kept nowhere: nothing to write to disk, nothing to evict.',
    'save ""',
    'appendonly no',
    `maxmemory ${spec.maxMemory}`,
    'maxmemory-policy noeviction',
    '# A subscriber that does not read is cut off before it fills the memory; its adapter reconnects.',
    `client-output-buffer-limit pubsub ${spec.outputBufferLimit}`,
    'dir ./',
    'daemonize no',
    'logfile ""',
    '',
  ].join('\n');
}

/** Value in double quotes for redis.conf, with an escape for each byte that is not plain ASCII. */
function quotedValue(value: string): string {
  const bytes = [...Buffer.from(value, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\x20-\x7e]/.test(character) && character !== '"' && character !== '\\'
      ? character
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${bytes.join('')}"`;
}
