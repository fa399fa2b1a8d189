import type { Limits } from '../../lib/nginx/intent';
import { conf } from '../support/front/intent';

const BOTH: Limits = {
  key: '$binary_remote_addr',
  connectionsPerClient: 3,
  handshakesPerSecond: 50,
  burst: 200,
};

describe('limits', () => {
  const result = conf({ limits: BOTH });

  test('count WebSocket handshakes by their client, and nothing else', () => {
    expect(result.map('$ws_client').of).toBe('$http_upgrade');
    expect(result.lookUp('$ws_client', 'websocket')).toBe('$binary_remote_addr');
    expect(result.lookUp('$ws_client', 'h2c')).toBe('');
    expect(result.lookUp('$ws_client', '')).toBe('');
    expect(result.http.value('limit_conn_zone')).toBe('$ws_client zone=ws_connections:10m');
    expect(result.http.value('limit_req_zone')).toBe(
      '$ws_client zone=ws_handshakes:10m rate=50r/s',
    );
  });

  test('apply on the WebSocket path alone, and answer 429', () => {
    const location = result.location('/dev/aiwm/chat/');
    expect(location.value('limit_conn')).toBe('ws_connections 3');
    expect(location.value('limit_req')).toBe('zone=ws_handshakes burst=200 nodelay');
    expect(result.http.value('limit_conn_status')).toBe('429');
    expect(result.http.value('limit_req_status')).toBe('429');
    const elsewhere = result
      .deep()
      .filter(
        ({ name, within }) => /^limit_(conn|req)$/.test(name) && !within.includes('location'),
      );
    expect(elsewhere).toEqual([]);
    expect(result.location('/dev/aiwm/').has('limit_conn')).toBe(false);
  });

  test('apply to both forms of a plain WebSocket path', () => {
    const plain = conf({
      limits: BOTH,
      routes: { webSocket: { path: '/ws', engineIo: false } },
    });
    expect(plain.location('= /ws').value('limit_conn')).toBe('ws_connections 3');
    expect(plain.location('/ws/').value('limit_conn')).toBe('ws_connections 3');
  });

  test('may know clients by another variable', () => {
    const keyed = conf({ limits: { ...BOTH, key: '$http_x_user' } });
    expect(keyed.lookUp('$ws_client', 'websocket')).toBe('$ws_client_key');
    expect(keyed.lookUp('$ws_client', '')).toBe('');
    expect(keyed.map('$ws_client_key').of).toBe('$http_x_user');
    expect(keyed.lookUp('$ws_client_key', 'somebody')).toBe('$http_x_user');
  });

  test('know a client by its address that does not send what they go by', () => {
    for (const key of ['$http_x_user', '$arg_user', '$cookie_user']) {
      expect(conf({ limits: { ...BOTH, key } }).lookUp('$ws_client_key', '')).toBe('$remote_addr');
    }
    for (const key of ['$remote_addr', '$binary_remote_addr']) {
      const plain = conf({ limits: { ...BOTH, key } });
      expect(plain.lookUp('$ws_client', 'websocket')).toBe(key);
      expect(plain.mapped).not.toContain('$ws_client_key');
    }
  });
});

test.each<[string, Limits, string[]]>([
  [
    'connections alone',
    { key: '$remote_addr', connectionsPerClient: 3, burst: 0 },
    ['limit_conn_zone', 'limit_conn_status', 'limit_conn'],
  ],
  [
    'handshakes alone',
    { key: '$remote_addr', handshakesPerSecond: 5, burst: 0 },
    ['limit_req_zone', 'limit_req_status', 'limit_req'],
  ],
])('%s', (_, limits, names) => {
  const found = conf({ limits })
    .deep()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('limit_'));
  expect(found).toEqual(names);
});

test('no burst is said by saying nothing: nginx refuses "burst=0"', () => {
  const limits = { key: '$remote_addr', handshakesPerSecond: 5, burst: 0 };
  expect(conf({ limits }).location('/dev/aiwm/chat/').value('limit_req')).toBe(
    'zone=ws_handshakes nodelay',
  );
});

test('none', () => {
  const result = conf();
  expect(result.mapped).not.toContain('$ws_client');
  expect(result.deep().filter(({ name }) => name.startsWith('limit_'))).toEqual([]);
});
