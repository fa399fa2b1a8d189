import type { Entry } from './directive';
import { comment, directive, map } from './directive';
import type { Intent, Limits } from './intent';
import { upgradeOnly } from './upgrade';

const CLIENT_VARIABLE = '$ws_client';
const CLIENT_KEY_VARIABLE = '$ws_client_key';
const CONNECTIONS_ZONE = 'ws_connections';
const HANDSHAKES_ZONE = 'ws_handshakes';

/** The zones and their key. An empty key is not counted, so REST calls and long-polling are free of the limits. */
export function limitZones({ limits }: Intent): Entry[] {
  return limits === undefined
    ? []
    : [
        comment(
          'Limits count WebSocket handshakes only: a request with an empty key is not counted.',
        ),
        ...clientKey(limits),
        ...(limits.connectionsPerClient === undefined
          ? []
          : [
              directive('limit_conn_zone', CLIENT_VARIABLE, `zone=${CONNECTIONS_ZONE}:10m`),
              directive('limit_conn_status', 429),
            ]),
        ...(limits.handshakesPerSecond === undefined
          ? []
          : [
              directive(
                'limit_req_zone',
                CLIENT_VARIABLE,
                `zone=${HANDSHAKES_ZONE}:10m`,
                `rate=${limits.handshakesPerSecond}r/s`,
              ),
              directive('limit_req_status', 429),
            ]),
      ];
}

/** A client that does not send what tells clients apart is told apart by its address: else it would have no limit. */
function clientKey({ key }: Limits): Entry[] {
  if (key.endsWith('remote_addr')) {
    return [upgradeOnly(CLIENT_VARIABLE, key)];
  }
  return [
    map(key, CLIENT_KEY_VARIABLE, [
      ['', '$remote_addr'],
      ['default', key],
    ]),
    upgradeOnly(CLIENT_VARIABLE, CLIENT_KEY_VARIABLE),
  ];
}

/** Directives of the limits in a WebSocket location. */
export function limitRules({ limits }: Intent): Entry[] {
  return [
    ...(limits?.connectionsPerClient === undefined
      ? []
      : [directive('limit_conn', CONNECTIONS_ZONE, limits.connectionsPerClient)]),
    ...(limits?.handshakesPerSecond === undefined
      ? []
      : [
          directive(
            'limit_req',
            `zone=${HANDSHAKES_ZONE}`,
            // nginx knows no burst of 0: it is what there is without the word.
            ...(limits.burst === 0 ? [] : [`burst=${limits.burst}`]),
            'nodelay',
          ),
        ]),
  ];
}
