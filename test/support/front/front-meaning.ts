// What must hold for every front, and what a front must say for what was asked of it.
import { ClientTransport } from 'cdktf-aiwm';
import type { Affinity, AskedFront } from './accepted-front';
import type { Block, FrontConf } from './nginx-tree';

/** nginx's own variables that the library uses. */
const BUILT_IN =
  /^\$(host|remote_addr|binary_remote_addr|scheme|uri|request_uri|request_id|request_method|request_time|request_length|status|bytes_sent|time_iso8601|upstream_\w+|sent_http_set_cookie|http_\w+|arg_\w+|cookie_\w+)$/;

/** What a log must not hold: queries and credentials. */
const SECRETIVE = /\$(args|query_string|arg_\w+|request|request_uri|http_\w+|cookie_\w+)\b/;

/** Answers of an instance for which another one is tried, where they are not the service's own. */
const UNAVAILABLE = 'error timeout http_502 http_503 http_504';

const HEALTH_POOL = 'aiwm_backend_health';
const REST_POOL = 'aiwm_backend_rest';
const UNASKED_POOL = 'aiwm_backend_unasked';
const QUESTION = '= aiwm:ask';

const STICKY_FROM = [1, 29, 6];
const HTTP2_DIRECTIVE_FROM = [1, 25, 1];

/** Says in jest's way how two values differ; thousands of values that do not are compared faster than that. */
function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    expect(actual).toEqual(expected);
  }
}

/** Holds whatever was asked for. */
export function expectSound(conf: FrontConf): void {
  const all = conf.deep();

  // The question alone has headers of its own, and nothing of a client's.
  const questions = conf.locations.filter((path) => path === QUESTION).length;
  const inLocations = all.filter(({ within }) => within.includes('location'));
  same(
    inLocations.filter(({ name }) => name === 'proxy_set_header').map(({ args }) => args[0]),
    questions === 0 ? [] : ['Host', 'Connection', 'Content-Length'],
  );
  if (questions > 0) {
    const question = conf.location(QUESTION);
    for (const name of ['proxy_pass_request_headers', 'proxy_pass_request_body', 'access_log']) {
      same(question.value(name), 'off');
    }
    same(question.has('internal'), true);
    expectGroups(conf);
  }
  same(
    conf.front.all('proxy_set_header').map(([name]) => name),
    [
      'Host',
      'X-Real-IP',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'X-Forwarded-Port',
      'Forwarded',
      'Upgrade',
      'Connection',
    ],
  );
  same(conf.lookUp('$ws_upgrade', 'h2c'), '');
  same(conf.lookUp('$ws_connection', ''), '');

  for (const pool of chosenPools(conf)) {
    const names = conf.pool(pool).directives.map(({ name }) => name);
    same(names[0], 'zone');
    expect(names.indexOf('keepalive')).toBeGreaterThan(names.lastIndexOf('server'));
  }

  const [ambiguous, ...others] = conf.front.directives.filter(({ name }) => name === 'if');
  same(others, []);
  same(ambiguous?.args.slice(0, 2), ['($request_uri', '~*']);
  same(ambiguous?.block, [{ name: 'return', args: ['400'] }]);

  const proxied = conf.front.blocks('location').filter((location) => location.has('proxy_pass'));
  expect(proxied.length).toBeGreaterThan(0);
  for (const location of proxied) {
    expectTargetToExist(conf, location.value('proxy_pass'));
    same(location.has('proxy_read_timeout'), true);
  }
  for (const { args } of all.filter(({ name }) => name === 'error_page')) {
    expect(conf.locations).toContain(args.at(-1));
  }
  expect(conf.locations).toContain('/');
  same(new Set(conf.locations).size, conf.locations.length);

  const everywhere = conf.front.all('add_header');
  for (const location of conf.front.blocks('location').filter((each) => each.has('add_header'))) {
    same(location.all('add_header').slice(0, everywhere.length), everywhere);
  }

  const logged = conf.http.all('log_format').flat().join(' ');
  expect(logged).not.toMatch(SECRETIVE);

  const set = all.filter(({ name }) => name === 'set' || name === 'auth_request_set');
  const known = new Set([
    ...conf.mapped,
    ...set.map(({ args }) => args[0]!),
    '$aiwm_last',
    '$aiwm_port_called',
  ]);
  const unknown = all
    .filter(({ name }) => name !== 'add_header')
    .flatMap(({ args }) => args.join(' ').match(/\$[a-z]\w*/gi) ?? [])
    .filter((used) => !BUILT_IN.test(used) && !known.has(used));
  same(unknown, []);
}

