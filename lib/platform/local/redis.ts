import type { Construct } from 'constructs';
import { renderSize } from '../../validation/size';
import type { Check } from '../../validation/check';
import type { RedisSpec, RunningRedis } from '../contract';
import { checkSize } from './agent-resource';
import type { LocalContext } from './local-context';
import { redisUrl, resolveSecret } from './secrets';
import { LOOPBACK } from './settings';

/**
 * Runs Redis as a process.
 *
 * @internal
 * @throws ValidationError for a second Redis on the same port
 */
export function runRedis(
  scope: Construct,
  check: Check,
  spec: RedisSpec,
  { settings, units, agent }: LocalContext,
): RunningRedis {
  const { redisPort, redisServer: program = `${spec.engine}-server` } = settings;
  const { hardBytes, softBytes, softSeconds } = spec.outputBuffer;
  const specification = {
    unit: spec.name,
    executable: program,
    address: LOOPBACK,
    port: redisPort,
    maxMemory: `${renderSize(spec.maxMemoryBytes)}b`,
    outputBufferLimit: `${renderSize(hardBytes)}b ${renderSize(softBytes)}b ${softSeconds}`,
    password:
      spec.password === undefined
        ? { kind: 'generated' }
        : resolveSecret(check, 'password', spec.password),
  };
  checkSize(check, specification);
  units.claim(check, spec.name, [
    { addresses: [LOOPBACK], port: redisPort, purpose: `the Redis ${spec.name}` },
  ]);
  agent.requireProgram(program);
  const resource = agent.bringUp(scope, 'Redis', 'redis', specification);
  return { url: redisUrl(spec.name), dependables: [resource] };
}
