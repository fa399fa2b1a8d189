import type { Construct } from 'constructs';
import type { Secret } from '../../../model/secret';
import type { Check } from '../../../validation/check';
import { secretFromFile, versionOfSecrets } from '../engine/secrets';
import type { Generation } from './generation';
import { NAME } from './settings';

/** Kind of the secret that is the URL of this platform's Redis. */
export const REDIS_SECRET = 'docker-redis';

/**
 * A secret that a container is given.
 *
 * @internal
 */
export interface SecretValue {
  readonly name: string;
  readonly value: string;
  /** Whether it is the URL of this platform's Redis. */
  readonly isRedis: boolean;
}

/**
 * A secret with its value.
 *
 * @throws ValidationError for a secret that is not in a file
 * @internal
 */
export function resolveSecret(
  check: Check,
  name: string,
  property: string,
  secret: Secret,
): SecretValue {
  return secret.kind === REDIS_SECRET
    ? { name, value: secret.reference, isRedis: true }
    : { name, value: secretFromFile(NAME, check, property, secret), isRedis: false };
}

/**
 * Part of a specification that changes with its secrets and reveals nothing about them. Through the generation it
 * changes the name of a container, because the new container is created before the old one is destroyed.
 *
 * @param redis - generation of the platform's Redis; undefined without one
 * @internal
 */
export function secretsVersion(
  scope: Construct,
  secrets: readonly SecretValue[],
  redis?: Generation,
): Record<string, string> {
  const fromFiles = secrets.filter(({ isRedis }) => !isRedis);
  const values = Object.fromEntries(fromFiles.map(({ name, value }) => [name, value]));
  return {
    ...(redis === undefined || fromFiles.length === secrets.length ? {} : { redis: redis.id }),
    ...(fromFiles.length === 0 ? {} : { secretsVersion: versionOfSecrets(scope, values) }),
  };
}
