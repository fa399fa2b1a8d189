import type { Check } from '../../../validation/check';
import type { PublishedPorts } from './published-ports';

/** Ports of nginx inside its container, on which an unprivileged user can listen. */
export const INSIDE_HTTP = 8080;
export const INSIDE_HTTPS = 8443;

/** Port of Redis inside its container. */
export const REDIS_PORT = 6379;

/**
 * Ports at which clients reach nginx.
 *
 * @throws ValidationError for a port out of range, and for one port that is given twice
 * @internal
 */
export function resolvePublishedPorts(
  check: Check,
  { https = 443, http = 80 }: PublishedPorts = {},
): Required<PublishedPorts> {
  check.integer('publish.https', https, 1, 65_535);
  check.integer('publish.http', http, 1, 65_535);
  if (https === http) {
    check.refuse('publish.http', {
      problem: `${http} is also the port for TLS`,
      allowed: 'two different ports',
    });
  }
  return { https, http };
}
