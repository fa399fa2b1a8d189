import type { Routes } from '../../lib/nginx/intent';
import { conf } from '../support/front/intent';

const FORWARDED = [
  ['Host', '$host$aiwm_port'],
  ['X-Real-IP', '$remote_addr'],
  ['X-Forwarded-For', '$remote_addr'],
  ['X-Forwarded-Proto', '$scheme'],
  ['X-Forwarded-Host', '$host$aiwm_port'],
  ['X-Forwarded-Port', '8443'],
  ['Forwarded', ''],
  ['Upgrade', '$ws_upgrade'],
  ['Connection', '$ws_connection'],
];

describe('what the instances are told', () => {
  test('is said once, at the server, so that every location inherits it', () => {
    const result = conf();
    expect(result.front.all('proxy_set_header')).toEqual(FORWARDED);
    expect(result.front.value('proxy_http_version')).toBe('1.1');
    const elsewhere = result
      .deep()
      .filter(({ name, within }) => name === 'proxy_set_header' && within.includes('location'));
    expect(elsewhere).toEqual([]);
  });

  test('behind a proxy that speaks TLS: https', () => {
    const headers = conf({ tls: 'terminated-upstream' }).front.all('proxy_set_header');
    expect(headers).toContainEqual(['X-Forwarded-Proto', 'https']);
  });

  test.each([
    ['served', '9443'],
    ['terminated-upstream', '443'],
    ['none', '9080'],
  ] as const)('the port is the one that clients use (TLS %s)', (tls, port) => {
    const { front } = conf({ tls, layout: { publicHttpsPort: 9443, publicHttpPort: 9080 } });
    expect(front.all('proxy_set_header')).toContainEqual(['X-Forwarded-Port', port]);
  });
});

describe('the port that the client called', () => {
  const portOf = (tls: 'served' | 'none' | 'terminated-upstream', host: string, called: string) => {
    const { of, entries } = conf({ tls }).map('$aiwm_port');
    expect(of).toBe('$host|$http_host');
    for (const [pattern, value] of Object.entries(entries)) {
      const regex = new RegExp(pattern.replace(/^~\*?/, ''), 'i');
      const match = regex.exec(`${host}|${called}`);
      if (match !== null) {
        return value === '' ? '' : match.groups!.aiwm_port_called;
      }
    }
    return '';
  };

  test.each([
    ['served', 'a.example', 'a.example:8443', ':8443'],
    ['served', 'a.example', 'A.Example:8443', ':8443'],
    ['served', 'a.example', 'a.example.:8443', ':8443'],
    ['served', '[::1]', '[::1]:8443', ':8443'],
    ['served', 'a.example', 'a.example', ''],
    ['served', 'a.example', 'a.example:443', ''],
    ['served', 'a.example', 'a.example:80', ':80'],
    ['terminated-upstream', 'a.example', 'a.example:443', ''],
    ['none', 'a.example', 'a.example:80', ''],
    ['none', 'a.example', 'a.example:443', ':443'],
    ['none', 'a.example', '', ''],
    ['none', 'a.example', 'b.example:8080', ''],
    ['none', 'a.example', 'xa.example:8080', ''],
    ['none', 'a.example', 'a.example:8080x', ''],
    ['none', 'a.example', 'a.example:', ''],
    ['none', 'a.example', 'a.example:123456', ''],
    ['none', 'a.example', 'a.example:8080, b.example:9090', ''],
  ] as const)('TLS %s, %s, called as %j: %j', (tls, host, called, port) => {
    expect(portOf(tls, host, called)).toBe(port);
  });
});

