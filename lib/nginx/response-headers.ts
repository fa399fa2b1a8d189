import { cookieHeaders } from './affinity-cookie';
import type { Directive } from './directive';
import { directive } from './directive';
import type { Intent } from './intent';

/** Headers of every answer. */
export function responseHeaders(intent: Intent): Directive[] {
  return [...strictTransportSecurity(intent), ...cookieHeaders(intent)];
}

/**
 * A location with an add_header of its own inherits none of the server's, so such a location has to say all of
 * them again: these, and the user's own.
 */
export function repeatedHeaders(intent: Intent): Directive[] {
  const own = intent.ownDirectives.server.filter(({ name }) => name === 'add_header');
  return [...responseHeaders(intent), ...own];
}

function strictTransportSecurity({ hsts }: Intent): Directive[] {
  if (hsts === undefined) {
    return [];
  }
  const value = [
    `max-age=${hsts.maxAgeSeconds}`,
    ...(hsts.includeSubDomains ? ['includeSubDomains'] : []),
    ...(hsts.preload ? ['preload'] : []),
  ].join('; ');
  return [directive('add_header', 'Strict-Transport-Security', value, 'always')];
}
