import type { Check } from '../../../validation/check';
import type { RedisSpec } from '../../contract';

/** Current stable release of nginx. */
export const DEFAULT_NGINX = 'nginx:1.30';

/**
 * Image of Redis or Valkey that a platform runs by default.
 *
 * @internal
 */
export function defaultRedis({ engine }: RedisSpec): string {
  return engine === 'valkey' ? 'valkey/valkey:8.1' : 'redis:7.4';
}

/**
 * Version at the beginning of an image's tag: 1.30.4 in "nginx:1.30.4-alpine".
 *
 * @internal
 */
export function versionInTag(image: string): string | undefined {
  return /:(\d+\.\d+(?:\.\d+)?)(?:[-@].*)?$/.exec(image)?.[1];
}

/**
 * Version of the nginx in an image: the given one, or the one in the tag.
 *
 * @throws ValidationError when the tag has none either
 * @internal
 */
export function resolveNginxVersion(
  check: Check,
  image: string,
  given: string | undefined,
): string {
  const version = given ?? versionInTag(image);
  if (version === undefined) {
    check.refuse('nginxVersion', {
      problem: `the tag of "${image}" does not name the version of nginx`,
      allowed:
        'a tag that begins with the version ("nginx:1.30", "nginx:1.30.4-alpine"), or nginxVersion',
    });
  }
  return version;
}
