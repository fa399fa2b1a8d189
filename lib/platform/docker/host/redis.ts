import type { Construct } from 'constructs';
import { Secret } from '../../../model/secret';
import { generatedPassword } from '../../../terraform/generated-password';
import type { Check } from '../../../validation/check';
import { IMAGE } from '../../../validation/text-rules';
import type { RedisSpec, RunningRedis } from '../../contract';
import { hardened } from '../engine/hardening';
import { defaultRedis } from '../engine/images';
import { REDIS_PORT } from '../engine/ports';
import { REDIS_USER, redisCommand, redisHealthcheck } from '../engine/redis-command';
import { redisUrl } from '../engine/secrets';
import { attachment, type DockerContext, STOP_SECONDS } from './docker-context';
import { fresh, freshDigits } from './fresh';
import { Generation } from './generation';
import { REDIS_SECRET, resolveSecret, secretsVersion } from './secrets';

/**
 * A Redis with the generation that its URL belongs to.
 *
 * @internal
 */
export interface RedisOfGeneration {
  readonly running: RunningRedis;
  readonly generation: Generation;
}

/**
 * Runs the Redis of a backplane in a container.
 *
 * @throws ValidationError for an invalid image, and for a password that is not in a file
 * @internal
 */
export function runRedis(
  scope: Construct,
  check: Check,
  spec: RedisSpec,
  context: DockerContext,
): RedisOfGeneration {
  const { bindings, provider, settings } = context;
  const { name, subnet, redisImage } = settings;
  const image = check.text('redisImage', redisImage ?? defaultRedis(spec), IMAGE);
  const given =
    spec.password === undefined
      ? undefined
      : resolveSecret(check, 'password', 'password', spec.password);
  const password = given?.value ?? generatedPassword(scope);
  const command = redisCommand(spec, REDIS_PORT);
  const generation = new Generation({
    image,
    command,
    subnet: subnet.cidr,
    ...(given === undefined ? {} : secretsVersion(scope, [given])),
  });
  // Redis of another generation runs beside this one for a while, and no instance may connect to it.
  const alias = `${spec.name}-${generation.id}`;
  const redis = new bindings.Container(scope, 'Redis', {
    provider,
    name: `${name}-${spec.name}-${freshDigits(spec.name)}`,
    image,
    ...command,
    env: [`AIWM_REDIS_PASSWORD=${password}`],
    networksAdvanced: attachment(context, alias),
    healthcheck: redisHealthcheck(spec),
    wait: true,
    waitTimeout: 60,
    destroyGraceSeconds: STOP_SECONDS,
    user: REDIS_USER,
    labels: generation.labels,
    lifecycle: fresh('name'),
    ...hardened([], ['/tmp', '/data']),
  });
  const url = Secret.ofPlatform(REDIS_SECRET, redisUrl(password, alias, REDIS_PORT));
  return { running: { url, dependables: [redis] }, generation };
}
