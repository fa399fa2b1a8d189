import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import { Secret } from '../../../model/secret';
import { generatedPassword } from '../../../terraform/generated-password';
import type { Check } from '../../../validation/check';
import { IMAGE } from '../../../validation/text-rules';
import type { RedisSpec, RunningRedis } from '../../contract';
import { defaultRedis } from '../engine/images';
import { REDIS_PORT } from '../engine/ports';
import { REDIS_USER, redisCommand, redisHealthcheck } from '../engine/redis-command';
import { redisUrl, secretFromFile } from '../engine/secrets';
import { FRESH, freshName, swarmName } from './names';
import { pinnedImage } from './pinned-image';
import { REDIS_SECRET, secretPath } from './secrets';
import { NAME } from './settings';
import type { SwarmContext } from './swarm-context';
import { hardenedContainer, rollout, secretFile, TASK } from './task';

/** How long Redis may take to stop. */
const STOP_MS = 10_000;

/**
 * Runs the Redis of a backplane as a service.
 *
 * @throws ValidationError for an invalid image, and for a password that is not in a file
 * @internal
 */
export function runRedis(
  scope: Construct,
  check: Check,
  spec: RedisSpec,
  context: SwarmContext,
): RunningRedis {
  const { bindings, provider, network, settings } = context;
  const imageName = check.text('redisImage', settings.redisImage ?? defaultRedis(spec), IMAGE);
  const password =
    spec.password === undefined
      ? generatedPassword(scope)
      : secretFromFile(NAME, check, 'password', spec.password);
  const secret = new bindings.Secret(scope, 'PasswordSecret', {
    provider,
    name: freshName(settings.name, spec.name, 'password'),
    data: Fn.base64encode(password),
    lifecycle: FRESH,
  });
  const file = secretPath('password');
  const redis = new bindings.Service(scope, 'Redis', {
    provider,
    name: swarmName(settings.name, spec.name),
    ...rollout(
      {
        // Two of them under one name would split the instances between them.
        order: 'stop-first',
        monitorMs: settings.monitorMs,
        startTimeoutMs: 30_000,
        intervalMs: 2000,
        stopGraceMs: STOP_MS,
      },
      1,
    ),
    endpointSpec: { mode: 'dnsrr' },
    taskSpec: {
      ...TASK,
      containerSpec: {
        ...hardenedContainer(REDIS_USER, ['/tmp', '/data'], STOP_MS),
        image: pinnedImage(scope, imageName, context).reference,
        command: redisCommand(spec, REDIS_PORT, `$(cat ${file})`).entrypoint,
        secrets: [secretFile(secret, file, REDIS_USER)],
        healthcheck: redisHealthcheck(spec, `$(cat ${file})`),
      },
      networksAdvanced: [{ name: network.id, aliases: [spec.name] }],
    },
  });
  return {
    url: Secret.ofPlatform(REDIS_SECRET, redisUrl(password, spec.name, REDIS_PORT)),
    dependables: [redis],
  };
}
