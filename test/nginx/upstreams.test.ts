import type { AffinityCookie, Method } from '../../lib/nginx/intent';
import { conf } from '../support/front/intent';

const COOKIE: AffinityCookie = { name: 'aiwm_srv', path: '/', sameSite: 'lax' };
const BOTH_POOLS = ['aiwm_backend_session', 'aiwm_backend'];
const HEALTH_POOL = 'aiwm_backend_health';

function withMethod(method: Method, sessionMethod?: Method, version?: string) {
  return conf({ version, upstream: { method, sessionMethod } });
}

describe('one pool', () => {
  test.each<[Method['kind'], Method, string[]]>([
    ['round-robin', { kind: 'round-robin' }, []],
    ['least-connections', { kind: 'least-connections' }, ['least_conn']],
    ['ip-hash', { kind: 'ip-hash' }, ['ip_hash']],
    ['hash', { kind: 'hash', key: '$http_x_id' }, ['hash $aiwm_affinity_key consistent']],
    ['cookie', { kind: 'cookie', cookie: COOKIE }, ['hash $aiwm_affinity consistent']],
  ])('%s', (_, method, expected) => {
    const result = withMethod(method);
    expect(result.pools).toEqual(['aiwm_backend', HEALTH_POOL]);
    expect(result.method()).toEqual(expected);
    expect(result.mapped).not.toContain('$aiwm_pool');
    expect(result.location('/dev/aiwm/chat/').value('proxy_pass')).toBe('http://aiwm_backend');
    expect(result.location('/dev/aiwm/').value('proxy_pass')).toBe('http://aiwm_backend');
  });
});

describe('two pools of the same servers, for a backplane with long-polling', () => {
  const result = withMethod({ kind: 'round-robin' }, { kind: 'ip-hash' });

  test('the first balances, the second has affinity', () => {
    expect(result.pools).toEqual([...BOTH_POOLS, HEALTH_POOL]);
    expect(result.method('aiwm_backend')).toEqual([]);
    expect(result.method('aiwm_backend_session')).toEqual(['ip_hash']);
    expect(result.pool('aiwm_backend_session').all('server')).toEqual(
      result.pool('aiwm_backend').all('server'),
    );
  });

  test('a zone of its own for each', () => {
    expect(BOTH_POOLS.map((name) => result.pool(name).value('zone'))).toEqual([
      'aiwm_backend_session 256k',
      'aiwm_backend 256k',
    ]);
  });

  test.each([
    ['a WebSocket that starts its session', 'websocket/', 'aiwm_backend'],
    ['a WebSocket that belongs to a session', 'websocket/Ab1', 'aiwm_backend_session'],
    ['the first request of long-polling', 'polling/', 'aiwm_backend_session'],
    ['a later one', 'polling/Ab1', 'aiwm_backend_session'],
    ['a request that names neither', '/', 'aiwm_backend_session'],
    ['a transport of the future', 'webtransport/', 'aiwm_backend_session'],
  ])('%s goes to its pool', (_, value, pool) => {
    expect(result.map('$aiwm_pool').of).toBe('$arg_transport/$arg_sid');
    expect(result.lookUp('$aiwm_pool', value)).toBe(pool);
  });

  test('only the WebSocket path asks the map; REST balances, health has a pool of its own', () => {
    expect(result.location('/dev/aiwm/chat/').value('proxy_pass')).toBe('http://$aiwm_pool');
    expect(result.location('= /dev/aiwm').value('proxy_pass')).toBe('http://aiwm_backend');
    expect(result.location('/dev/aiwm/').value('proxy_pass')).toBe('http://aiwm_backend');
    expect(result.location('= /dev/aiwm/health').value('proxy_pass')).toBe(
      'http://aiwm_backend_health/health',
    );
  });

  test('the affinity of the second may be any', () => {
    const hashed = withMethod({ kind: 'least-connections' }, { kind: 'hash', key: '$arg_user' });
    expect(hashed.method('aiwm_backend')).toEqual(['least_conn']);
    expect(hashed.method('aiwm_backend_session')).toEqual(['hash $aiwm_affinity_key consistent']);
    const sticky = withMethod(
      { kind: 'round-robin' },
      { kind: 'cookie', cookie: COOKIE },
      '1.29.6',
    );
    expect(sticky.method('aiwm_backend')).toEqual([]);
    expect(sticky.method('aiwm_backend_session')).toEqual([
      'sticky cookie aiwm_srv path=/ httponly secure samesite=lax',
    ]);
  });
});

test('a plain WebSocket has no sessions, and so one pool', () => {
  const result = conf({
    upstream: { method: { kind: 'round-robin' } },
    routes: { webSocket: { path: '/ws', engineIo: false } },
  });
  expect(result.pools).toEqual(['aiwm_backend']);
  expect(result.location('/ws/').value('proxy_pass')).toBe('http://aiwm_backend');
});

