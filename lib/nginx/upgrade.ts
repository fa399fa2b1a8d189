import type { Entry } from './directive';
import { comment, directive, map } from './directive';

const WEBSOCKET = '~*^websocket$';

/**
 * Headers of an upgrade that are forwarded. Only `websocket` is: `Upgrade: $http_upgrade` would let h2c through.
 * A plain request gets an empty Connection header, because `close` there ends every kept-alive connection.
 */
export function upgradeMaps(): Entry[] {
  return [
    comment('Only a WebSocket upgrade is forwarded. Other requests carry no Connection header,'),
    comment('so that connections to the instances are kept alive.'),
    map('$http_upgrade', '$ws_upgrade', [
      [WEBSOCKET, 'websocket'],
      ['default', ''],
    ]),
    map('$http_upgrade', '$ws_connection', [
      [WEBSOCKET, 'upgrade'],
      ['default', ''],
    ]),
  ];
}

export function upgradeHeaders(): Entry[] {
  return [
    directive('proxy_http_version', '1.1'),
    directive('proxy_set_header', 'Upgrade', '$ws_upgrade'),
    directive('proxy_set_header', 'Connection', '$ws_connection'),
  ];
}

/** A value for WebSocket handshakes and nothing for all other requests. */
export function upgradeOnly(variable: string, value: string): Entry {
  return map('$http_upgrade', variable, [
    [WEBSOCKET, value],
    ['default', ''],
  ]);
}
