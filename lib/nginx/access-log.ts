import type { Entry } from './directive';
import { comment, directive } from './directive';
import type { Intent } from './intent';

const FORMAT = 'aiwm';

/**
 * $uri, never $request or $args: the query of a handshake holds the session's id and often a token. And of what a
 * client can write freely nothing that could pass for another field: $ws_upgrade, not $http_upgrade.
 */
const FIELDS: readonly (readonly [name: string, value: string])[] = [
  ['time', '$time_iso8601'],
  ['client', '$remote_addr'],
  ['host', '$host'],
  ['method', '$request_method'],
  ['path', '$uri'],
  ['status', '$status'],
  ['upgrade', '$ws_upgrade'],
  ['upstream', '$upstream_addr'],
  ['upstream_status', '$upstream_status'],
  ['upstream_connect_s', '$upstream_connect_time'],
  ['upstream_header_s', '$upstream_header_time'],
  ['duration_s', '$request_time'],
  ['received_bytes', '$request_length'],
  ['sent_bytes', '$bytes_sent'],
];

/** Every line names the instance that answered. A WebSocket's line is written when it closes. */
export function accessLog({ accessLog: kind, layout }: Intent): Entry[] {
  if (kind === 'off') {
    return [directive('access_log', 'off')];
  }
  return [
    comment('Names the instance of every request, and no query: it holds session ids and tokens.'),
    comment('The line of a WebSocket is written when it closes.'),
    { name: 'log_format', args: kind === 'json' ? jsonFormat() : readableFormat(), wrapped: true },
    comment('Written a second late at the most, many lines at a time.'),
    directive('access_log', layout.accessLog, FORMAT, 'buffer=64k', 'flush=1s'),
  ];
}

function readableFormat(): string[] {
  return [
    FORMAT,
    '$remote_addr [$time_iso8601] "$request_method $host$uri" $status ',
    'upstream=$upstream_addr upstream_status=$upstream_status upgrade=$ws_upgrade ',
    'connect=$upstream_connect_time header=$upstream_header_time duration=$request_time ',
    'received=$request_length sent=$bytes_sent',
  ];
}

function jsonFormat(): string[] {
  const last = FIELDS.length - 1;
  return [
    FORMAT,
    'escape=json',
    ...FIELDS.map(
      ([name, value], index) =>
        `${index === 0 ? '{' : ''}"${name}":"${value}"${index === last ? '}' : ','}`,
    ),
  ];
}