function expectTargetToExist(conf: FrontConf, target: string): void {
  const upstream = target.replace(/^http:\/\//, '').replace(/\/.*/, '');
  const copied = upstream === '$aiwm_asked_pool' ? '$aiwm_pool' : upstream;
  const pools = copied.startsWith('$') ? Object.values(conf.map(copied).entries) : [copied];
  same(
    pools.filter((pool) => !conf.pools.includes(pool) && !pool.startsWith('$aiwm_')),
    [],
  );
}

/** A group is one instance, which stays in service whatever happens. */
function expectGroups(conf: FrontConf): void {
  const { entries } = conf.map('$aiwm_instance');
  for (const [address, group] of Object.entries(entries)) {
    if (address === 'default') {
      same(group, '$aiwm_answered');
      continue;
    }
    const [one, ...others] = conf.pool(group).all('server');
    same(one, [address, 'max_fails=0']);
    same(
      others.filter((words) => !words.includes('backup') || !words.includes('max_fails=0')),
      [],
    );
  }
}

/** The pools that nginx chooses from. */
function chosenPools(conf: FrontConf): string[] {
  return conf.pools.filter((pool) => pool !== HEALTH_POOL && !/_\d+$/.test(pool));
}

/** Those of them that WebSockets ask, or where nobody is asked, go to. */
function clientPools(conf: FrontConf): string[] {
  return chosenPools(conf).filter((pool) => pool !== REST_POOL && pool !== UNASKED_POOL);
}

/** Holds because it was asked for. */
export function expectSays(conf: FrontConf, asked: AskedFront): void {
  const { props } = asked;
  expectNames(conf, asked);
  expectListeners(conf, asked);
  expectServers(conf, asked);
  expectBalancing(conf, asked);
  expectRoutes(conf, asked);
  expectOwnHeaders(conf, asked);
  expectPublicPort(conf, asked);

  const webSocket = webSocketLocation(conf, asked);
  if (asksFirst(asked)) {
    same(webSocket.value('auth_request'), 'aiwm:ask');
    same(webSocket.has('proxy_next_upstream'), false);
  } else {
    same(webSocket.value('proxy_next_upstream'), UNAVAILABLE);
  }
  same(conf.front.value('proxy_next_upstream'), 'error timeout');
  const timeout = props.timeouts?.webSocket ?? '7d';
  same(webSocket.value('proxy_read_timeout'), timeout);
  same(webSocket.value('proxy_send_timeout'), timeout);
  same(conf.front.value('client_max_body_size'), props.maxBodySize ?? '2m');
  same(conf.value('worker_shutdown_timeout'), props.drainTimeout ?? '1h');
  expect(Number(conf.block('events').value('worker_connections'))).toBeGreaterThanOrEqual(
    2 * (props.expectedConnections ?? 10_000),
  );
  same(conf.front.value('proxy_connect_timeout'), props.failover?.connectTimeout ?? '5s');
  same(conf.front.value('proxy_next_upstream_tries'), String(props.failover?.tries ?? 3));
  same(conf.front.all('set_real_ip_from').flat(), props.trustedProxies ?? []);
  same(conf.http.has('log_format'), props.accessLog !== 'off');

  expectLimits(conf, webSocket, asked);
  expectOrigins(conf, webSocket, asked);
  expectErrorPages(conf, webSocket, asked);
}

function atLeast(asked: AskedFront, floor: readonly number[]): boolean {
  const version = (asked.props.nginxVersion ?? '1.22').split('.').map(Number);
  const [major = 0, minor = 0, patch = 0] = version.map((part, index) => part - floor[index]!);
  return (major || minor || (version.length > 2 ? patch : -floor[2]!)) >= 0;
}

function expectNames(conf: FrontConf, { props }: AskedFront): void {
  const names = [props.serverName, ...(props.alternativeNames ?? [])];
  same(conf.front.all('server_name'), [names]);
  const longest = Math.max(...names.map((name) => name.length));
  const room = Number(conf.http.all('server_names_hash_bucket_size').flat()[0] ?? 64);
  expect(room).toBeGreaterThan(longest);
}

function expectListeners(conf: FrontConf, asked: AskedFront): void {
  const served = asked.tls === 'self-signed' || asked.tls === 'files';
  const { addresses = ['127.0.0.1'], httpsPort = 8443, httpPort = 8080 } = asked.platform;
  const http2 = served && (asked.props.http2 ?? true);
  const directive = atLeast(asked, HTTP2_DIRECTIVE_FROM);
  same(
    conf.front.all('listen'),
    addresses.map((address) => [
      `${address.includes(':') ? `[${address}]` : address}:${served ? httpsPort : httpPort}`,
      ...(served ? ['ssl'] : []),
      ...(http2 && !directive ? ['http2'] : []),
      ...(asked.props.proxyProtocol ? ['proxy_protocol'] : []),
      'so_keepalive=60s:15s:4',
    ]),
  );
  same(conf.front.has('http2'), http2 && directive);
  same(conf.front.has('ssl_certificate'), served);
  same(
    conf.deep().some(({ name }) => name === 'ssl_reject_handshake'),
    served,
  );
}

/** What the instances are told is the port that clients use. */
function expectPublicPort(conf: FrontConf, { tls, platform }: AskedFront): void {
  const { httpsPort = 8443, httpPort = 8080 } = platform;
  const port = {
    none: httpPort,
    'terminated-upstream': 443,
    files: httpsPort,
    'self-signed': httpsPort,
  };
  const [said] = conf.front.all('proxy_set_header').filter(([name]) => name === 'X-Forwarded-Port');
  same(said?.[1], String(port[tls]));
}

/** Of a lone server there is nothing to ask. */
function asksFirst({ servers }: AskedFront): boolean {
  return servers.length > 1;
}

function expectServers(conf: FrontConf, asked: AskedFront): void {
  const { servers, routes, upstream } = asked;
  const { failover } = asked.props;
  const asks = asksFirst(asked);
  const listed = (failures: readonly string[]) =>
    servers.map(({ address, weight, down, backup }) => [
      address,
      ...(weight === undefined ? [] : [`weight=${weight}`]),
      ...failures,
      ...(backup ? ['backup'] : []),
      ...(down ? ['down'] : []),
    ]);
  const counted = listed([
    `max_fails=${failover?.maxFails ?? (asks ? 1 : 3)}`,
    `fail_timeout=${failover?.failTimeout ?? (asks ? '2s' : '10s')}`,
  ]);
  for (const pool of clientPools(conf)) {
    same(conf.pool(pool).all('server'), counted);
  }
  same(conf.pools.includes(REST_POOL), asks && routes.rest !== undefined);
  if (conf.pools.includes(REST_POOL)) {
    same(conf.pool(REST_POOL).all('server'), listed(['max_fails=0']));
    same(conf.method(REST_POOL), ['least_conn']);
  }
  same(conf.pools.includes(UNASKED_POOL), asks);
  if (conf.pools.includes(UNASKED_POOL)) {
    same(conf.pool(UNASKED_POOL).all('server'), listed(['max_fails=0']));
  }
  if (asks) {
    const path = upstream.healthPath ?? '/health';
    expect(conf.location(QUESTION).value('proxy_pass')).toMatch(
      new RegExp(`[^/]${path.replace(/[.]/g, '\\.')}$`),
    );
    same(Object.keys(conf.map('$aiwm_instance').entries), [
      ...servers.map(({ address }) => address),
      'default',
    ]);
  }
  same(conf.pools.includes(HEALTH_POOL), routes.health !== undefined);
  if (routes.health !== undefined) {
    same(
      conf.pool(HEALTH_POOL).directives,
      servers
        .filter(({ backup }) => !backup)
        .map(({ address, down }) => ({
          name: 'server',
          args: [address, 'max_fails=0', ...(down ? ['down'] : [])],
        })),
    );
  }
}

function expectBalancing(conf: FrontConf, asked: AskedFront): void {
  const { routes, upstream, props } = asked;
  const polls =
    routes.engineIo && (props.clientTransports?.includes(ClientTransport.POLLING) ?? true);
  const balancing = asked.balancing ?? {
    kind: upstream.backplane ? 'round-robin' : 'ip-hash',
  };
  const pools = polls && isRotating(balancing) ? ['aiwm_backend_session'] : [];
  same(clientPools(conf), [...pools, 'aiwm_backend']);
  const chosen = pools.length > 0 ? '$aiwm_pool' : 'aiwm_backend';
  const webSocket = webSocketLocation(conf, asked);
  same(
    webSocket.value('proxy_pass'),
    `http://${asksFirst(asked) ? askedTarget(balancing.kind, pools.length > 0) : chosen}`,
  );
  if (asksFirst(asked) && pools.length > 0) {
    expect(webSocket.all('set')).toContainEqual(['$aiwm_asked_pool', chosen]);
  }
  if (!isRotating(balancing)) {
    expectAffinity(conf, 'aiwm_backend', balancing as Affinity, asked);
    return;
  }
  same(conf.method('aiwm_backend'), balancing.kind === 'round-robin' ? [] : ['least_conn']);
  if (polls) {
    const affinity = 'affinity' in balancing ? balancing.affinity : undefined;
    expectAffinity(conf, 'aiwm_backend_session', affinity ?? { kind: 'ip-hash' }, asked);
    same(conf.lookUp('$aiwm_pool', 'websocket/'), 'aiwm_backend');
    same(conf.lookUp('$aiwm_pool', 'websocket/x'), 'aiwm_backend_session');
    same(conf.lookUp('$aiwm_pool', 'polling/'), 'aiwm_backend_session');
  }
}

/** The pool that counts open connections has to hold them. */
function askedTarget(kind: string, hasSessionPool: boolean): string {
  if (kind !== 'least-connections') {
    return '$aiwm_instance';
  }
  return hasSessionPool ? '$aiwm_target' : 'aiwm_backend';
}

function isRotating({ kind }: { kind: string }): boolean {
  return kind === 'round-robin' || kind === 'least-connections';
}

function expectAffinity(
  conf: FrontConf,
  pool: string,
  affinity: Affinity,
  asked: AskedFront,
): void {
  switch (affinity.kind) {
    case 'ip-hash':
      same(conf.method(pool), ['ip_hash']);
      break;
    case 'hash':
      same(conf.method(pool), [
        asksFirst(asked) && affinity.key.startsWith('$arg_')
          ? 'hash $aiwm_asked_key consistent'
          : 'hash $aiwm_affinity_key consistent',
      ]);
      same(conf.lookUp('$aiwm_affinity_key', 'x'), affinity.key);
      same(conf.lookUp('$aiwm_affinity_key', ''), '$remote_addr');
      break;
    case 'cookie': {
      const { name = 'aiwm_srv', path = '/', domain, sameSite = 'lax' } = affinity.options;
      const sticky = atLeast(asked, STICKY_FROM);
      const said = sticky
        ? conf.method(pool)[0]!
        : conf.lookUp('$aiwm_affinity_cookie', 'not issued');
      const lower = said.toLowerCase();
      expect(said).toContain(sticky ? `sticky cookie ${name} ` : `${name}=$request_id;`);
      expect(said).toMatch(new RegExp(`[pP]ath=${path.replace(/[.~]/g, '\\$&')}( |;|$)`));
      expect(lower).toContain(`samesite=${sameSite}`);
      expect(lower).toContain('httponly');
      same(/\bsecure\b/.test(lower), asked.tls !== 'none');
      same(lower.includes('domain='), domain !== undefined);
      same(conf.pool(pool).has('hash'), !sticky);
    }
  }
}

/** The location that takes a WebSocket. */
function webSocketLocation(conf: FrontConf, { routes, upstream }: AskedFront): Block {
  const path = `${routes.webSocket.replace(/\/$/, '')}/`;
  const engine = upstream.enginePath?.replace(/\/?$/, '/') ?? path;
  return conf.location(routes.engineIo && engine !== path ? `= ${path}` : path);
}

function expectRoutes(conf: FrontConf, asked: AskedFront): void {
  const { routes, upstream, props } = asked;
  if (routes.rest !== undefined) {
    const path = routes.rest.replace(/\/$/, '');
    const forms = path === '' ? ['/'] : [`= ${path}`, `${path}/`];
    for (const form of forms) {
      const [first] = conf.location(form).directives;
      same(first, {
        name: 'if',
        args: ['($ws_upgrade)'],
        block: [{ name: 'return', args: ['400'] }],
      });
      same(conf.location(form).has('proxy_next_upstream'), false);
      same(
        conf.location(form).value('proxy_pass'),
        `http://${asksFirst(asked) ? REST_POOL : 'aiwm_backend'}`,
      );
      same(conf.location(form).value('proxy_read_timeout'), props.timeouts?.rest ?? '60s');
    }
  }
  if (routes.health !== undefined) {
    const path = routes.health.replace(/\/$/, '');
    for (const form of path === '' ? ['= /'] : [`= ${path}`, `= ${path}/`]) {
      const health = conf.location(form);
      same(health.value('proxy_pass'), `http://${HEALTH_POOL}${upstream.healthPath ?? '/health'}`);
      same(health.value('proxy_next_upstream'), UNAVAILABLE);
      same(health.value('access_log'), 'off');
    }
  }
  const exact = `= ${routes.webSocket.replace(/\/$/, '')}`;
  if (exact !== '= ') {
    expect(conf.locations).toContain(exact);
  }
}

function expectOwnHeaders(conf: FrontConf, asked: AskedFront): void {
  for (const { context, name, value } of asked.own) {
    const place = {
      server: () => conf.front,
      webSocket: () => webSocketLocation(conf, asked),
      rest: () => conf.location(`${asked.routes.rest!.replace(/\/$/, '')}/`),
    }[context]();
    expect(place.all('add_header')).toContainEqual([name, value, 'always']);
  }
}

function expectLimits(conf: FrontConf, webSocket: Block, { props: { limits } }: AskedFront): void {
  same(
    webSocket.all('limit_conn').flat(),
    limits?.connectionsPerClient === undefined
      ? []
      : ['ws_connections', String(limits.connectionsPerClient)],
  );
  const rate = limits?.handshakesPerSecond;
  same(
    webSocket.all('limit_req').flat(),
    rate === undefined
      ? []
      : [
          'zone=ws_handshakes',
          ...(limits?.burst === 0 ? [] : [`burst=${limits?.burst ?? 4 * rate}`]),
          'nodelay',
        ],
  );
  if (limits !== undefined) {
    expectClients(conf, limits.key ?? '$binary_remote_addr');
  }
}

/** What tells the clients of limits apart; who does not send it goes by the address. */
function expectClients(conf: FrontConf, key: string): void {
  const isSent = !key.endsWith('remote_addr');
  same(conf.lookUp('$ws_client', 'websocket'), isSent ? '$ws_client_key' : key);
  same(conf.lookUp('$ws_client', ''), '');
  same(conf.mapped.includes('$ws_client_key'), isSent);
  if (isSent) {
    same(conf.map('$ws_client_key').of, key);
    same(conf.lookUp('$ws_client_key', 'x'), key);
    same(conf.lookUp('$ws_client_key', ''), '$remote_addr');
  }
}

function expectOrigins(
  conf: FrontConf,
  webSocket: Block,
  { props: { allowedOrigins } }: AskedFront,
): void {
  same(
    webSocket.all('if').some(([condition]) => condition === '($origin_allowed'),
    allowedOrigins !== undefined,
  );
  if (allowedOrigins === undefined) {
    return;
  }
  same(conf.lookUp('$origin_allowed', ''), '1');
  for (const origin of allowedOrigins) {
    same(conf.lookUp('$origin_allowed', origin.replace('*', 'any')), '1');
    same(conf.lookUp('$origin_allowed', `${origin.replace('*', 'any')}.evil.example`), '0');
  }
}

function expectErrorPages(conf: FrontConf, webSocket: Block, asked: AskedFront): void {
  const { errorPages, props } = asked;
  if (errorPages === 'off') {
    same(
      webSocket.all('error_page').filter(([code]) => code !== '500'),
      [],
    );
    return;
  }
  const bodyOf = (location: string) => conf.location(location).all('return')[0]![1];
  same(bodyOf('@chat_unavailable'), errorPages?.unavailable ?? '{"error":"chat_unavailable"}');
  same(conf.locations.includes('@too_many_connections'), props.limits !== undefined);
  same(conf.locations.includes('@origin_refused'), props.allowedOrigins !== undefined);
  if (props.limits !== undefined) {
    same(
      bodyOf('@too_many_connections'),
      errorPages?.tooManyConnections ?? '{"error":"too_many_connections"}',
    );
  }
}