describe('an upgrade', () => {
  const result = conf();

  test.each([
    ['websocket', 'websocket', 'upgrade'],
    ['WebSocket', 'websocket', 'upgrade'],
    ['h2c', '', ''],
    ['websocket, h2c', '', ''],
    ['', '', ''],
  ])('to %j is forwarded as %j', (asked, upgrade, connection) => {
    expect(result.map('$ws_upgrade').of).toBe('$http_upgrade');
    expect(result.map('$ws_connection').of).toBe('$http_upgrade');
    expect(result.lookUp('$ws_upgrade', asked)).toBe(upgrade);
    expect(result.lookUp('$ws_connection', asked)).toBe(connection);
  });
});

describe('the address of the client', () => {
  test('is that of the connection when no proxy is trusted', () => {
    const { front } = conf();
    expect(front.has('set_real_ip_from')).toBe(false);
    expect(front.has('real_ip_header')).toBe(false);
  });

  test('is what a trusted proxy says, and the last one that is not trusted', () => {
    const { front } = conf({ trustedProxies: ['10.0.0.0/8', 'fd00::/8'] });
    expect(front.all('set_real_ip_from')).toEqual([['10.0.0.0/8'], ['fd00::/8']]);
    expect(front.value('real_ip_header')).toBe('X-Forwarded-For');
    expect(front.value('real_ip_recursive')).toBe('on');
  });

  test('is the last one of all behind a load balancer with no proxy before it, whose neighbor a client may be', () => {
    const { front } = conf({ trustedProxies: ['10.0.0.0/8'], proxiesInRow: false });
    expect(front.value('real_ip_recursive')).toBe('off');
  });

  test('may come by the PROXY protocol, which then every listener of clients speaks', () => {
    const result = conf({ trustedProxies: ['10.0.0.0/8'], proxyProtocol: true });
    expect(result.front.value('real_ip_header')).toBe('proxy_protocol');
    const listeners = result.servers.flatMap((server) => server.all('listen'));
    for (const [address, ...words] of listeners) {
      expect([address, words.includes('proxy_protocol')]).toEqual([
        address,
        address !== 'unix:status.sock',
      ]);
    }
  });
});

test('another instance is tried when one fails, so often and so long', () => {
  const result = conf({
    upstream: {
      failover: {
        maxFails: 1,
        failTimeout: '5s',
        connectTimeout: '700ms',
        tries: 4,
        triesTimeout: '3s',
      },
    },
  });
  const { front } = result;
  expect(front.value('proxy_connect_timeout')).toBe('700ms');
  expect(front.value('proxy_next_upstream')).toBe('error timeout');
  expect(front.value('proxy_next_upstream_tries')).toBe('4');
  expect(front.value('proxy_next_upstream_timeout')).toBe('3s');
  expect(front.value('proxy_socket_keepalive')).toBe('on');
});

describe('an answer of 502, 503 or 504', () => {
  const ANSWERS = 'error timeout http_502 http_503 http_504';
  const failing = (routes?: Routes) => {
    const { front } = conf(routes && { routes });
    const locations = front.all('location').map((args) => args.join(' '));
    return locations.filter(
      (path) =>
        front
          .block('location', ...path.split(' '))
          .all('proxy_next_upstream')
          .flat()
          .join(' ') === ANSWERS,
    );
  };

  test('to a WebSocket or a health check has another instance tried; to REST it is the answer', () => {
    expect(failing()).toEqual(['/dev/aiwm/chat/', '= /dev/aiwm/health', '= /dev/aiwm/health/']);
    const rest = conf().location('/dev/aiwm/');
    expect(rest.has('proxy_next_upstream')).toBe(false);
  });

  test.each<[string, Routes, string[]]>([
    [
      'a plain WebSocket path',
      { webSocket: { path: '/ws', engineIo: false }, rest: '' },
      ['= /ws', '/ws/'],
    ],
    [
      'a mapped engine path',
      { webSocket: { path: '/ws', engineIo: true, enginePath: '/socket.io/' }, rest: '/api' },
      ['= /ws/'],
    ],
  ])('%s', (_, routes, expected) => {
    expect(failing(routes)).toEqual(expected);
  });
});