describe('a pool', () => {
  const order = (version: string, method: Method) =>
    withMethod(method, undefined, version)
      .pool()
      .directives.map(({ name }) => name);

  test('shares its failure counters, then chooses, then keeps connections', () => {
    const servers = ['server', 'server'];
    expect(order('1.22', { kind: 'ip-hash' })).toEqual([
      'zone',
      'ip_hash',
      ...servers,
      'keepalive',
      'keepalive_timeout',
    ]);
    expect(order('1.30', { kind: 'cookie', cookie: COOKIE })).toEqual([
      'zone',
      ...servers,
      'sticky',
      'keepalive',
      'keepalive_timeout',
    ]);
  });

  test('drops idle connections before Node.js does', () => {
    expect(conf().pool().value('keepalive_timeout')).toBe('4s');
  });

  test('says of each server how failures count', () => {
    const peers = [
      { address: '10.0.0.1:1', weight: 5 },
      { address: '10.0.0.2:1', down: true },
      { address: '[fd00::1]:1', backup: true },
      { address: 'unix:/run/a.sock', weight: 2, down: true },
    ];
    const failover = {
      maxFails: 7,
      failTimeout: '30s',
      connectTimeout: '2s',
      tries: 2,
      triesTimeout: '4s',
    };
    expect(
      conf({ upstream: { peers, failover, method: { kind: 'round-robin' } } })
        .pool()
        .all('server')
        .map((args) => args.join(' ')),
    ).toEqual([
      '10.0.0.1:1 weight=5 max_fails=7 fail_timeout=30s',
      '10.0.0.2:1 max_fails=7 fail_timeout=30s down',
      '[fd00::1]:1 max_fails=7 fail_timeout=30s backup',
      'unix:/run/a.sock weight=2 max_fails=7 fail_timeout=30s down',
    ]);
  });
});

describe('the pool for health checks', () => {
  const peers = [
    { address: '10.0.0.1:1', weight: 5 },
    { address: '10.0.0.2:1', down: true },
    { address: '[fd00::1]:1', backup: true },
  ];

  test.each<[string, Method, Method | undefined]>([
    ['round-robin', { kind: 'round-robin' }, undefined],
    ['ip_hash', { kind: 'ip-hash' }, undefined],
    ['two pools', { kind: 'least-connections' }, { kind: 'ip-hash' }],
  ])('counts no failures, chooses by none and shares nothing: %s', (_, method, sessionMethod) => {
    expect(
      conf({ upstream: { peers, method, sessionMethod } }).pool(HEALTH_POOL).directives,
    ).toEqual([
      { name: 'server', args: ['10.0.0.1:1', 'max_fails=0'] },
      { name: 'server', args: ['10.0.0.2:1', 'max_fails=0', 'down'] },
    ]);
  });

  test('is not there without a health path', () => {
    const result = conf({ routes: { webSocket: { path: '/ws', engineIo: true } } });
    expect(result.pools).toEqual(['aiwm_backend']);
  });
});

describe('hash by a value that a client sends', () => {
  const result = withMethod({ kind: 'hash', key: '$http_x_session_id' });

  test('a client that does not send it is kept by its address', () => {
    expect(result.map('$aiwm_affinity_key').of).toBe('$http_x_session_id');
    expect(result.lookUp('$aiwm_affinity_key', '')).toBe('$remote_addr');
    expect(result.lookUp('$aiwm_affinity_key', 'abc')).toBe('$http_x_session_id');
  });
});

describe('cookie', () => {
  const issued = 'f'.repeat(32);
  const cookie: AffinityCookie = {
    name: 'where',
    path: '/dev',
    domain: 'example.org',
    sameSite: 'strict',
    maxAgeSeconds: 3600,
  };

  test.each(['1.22', '1.25.0', '1.25.1', '1.29.5'])('is hashed by nginx %s', (version) => {
    const result = withMethod({ kind: 'cookie', cookie }, undefined, version);
    expect(result.method()).toEqual(['hash $aiwm_affinity consistent']);
    expect(result.map('$aiwm_affinity').of).toBe('$cookie_where');
    expect(result.lookUp('$aiwm_affinity', issued)).toBe('$cookie_where');
    expect(result.lookUp('$aiwm_affinity', '')).toBe('$request_id');
    expect(result.lookUp('$aiwm_affinity', `${issued}; evil`)).toBe('$request_id');
    expect(result.lookUp('$aiwm_affinity_cookie', issued)).toBe('');
    expect(result.lookUp('$aiwm_affinity_cookie', 'forged')).toBe(
      'where=$request_id; Max-Age=3600; Domain=example.org; Path=/dev; HttpOnly; Secure; SameSite=Strict',
    );
    expect(result.front.all('add_header')).toEqual([
      ['Set-Cookie', '$aiwm_affinity_cookie', 'always'],
    ]);
  });

  test.each(['1.29.6', '1.30', '1.31.2'])('is done by nginx %s itself', (version) => {
    const result = withMethod({ kind: 'cookie', cookie }, undefined, version);
    expect(result.method()).toEqual([
      'sticky cookie where expires=3600s domain=example.org path=/dev httponly secure samesite=strict',
    ]);
    expect(result.mapped).not.toContain('$aiwm_affinity');
    expect(result.front.has('add_header')).toBe(false);
  });

  test.each([
    ['1.22', 'where=$request_id; Path=/; HttpOnly; SameSite=Lax'],
    ['1.30', 'sticky cookie where path=/ httponly samesite=lax'],
  ])('is not Secure where clients come over plain HTTP (nginx %s)', (version, expected) => {
    const plain = { name: 'where', path: '/', sameSite: 'lax' } as const;
    const result = conf({
      version,
      tls: 'none',
      upstream: { method: { kind: 'cookie', cookie: plain } },
    });
    const said =
      version === '1.22' ? result.lookUp('$aiwm_affinity_cookie', '') : result.method()[0];
    expect(said).toBe(expected);
  });

  test('is Secure where a proxy in front speaks TLS', () => {
    const result = conf({
      tls: 'terminated-upstream',
      upstream: { method: { kind: 'cookie', cookie: COOKIE } },
    });
    expect(result.lookUp('$aiwm_affinity_cookie', '')).toContain('; Secure;');
  });
});

