import type { Entry } from './directive';
import { block, comment, directive, map } from './directive';
import type { Intent } from './intent';

const ALLOWED_VARIABLE = '$origin_allowed';

/**
 * Browsers send cookies with a WebSocket handshake from any page, and CORS does not apply to it. Native
 * clients send no Origin; they cannot be made to by a foreign page.
 */
export function originMap({ allowedOrigins }: Intent): Entry[] {
  return allowedOrigins === undefined
    ? []
    : [
        comment('Pages that may open a WebSocket. Native clients send no Origin.'),
        map('$http_origin', ALLOWED_VARIABLE, [
          ['', '1'],
          ...allowedOrigins.map((origin): [string, string] => [originKey(origin), '1']),
          ['default', '0'],
        ]),
      ];
}

export function originRule({ allowedOrigins }: Intent): Entry[] {
  return allowedOrigins === undefined
    ? []
    : [block('if', [`(${ALLOWED_VARIABLE}`, '=', '0)'], [directive('return', 403)])];
}

/** `https://*.example.org` stands for every name below example.org. */
function originKey(origin: string): string {
  const [scheme, host] = origin.split('://*.');
  return host === undefined
    ? origin
    : `~*^${scheme}://(?:[a-z0-9-]+\\.)+${host.replace(/\./g, '\\.')}$`;
}
