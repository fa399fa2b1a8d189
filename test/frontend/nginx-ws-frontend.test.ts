import { TerraformStack } from 'cdktf';
import {
  AccessLog,
  AiwmRoutes,
  Balancing,
  ErrorPages,
  NginxWsFrontend,
  TlsCertificate,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { Construct } from 'constructs';
import { FrontConf } from '../support/front/nginx-tree';
import { Site, newApp, servers } from '../support/stack/site';

function conf(props: Partial<NginxWsFrontendProps> = {}): FrontConf {
  return Site.alone().conf(props);
}

describe('URLs', () => {
  test.each<[string, LocalPlatformProps, Partial<NginxWsFrontendProps>, string, string]>([
    [
      'plain HTTP',
      {},
      {},
      'http://chat.example.org:8080',
      'ws://chat.example.org:8080/dev/aiwm/chat/',
    ],
    [
      'TLS',
      {},
      { tls: TlsCertificate.selfSigned() },
      'https://chat.example.org:8443',
      'wss://chat.example.org:8443/dev/aiwm/chat/',
    ],
    [
      'usual ports',
      { httpsPort: 443, httpPort: 80 },
      { tls: TlsCertificate.fromFiles('a.pem', 'b.pem') },
      'https://chat.example.org',
      'wss://chat.example.org/dev/aiwm/chat/',
    ],
    [
      'TLS in front of nginx',
      {},
      { tls: TlsCertificate.terminatedUpstream(), trustedProxies: ['10.0.0.1'] },
      'https://chat.example.org',
      'wss://chat.example.org/dev/aiwm/chat/',
    ],
    [
      'a plain WebSocket path',
      {},
      { routes: AiwmRoutes.webSocketOnly('/ws') },
      'http://chat.example.org:8080',
      'ws://chat.example.org:8080/ws',
    ],
    [
      'the root',
      {},
      { routes: AiwmRoutes.socketIo({ webSocket: '/' }) },
      'http://chat.example.org:8080',
      'ws://chat.example.org:8080/',
    ],
  ])('%s', (_, platform, props, url, webSocketUrl) => {
    const site = Site.alone();
    const front = site.front({ platform: site.platform(platform), ...props });
    expect(front.url).toBe(url);
    expect(front.webSocketUrl).toBe(webSocketUrl);
    expect(front.urlOutput.value).toBe(url);
    expect(front.webSocketUrlOutput.value).toBe(webSocketUrl);
  });
});

describe('an explicit choice is rendered as given', () => {
  test('nothing: the routes of the guide, its timeouts where they are right, a log, error pages', () => {
    const result = conf();
    expect(result.locations).toEqual([
      '= /dev/aiwm/chat',
      '/dev/aiwm/chat/',
      '= /dev/aiwm',
      '/dev/aiwm/',
      '= /dev/aiwm/health',
      '= /dev/aiwm/health/',
      '@chat_unavailable',
      '/',
    ]);
    expect(result.location('/dev/aiwm/chat/').value('proxy_read_timeout')).toBe('7d');
    expect(result.location('/dev/aiwm/').value('proxy_read_timeout')).toBe('60s');
    expect(result.front.value('proxy_connect_timeout')).toBe('5s');
    expect(result.front.value('client_max_body_size')).toBe('2m');
    expect(result.value('worker_shutdown_timeout')).toBe('1h');
    expect(result.block('events').value('worker_connections')).toBe('21024');
  });

  test('a server by a name with underscores, as Docker Compose gives them', () => {
    const upstream = servers(['chat_service_1:3003', 'aiwm_1.my_net:80']);
    expect(
      conf({ upstream })
        .pool()
        .all('server')
        .map(([address]) => address),
    ).toEqual(['chat_service_1:3003', 'aiwm_1.my_net:80']);
  });

  test.each<[string, Partial<NginxWsFrontendProps>]>([
    ['plain HTTP', {}],
    [
      'TLS in front of nginx',
      { tls: TlsCertificate.terminatedUpstream(), trustedProxies: ['10.0.0.1'] },
    ],
  ])('an address as a name, which %s can have', (_, props) => {
    const { front } = conf({ serverName: '192.0.2.7', alternativeNames: ['10.0.0.9'], ...props });
    expect(front.value('server_name')).toBe('192.0.2.7 10.0.0.9');
  });

  test('the most connections there can be', () => {
    const upstream = servers(['unix:/run/a.sock']);
    const result = conf({ expectedConnections: 500_000, upstream });
    expect(Number(result.block('events').value('worker_connections'))).toBeGreaterThan(1_000_000);
  });

  test('names', () => {
    const { front } = conf({ alternativeNames: ['www.example.org', '*.chat.example.org'] });
    expect(front.value('server_name')).toBe('chat.example.org www.example.org *.chat.example.org');
  });

  test('failover', () => {
    const result = conf({
      failover: { maxFails: 0, failTimeout: '1m30s', connectTimeout: '1500ms', tries: 3 },
    });
    expect(result.pool().all('server')).toEqual([
      ['10.0.0.1:3003', 'max_fails=0', 'fail_timeout=1m30s'],
    ]);
    expect(result.front.value('proxy_connect_timeout')).toBe('1500ms');
    // No longer than the tries themselves can take.
    expect(result.front.value('proxy_next_upstream_timeout')).toBe('5s');
  });

  test('limits, with a burst of four times the rate', () => {
    const location = conf({ limits: { connectionsPerClient: 9, handshakesPerSecond: 5 } }).location(
      '/dev/aiwm/chat/',
    );
    expect(location.value('limit_conn')).toBe('ws_connections 9');
    expect(location.value('limit_req')).toBe('zone=ws_handshakes burst=20 nodelay');
  });

  test('routes with an engine path of the servers', () => {
    const result = conf({
      upstream: servers(['10.0.0.1:1'], { enginePath: '/socket.io', healthPath: '/healthz' }),
      routes: AiwmRoutes.socketIo({ webSocket: '/chat/', health: '/up' }),
    });
    expect(result.locations).toEqual([
      '= /chat',
      '= /chat/',
      '= /up',
      '= /up/',
      '@chat_unavailable',
      '/',
    ]);
    expect(result.location('= /chat/').value('rewrite')).toBe('^ /socket.io/ break');
    expect(result.location('= /up').value('proxy_pass')).toBe('http://aiwm_backend_health/healthz');
  });

  test('an engine path that is the public one needs no mapping, with or without a slash', () => {
    for (const enginePath of ['/chat', '/chat/', undefined]) {
      const result = conf({
        upstream: servers(['10.0.0.1:1'], { enginePath }),
        routes: AiwmRoutes.socketIo({ webSocket: '/chat' }),
      });
      expect(result.locations).toContain('/chat/');
    }
  });

  test.each<[string, Partial<NginxWsFrontendProps>, (conf: FrontConf) => unknown, unknown]>([
    ['no log', { accessLog: AccessLog.OFF }, ({ http }) => http.value('access_log'), 'off'],
    [
      'a log of JSON',
      { accessLog: AccessLog.JSON },
      ({ http }) => http.all('log_format')[0]![1],
      'escape=json',
    ],
    [
      'no error pages',
      { errorPages: ErrorPages.off() },
      ({ locations }) => locations.filter((path) => path.startsWith('@')),
      [],
    ],
    [
      'an error page',
      { errorPages: ErrorPages.json({ unavailable: '{"a":1}', retryAfter: 60 }) },
      (result) => result.location('@chat_unavailable').all('return'),
      [['503', '{"a":1}']],
    ],
    [
      'a body size',
      { maxBodySize: '10m' },
      ({ front }) => front.value('client_max_body_size'),
      '10m',
    ],
    [
      'a REST timeout',
      { timeouts: { rest: '5s' } },
      (result) => result.location('/dev/aiwm/').value('proxy_read_timeout'),
      '5s',
    ],
    [
      'HSTS for a year',
      { tls: TlsCertificate.selfSigned(), hsts: {} },
      ({ front }) => front.all('add_header'),
      [['Strict-Transport-Security', 'max-age=31536000', 'always']],
    ],
    [
      'HSTS behind a proxy',
      {
        tls: TlsCertificate.terminatedUpstream(),
        trustedProxies: ['10.0.0.1'],
        hsts: { maxAge: '1d', includeSubDomains: true },
      },
      ({ front }) => front.all('add_header'),
      [['Strict-Transport-Security', 'max-age=86400; includeSubDomains', 'always']],
    ],
    [
      'a cookie that lives',
      { balancing: Balancing.cookie({ maxAge: '1h' }) },
      (result) => result.lookUp('$aiwm_affinity_cookie', ''),
      'aiwm_srv=$request_id; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'the version of its own nginx',
      { nginxVersion: '1.30', balancing: Balancing.cookie() },
      (result) => result.method(),
      ['sticky cookie aiwm_srv path=/ httponly samesite=lax'],
    ],
    [
      'no HTTP/2',
      { tls: TlsCertificate.selfSigned(), http2: false },
      ({ front }) => front.all('listen')[0],
      ['127.0.0.1:8443', 'ssl', 'so_keepalive=60s:15s:4'],
    ],
    ['a drain timeout', { drainTimeout: '5s' }, (c) => c.value('worker_shutdown_timeout'), '5s'],
  ])('%s', (_, props, ask, answer) => {
    expect(ask(conf(props))).toEqual(answer);
  });
});

describe('the heartbeat of a cluster', () => {
  test('tightens the timeout of WebSockets, with a margin', () => {
    const site = Site.alone();
    const result = site.conf({
      cluster: site.cluster({ heartbeat: { interval: '10s', timeout: '5500ms' } }),
    });
    expect(result.location('/dev/aiwm/chat/').value('proxy_read_timeout')).toBe('46s');
  });

  test('leaves a timeout that a user gives', () => {
    const site = Site.alone();
    const result = site.conf({
      cluster: site.cluster({ heartbeat: { interval: '10s', timeout: '5s' } }),
      timeouts: { webSocket: '16s' },
    });
    expect(result.location('/dev/aiwm/chat/').value('proxy_read_timeout')).toBe('16s');
  });

  test('does not concern a plain WebSocket path', () => {
    const result = conf({
      routes: AiwmRoutes.webSocketOnly('/ws'),
      timeouts: { webSocket: '10s' },
    });
    expect(result.location('/ws/').value('proxy_read_timeout')).toBe('10s');
  });
});

describe('a cluster', () => {
  test('lists its instances in order, drained ones marked down', () => {
    const site = Site.alone();
    const result = site.conf({ cluster: site.cluster({ drained: ['2'] }) });
    expect(
      result
        .pool()
        .all('server')
        .map(([address, , , down]) => [address, down]),
    ).toEqual([
      ['127.0.0.1:3003', undefined],
      ['127.0.0.1:3004', 'down'],
      ['127.0.0.1:3005', undefined],
    ]);
  });

  test('gives its health path and its engine path', () => {
    const site = Site.alone();
    const result = site.conf({
      cluster: site.cluster({ enginePath: '/engine', health: { path: '/up' } }),
    });
    expect(result.location('= /dev/aiwm/chat/').value('rewrite')).toBe('^ /engine/ break');
    expect(result.location('= /dev/aiwm/health').value('proxy_pass')).toBe(
      'http://aiwm_backend_health/up',
    );
  });

  test('is served on its own platform, which may be named', () => {
    const site = Site.alone();
    const front = site.front({
      platform: site.platform({ httpPort: 80 }),
      cluster: site.cluster(),
    });
    expect(front.url).toBe('http://chat.example.org');
  });
});

describe('platforms', () => {
  describe('one that hides clients’ addresses', () => {
    const hidden = (build: (site: Site) => Partial<NginxWsFrontendProps>) => {
      const site = Site.alone();
      Object.assign(site.platform().traits, { seesClientAddresses: false });
      return site.conf(build(site));
    };
    const COOKIE = ['hash $aiwm_affinity consistent'];

    test('keeps a client on its instance by a cookie', () => {
      const result = hidden(() => ({}));
      expect(result.method()).toEqual(COOKIE);
      expect(result.map('$aiwm_affinity').of).toBe('$cookie_aiwm_srv');
      expect(result.front.all('add_header')).toContainEqual([
        'Set-Cookie',
        '$aiwm_affinity_cookie',
        'always',
      ]);
    });

    test.each<[string, Balancing | undefined]>([
      ['nothing', undefined],
      ['round-robin', Balancing.roundRobin()],
    ])('and the sessions of long-polling, with a backplane and %s asked for', (_, balancing) => {
      const result = hidden((site) => ({
        cluster: site.cluster({ backplane: site.backplane() }),
        balancing,
      }));
      expect(result.method()).toEqual([]);
      expect(result.method('aiwm_backend_session')).toEqual(COOKIE);
    });

    test.each<[string, Balancing]>([
      ['for all', Balancing.ipHash()],
      [
        'for the sessions of long-polling',
        Balancing.roundRobin({ sessionAffinity: Balancing.ipHash() }),
      ],
    ])('fails when ip_hash is asked for %s', (_, balancing) => {
      expect(() => hidden(() => ({ upstream: withBackplane, balancing }))).toThrow(
        'Stack/Frontend: balancing: LocalPlatform hides the addresses of clients, so ip_hash would send all of them to one instance.\n' +
          'Allowed: Balancing.cookie(), Balancing.hash(…), or trustedProxies that report the client address.',
      );
    });

    test('has ip_hash again behind a proxy that names them', () => {
      const trustedProxies = ['10.0.0.0/8'];
      expect(hidden(() => ({ trustedProxies })).method()).toEqual(['ip_hash']);
      const balancing = Balancing.ipHash();
      expect(hidden(() => ({ trustedProxies, balancing })).method()).toEqual(['ip_hash']);
    });

    const withBackplane = servers(['10.0.0.1:3003'], { backplane: true });
  });

  test('nginx listens on each of its addresses, in its notation', () => {
    const site = Site.alone();
    const addresses = ['127.0.0.1', '::1'];
    const result = site.conf({ platform: site.platform({ addresses }) });
    expect(result.front.all('listen').map(([listen]) => listen)).toEqual([
      '127.0.0.1:8080',
      '[::1]:8080',
    ]);
  });
});

test('ids may contain any character; the first line contains printable ones only', () => {
  const stack = new TerraformStack(newApp(), 'Stack');
  const scope = new Construct(stack, 'Chat "${x}";\nö');
  const [line] = new NginxWsFrontend(scope, 'Frontend', {
    platform: new LocalPlatform(stack, 'Platform'),
    upstream: servers(['10.0.0.1:1']),
    serverName: 'a.example.org',
  }).configuration.split('\n');
  expect(line).toBe(
    '# Stack/Chat ___x____ö/Frontend: rendered by cdktf-aiwm. Change the stack, not this file.',
  );
});