describe('peers that are names which are looked up again', () => {
  const peers = [
    { address: 'aiwm-1:3003', resolve: true },
    { address: 'aiwm-2:3003', resolve: true, down: true },
    { address: '10.0.0.9:3003' },
  ];
  const looked = (method: Method, version = '1.30', resolver: string | undefined = '127.0.0.11') =>
    conf({ version, layout: { resolver }, upstream: { peers, method } });

  test('are asked for again and again, in every pool; an address is not', () => {
    const result = looked({ kind: 'round-robin' });
    expect(result.http.value('resolver')).toBe('127.0.0.11 valid=3s ipv6=off');
    expect(result.http.value('resolver_timeout')).toBe('5s');
    expect(
      result
        .pool()
        .all('server')
        .map((args) => args.join(' ')),
    ).toEqual([
      'aiwm-1:3003 resolve max_fails=3 fail_timeout=10s',
      'aiwm-2:3003 resolve max_fails=3 fail_timeout=10s down',
      '10.0.0.9:3003 max_fails=3 fail_timeout=10s',
    ]);
    expect(result.pool(HEALTH_POOL).directives.map(({ args }) => args.join(' '))).toEqual([
      'aiwm_backend_health 256k',
      'aiwm-1:3003 resolve max_fails=0',
      'aiwm-2:3003 resolve max_fails=0 down',
      '10.0.0.9:3003 max_fails=0',
    ]);
  });

  test('a sticky cookie names the place in the list, not the address of the day', () => {
    const routes = (result: ReturnType<typeof conf>) =>
      result
        .pool()
        .all('server')
        .map((args) => args.find((arg) => arg.startsWith('route=')));
    expect(routes(looked({ kind: 'cookie', cookie: COOKIE }))).toEqual([
      'route=1',
      'route=2',
      'route=3',
    ]);
    // A hash goes by names of its own accord.
    expect(routes(looked({ kind: 'cookie', cookie: COOKIE }, '1.28'))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(routes(looked({ kind: 'hash', key: '$remote_addr' }))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('one that several instances share has a cookie that names the address', () => {
    const routes = (shared: typeof peers | [{ address: string; resolve: true }]) =>
      conf({
        version: '1.30',
        layout: { resolver: '127.0.0.11' },
        upstream: { peers: shared, method: { kind: 'cookie', cookie: COOKIE } },
      })
        .pool()
        .all('server')
        .map((args) => args.find((arg) => arg.startsWith('route=')));
    const [first, ...others] = peers;
    expect(routes([{ ...first!, several: true }, ...others] as typeof peers)).toEqual([
      undefined,
      'route=2',
      'route=3',
    ]);
    // A place in a list of one tells nothing apart.
    expect(routes([{ address: 'aiwm-1:3003', resolve: true }])).toEqual([undefined]);
  });

  test('the platform decides how long an answer is used', () => {
    const result = conf({
      version: '1.30',
      layout: { resolver: '127.0.0.11', resolverValid: '1s' },
      upstream: { peers, method: { kind: 'round-robin' } },
    });
    expect(result.http.value('resolver')).toBe('127.0.0.11 valid=1s ipv6=off');
  });

  test('nothing of it where no peer is one', () => {
    const result = conf({ version: '1.30', layout: { resolver: '127.0.0.11' } });
    expect(result.http.has('resolver')).toBe(false);
    expect(result.http.has('resolver_timeout')).toBe(false);
    expect(result.pool(HEALTH_POOL).has('zone')).toBe(false);
  });
});
