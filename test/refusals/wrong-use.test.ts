// Each wrong use with its whole message, as a person reads it. What, where, what is allowed, what to do.
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  AiwmRoutes,
  AiwmService,
  Balancing,
  ClientTransport,
  ErrorPages,
  Errors,
  NginxWsFrontend,
  RedisAdapterBackplane,
  RedisEngine,
  SameSite,
  Secret,
  TlsCertificate,
  Upstream,
  type AccessLog,
  type AiwmClusterProps,
  type NginxDirectives,
  type NginxWsFrontendProps,
  type ExistingRedisOptions,
  type SocketIoRoutes,
} from 'cdktf-aiwm';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { Construct } from 'constructs';
import { refusalOn } from '../support/stack/refusal';
import { Site, newApp, servers } from '../support/stack/site';

type Use = (site: Site) => unknown;
type Case = readonly [name: string, property: string, use: Use];

const front =
  (props: Partial<NginxWsFrontendProps>): Use =>
  (site) =>
    site.front(props);
const behind =
  (...list: Parameters<typeof servers>): Use =>
  (site) =>
    site.front({ upstream: servers(...list) });
const cluster =
  (props: Partial<AiwmClusterProps>): Use =>
  (site) =>
    site.cluster(props);
const platform =
  (props: LocalPlatformProps): Use =>
  (site) =>
    site.platform(props);
const lines = (directives: NginxDirectives): Use => front({ directives });
const routes = (options: SocketIoRoutes): Use => front({ routes: AiwmRoutes.socketIo(options) });
const redis =
  (source: ExistingRedisOptions): Use =>
  ({ scope }) =>
    RedisAdapterBackplane.fromUrl(scope, 'Backplane', source);
/** A value that is known only at apply. */
const late = ({ scope }: Site): TerraformVariable => new TerraformVariable(scope, 'late', {});

const NAMES: Case[] = [
  ['a server name that is a URL', 'serverName', front({ serverName: 'https://chat.example.org/' })],
  ['no server name, in JavaScript', 'serverName', front({ serverName: undefined })],
  ['a wildcard as the server name', 'serverName', front({ serverName: '*.example.org' })],
  ['a server name that ends its directive', 'serverName', front({ serverName: 'a; } server {' })],
  ['a server name of two lines', 'serverName', front({ serverName: 'a\nb' })],
  ['a server name with a template', 'serverName', front({ serverName: 'a-${var.x}' })],
  ['a server name that is too long', 'serverName', front({ serverName: 'a.'.repeat(200) })],
  [
    'syntax beside a Token',
    'serverName',
    (site) => site.front({ serverName: `${late(site).stringValue}; }` }),
  ],
  [
    'a name twice, in upper case',
    'alternativeNames[1]',
    front({ alternativeNames: ['www.example.org', 'WWW.example.org'] }),
  ],
  [
    'the server name among the alternatives',
    'alternativeNames[0]',
    front({ alternativeNames: ['chat.example.org'] }),
  ],
  [
    'an address as the server name, under TLS',
    'serverName',
    front({ serverName: '192.0.2.7', tls: TlsCertificate.selfSigned() }),
  ],
  [
    'an address among the alternatives, under TLS',
    'alternativeNames[1]',
    front({
      alternativeNames: ['www.example.org', '127.0.0.1'],
      tls: TlsCertificate.fromFiles('cert.pem', 'key.pem'),
    }),
  ],
];

const SERVERS: Case[] = [
  [
    'neither cluster nor upstream',
    'cluster',
    ({ scope }) => new NginxWsFrontend(scope, 'Frontend', { serverName: 'a.example.org' }),
  ],
  [
    'cluster and upstream',
    'upstream',
    (site) => site.front({ cluster: site.cluster(), upstream: servers(['10.0.0.1:1']) }),
  ],
  [
    'an upstream without a platform',
    'platform',
    ({ scope }) =>
      new NginxWsFrontend(scope, 'Frontend', {
        serverName: 'a.example.org',
        upstream: Upstream.servers(['10.0.0.1:3003']),
      }),
  ],
  ['no servers', 'upstream.servers', behind([])],
  [
    'servers known only at apply',
    'upstream.servers',
    (site) => site.front({ upstream: servers(late(site).listValue) }),
  ],
  [
    'a server that is an item of a list known only at apply',
    'upstream.servers[1]',
    (site) => site.front({ upstream: servers(['10.0.0.1:1', late(site).listValue[0]!]) }),
  ],
  ['a server without a port', 'upstream.servers[0]', behind(['10.0.0.1'])],
  ['a server that is no address', 'upstream.servers[0]', behind(['10.0.0.256:80'])],
  ['a server twice', 'upstream.servers[1]', behind(['10.0.0.1:1', '10.0.0.1:1'])],
  [
    'a weight of nothing',
    'upstream.servers[0].weight',
    behind([{ address: '10.0.0.1:1', weight: 0 }]),
  ],
  ['all servers down', 'upstream.servers', behind([{ address: '10.0.0.1:1', down: true }])],
  [
    'a backup server under a hash',
    'upstream.servers',
    behind(['10.0.0.1:1', { address: '10.0.0.2:1', backup: true }]),
  ],
  [
    'a backup server beside the affinity of long-polling',
    'upstream.servers',
    behind(['10.0.0.1:1', { address: '10.0.0.2:1', backup: true }], { backplane: true }),
  ],
];

const BALANCING: Case[] = [
  [
    'round-robin with long-polling and no backplane',
    'balancing',
    front({ balancing: Balancing.roundRobin() }),
  ],
  [
    'least connections with long-polling and no backplane',
    'balancing',
    front({
      balancing: Balancing.leastConnections(),
      clientTransports: [ClientTransport.POLLING],
    }),
  ],
  [
    'an affinity that is none',
    'balancing.sessionAffinity',
    (site) =>
      site.front({
        upstream: servers(['10.0.0.1:1'], { backplane: true }),
        balancing: Balancing.roundRobin({ sessionAffinity: Balancing.leastConnections() }),
      }),
  ],
  [
    'a header as it is written in HTTP',
    'balancing.key',
    front({ balancing: Balancing.hash('X-Session-Id') }),
  ],
  [
    'a cookie name that nginx cannot read',
    'balancing.name',
    front({ balancing: Balancing.cookie({ name: 'aiwm-srv' }) }),
  ],
  [
    'a cookie for a domain with a dot',
    'balancing.domain',
    front({ balancing: Balancing.cookie({ domain: '.example.org' }) }),
  ],
  [
    'a cookie that is gone at once',
    'balancing.maxAge',
    front({ balancing: Balancing.cookie({ maxAge: '0s' }) }),
  ],
  [
    'SameSite=None without TLS',
    'balancing.sameSite',
    front({ balancing: Balancing.cookie({ sameSite: SameSite.NONE }) }),
  ],
  [
    'a SameSite that is none, in JavaScript',
    'balancing.sameSite',
    front({ balancing: Balancing.cookie({ sameSite: 'Lax' as SameSite }) }),
  ],
];

const ROUTES: Case[] = [
  ['a path without its slash', 'routes.webSocket', routes({ webSocket: 'socket.io' })],
  ['a path that climbs', 'routes.rest', routes({ webSocket: '/ws', rest: '/api/../admin' })],
  ['a path that is a pattern', 'routes.rest', routes({ webSocket: '/ws', rest: '/api/*' })],
  [
    'a REST path that holds the servers’ own path of Socket.IO',
    'routes.rest',
    front({
      upstream: servers(['10.0.0.1:1'], { enginePath: '/api/engine' }),
      routes: AiwmRoutes.socketIo({ webSocket: '/chat', rest: '/api' }),
    }),
  ],
  [
    'REST at the root beside a cluster’s own path of Socket.IO',
    'routes.rest',
    (site) =>
      site.front({
        cluster: site.cluster({ enginePath: '/socket.io' }),
        routes: AiwmRoutes.socketIo({ webSocket: '/chat/', rest: '/' }),
      }),
  ],
  ['one path for two', 'routes.rest', routes({ webSocket: '/chat', rest: '/chat/' })],
  [
    'a path known only at apply',
    'routes.webSocket',
    (site) => routes({ webSocket: late(site).stringValue })(site),
  ],
  [
    'long-polling on a plain WebSocket path',
    'clientTransports',
    front({
      routes: AiwmRoutes.webSocketOnly('/ws'),
      clientTransports: [ClientTransport.POLLING, ClientTransport.WEBSOCKET],
    }),
  ],
  ['clients without a transport', 'clientTransports', front({ clientTransports: [] })],
  [
    'a transport that does not exist, in JavaScript',
    'clientTransports[0]',
    front({ clientTransports: ['webtransport' as ClientTransport] }),
  ],
];

const TIMES: Case[] = [
  ['a number for a duration', 'timeouts.rest', front({ timeouts: { rest: '60' } })],
  ['units in the wrong order', 'timeouts.rest', front({ timeouts: { rest: '30s1m' } })],
  ['a REST timeout of days', 'timeouts.rest', front({ timeouts: { rest: '2d' } })],
  [
    'a duration known only at apply',
    'drainTimeout',
    (site) => site.front({ drainTimeout: late(site).stringValue }),
  ],
  [
    'a WebSocket timeout within the heartbeat',
    'timeouts.webSocket',
    front({ timeouts: { webSocket: '30s' } }),
  ],
  [
    'a WebSocket timeout within the cluster’s own heartbeat',
    'timeouts.webSocket',
    (site) =>
      site.front({
        cluster: site.cluster({ heartbeat: { interval: '2m', timeout: '30s' } }),
        timeouts: { webSocket: '2m' },
      }),
  ],
  [
    'the connect timeout of the guide',
    'failover.connectTimeout',
    front({ failover: { connectTimeout: '7d' } }),
  ],
  [
    'milliseconds where nginx counts seconds',
    'failover.failTimeout',
    front({ failover: { failTimeout: '1500ms' } }),
  ],
  ['no tries', 'failover.tries', front({ failover: { tries: 0 } })],
  ['half a failure', 'failover.maxFails', front({ failover: { maxFails: 0.5 } })],
];

const POLICIES: Case[] = [
  ['limits of nothing', 'limits', front({ limits: {} })],
  [
    'a burst without a rate',
    'limits.burst',
    front({ limits: { connectionsPerClient: 3, burst: 10 } }),
  ],
  [
    'too many connections per client',
    'limits.connectionsPerClient',
    front({ limits: { connectionsPerClient: 100_000 } }),
  ],
  [
    'a limit by a value that changes with every request',
    'limits.key',
    front({ limits: { connectionsPerClient: 3, key: '$request_uri' } }),
  ],
  [
    'a limit known only at apply',
    'limits.connectionsPerClient',
    (site) => site.front({ limits: { connectionsPerClient: late(site).numberValue } }),
  ],
  ['an origin without its scheme', 'allowedOrigins[0]', front({ allowedOrigins: ['a.example'] })],
  [
    'an origin with a path',
    'allowedOrigins[0]',
    front({ allowedOrigins: ['https://a.example.org/'] }),
  ],
  [
    'an origin with the usual port, which no browser sends',
    'allowedOrigins[0]',
    front({ allowedOrigins: ['https://a.example.org:443'] }),
  ],
  ['an empty list of origins', 'allowedOrigins', front({ allowedOrigins: [] })],
  [
    'a wildcard beside a Token',
    'allowedOrigins[0]',
    (site) => site.front({ allowedOrigins: [`https://*.${late(site).stringValue}`] }),
  ],
  [
    'an origin that is a Token',
    'allowedOrigins[1]',
    (site) => site.front({ allowedOrigins: ['https://a.example', late(site).stringValue] }),
  ],
  [
    'an origin whose scheme is a Token',
    'allowedOrigins[0]',
    (site) => site.front({ allowedOrigins: [`${late(site).stringValue}://a.example`] }),
  ],
  ['a proxy by its name', 'trustedProxies[0]', front({ trustedProxies: ['proxy.example.org'] })],
  ['a range that is none', 'trustedProxies[0]', front({ trustedProxies: ['10.0.0.0/33'] })],
  ['the PROXY protocol of nobody', 'proxyProtocol', front({ proxyProtocol: true })],
  [
    'a log format that does not exist, in JavaScript',
    'accessLog',
    front({ accessLog: 'combined' as AccessLog }),
  ],
  [
    'an error page that is not JSON',
    'errorPages.unavailable',
    front({ errorPages: ErrorPages.json({ unavailable: 'come back later' }) }),
  ],
  [
    'an error page with a variable',
    'errorPages.originRefused',
    front({ errorPages: ErrorPages.json({ originRefused: '"$http_origin"' }) }),
  ],
  [
    'a retry at once',
    'errorPages.retryAfter',
    front({ errorPages: ErrorPages.json({ retryAfter: 0 }) }),
  ],
  ['a size with another unit', 'maxBodySize', front({ maxBodySize: '2 MB' })],
  ['HSTS over plain HTTP', 'hsts', front({ hsts: {} })],
  [
    'HSTS preload without subdomains',
    'hsts.preload',
    front({ tls: TlsCertificate.selfSigned(), hsts: { preload: true } }),
  ],
  ['no connections', 'expectedConnections', front({ expectedConnections: 0 })],
  [
    'more connections than a machine has',
    'expectedConnections',
    front({ expectedConnections: 500_001 }),
  ],
  ['not a number', 'expectedConnections', front({ expectedConnections: Number('many') })],
  ['a version that is a tag', 'nginxVersion', front({ nginxVersion: 'latest' })],
  ['a version that is too old', 'nginxVersion', front({ nginxVersion: '1.18' })],
  [
    'a version of the platform that is none',
    'nginxVersion',
    (site) => site.front({ platform: site.platform({ nginxVersion: 'stable' }) }),
  ],
  [
    'plain HTTP for everybody',
    'tls',
    (site) => site.front({ platform: site.platform({ addresses: ['0.0.0.0'] }) }),
  ],
  [
    'a certificate without a path',
    'tls.keyFile',
    front({ tls: TlsCertificate.fromFiles('cert.pem', '') }),
  ],
];

const DIRECTIVES: Case[] = [
  ['a directive without its end', 'directives.server[0]', lines({ server: ['gzip on'] })],
  ['two directives in one', 'directives.http[0]', lines({ http: ['gzip on; gzip_vary on;'] })],
  ['a brace too many', 'directives.server[0]', lines({ server: ['gzip on; } server {'] })],
  ['an open block', 'directives.server[0]', lines({ server: ['location /x {'] })],
  ['an open quote', 'directives.server[0]', lines({ server: ['add_header X "y;'] })],
  ['an empty line', 'directives.rest[1]', lines({ rest: ['gzip on;', ''] })],
  ['a template', 'directives.server[0]', lines({ server: ['set $a "${b}";'] })],
  ['a listener', 'directives.server[0]', lines({ server: ['listen 80;'] })],
  [
    'a header in a location',
    'directives.webSocket[0]',
    lines({ webSocket: ['proxy_set_header X-Team chat;'] }),
  ],
  [
    'a header that is set',
    'directives.server[0]',
    lines({ server: ['proxy_set_header Host $http_host;'] }),
  ],
  [
    'a directive that is set',
    'directives.server[0]',
    lines({ server: ['client_max_body_size 9m;'] }),
  ],
  [
    'a variable of the library',
    'directives.http[0]',
    lines({ http: ['map $http_x $ws_upgrade { default $http_upgrade; }'] }),
  ],
  [
    'a variable of the library, captured by name',
    'directives.server[0]',
    lines({ server: ['if ($uri ~ "^/(?<aiwm_pool>.+)$") { return 404; }'] }),
  ],
  [
    'a variable of the library, set by a module',
    'directives.server[0]',
    lines({ server: ['auth_request_set $ws_client $upstream_http_x_user;'] }),
  ],
  [
    'lines known only at apply',
    'directives.http',
    (site) => site.front({ directives: { http: late(site).listValue } }),
  ],
];

const CLUSTER: Case[] = [
  ['no instances', 'instances', cluster({ instances: 0 })],
  [
    'a number of instances known only at apply',
    'instances',
    (site) => site.cluster({ instances: late(site).numberValue }),
  ],
  ['a port that is none', 'firstPort', cluster({ firstPort: Number('http') })],
  ['ports above the last', 'firstPort', cluster({ firstPort: 65_534 })],
  ['an instance that does not exist', 'drained[0]', cluster({ drained: ['aiwm-2'] })],
  ['all instances drained', 'drained', cluster({ instances: 1, drained: ['1'] })],
  ['a variable of the contract', 'environment.PORT', cluster({ environment: { PORT: '80' } })],
  [
    'a cluster of Redis, by the variable of the contract',
    'environment.REDIS_CLUSTER',
    cluster({ environment: { REDIS_CLUSTER: '1' } }),
  ],
  [
    'the same as a secret',
    'secrets.REDIS_CLUSTER',
    cluster({ secrets: { REDIS_CLUSTER: Secret.fromFile('flag') } }),
  ],
  [
    'a variable with a hyphen',
    'environment["LOG-LEVEL"]',
    cluster({ environment: { 'LOG-LEVEL': '1' } }),
  ],
  ['a value of several lines', 'environment.KEY', cluster({ environment: { KEY: 'a\nb' } })],
  [
    'a key',
    'environment.TLS_KEY',
    cluster({ environment: { TLS_KEY: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END' } }),
  ],
  [
    'a variable of a shell as a value',
    'environment.TOKEN',
    cluster({ environment: { TOKEN: '${TOKEN:-none}' } }),
  ],
  [
    'a format with percent signs',
    'environment.LOG_FORMAT',
    cluster({ environment: { LOG_FORMAT: '%{time} ${level}' } }),
  ],
  [
    'a template in JSON',
    'environment.GREETING',
    cluster({ environment: { GREETING: '{"text":"Hello ${name}"}' } }),
  ],
  [
    'a variable of a shell in a command',
    'service.command[1]',
    cluster({ service: AiwmService.command(['node', '${PWD}/server.js']) }),
  ],
  [
    'an item of a list that is known only at apply',
    'environment.HOSTS',
    (site) => site.cluster({ environment: { HOSTS: `${late(site).listValue[0]},x` } }),
  ],
  [
    'instances to drain that are known only at apply',
    'drained',
    (site) => site.cluster({ drained: late(site).listValue }),
  ],
  [
    'a number for a value, in JavaScript',
    'environment.COUNT',
    cluster({ environment: { COUNT: 3 as unknown as string } }),
  ],
  [
    'a variable that is both',
    'secrets.TOKEN',
    cluster({ environment: { TOKEN: 'x' }, secrets: { TOKEN: Secret.fromFile('token') } }),
  ],
  [
    'a secret of another platform',
    'secrets.TOKEN',
    cluster({ secrets: { TOKEN: Secret.ofPlatform('vault', 'kv/token') } }),
  ],
  [
    'a secret in a variable that cannot be',
    'secrets.TOKEN',
    cluster({ secrets: { TOKEN: Secret.fromEnvironment('MY TOKEN') } }),
  ],
  [
    'an image on this machine',
    'service',
    cluster({ service: AiwmService.image('registry.example/aiwm:1.4.2') }),
  ],
  ['a command of no words', 'service', cluster({ service: AiwmService.command([]) })],
  [
    'a command of several lines',
    'service.command[1]',
    cluster({ service: AiwmService.command(['node', 'a\nb']) }),
  ],
  [
    'a heartbeat that is none',
    'heartbeat.interval',
    cluster({ heartbeat: { interval: '25000', timeout: '20s' } }),
  ],
  ['a health path that is a URL', 'health.path', cluster({ health: { path: 'http://x/health' } })],
  ['a patience without end', 'health.failures', cluster({ health: { failures: 100 } })],
  ['a grace of a day', 'stopGrace', cluster({ stopGrace: '1d' })],
  ['memory with another unit', 'limits.memory', cluster({ limits: { memory: '512MB' } })],
  ['no processor', 'limits.cpu', cluster({ limits: { cpu: 0 } })],
];

const BACKPLANE: Case[] = [
  ['no Redis at all', 'url', redis({})],
  ['a Redis twice', 'url', redis({ url: 'redis://a', secret: Secret.fromFile('url') })],
  ['a password in the URL', 'url', redis({ url: 'redis://:hunter2@cache:6379' })],
  ['a URL of something else', 'url', redis({ url: 'http://cache:6379' })],
  ['a database of a cluster', 'url', redis({ url: 'redis://cache:6379/2', cluster: true })],
  [
    'an engine that does not exist, in JavaScript',
    'engine',
    (site) => site.backplane({ engine: 'memcached' as RedisEngine }),
  ],
  ['memory without a unit', 'maxMemory', (site) => site.backplane({ maxMemory: '256' })],
  [
    'a password that is nowhere',
    'password',
    (site) => site.backplane({ password: Secret.fromFile('') }),
  ],
];

const PLATFORM: Case[] = [
  ['a name to listen on', 'addresses[0]', platform({ addresses: ['localhost'] })],
  ['an address with a zone', 'addresses[0]', platform({ addresses: ['fe80::1%eth0'] })],
  ['no address to listen on', 'addresses', platform({ addresses: [] })],
  [
    'an address beside all of its family',
    'addresses[2]',
    platform({ addresses: ['0.0.0.0', '::', '127.0.0.1'] }),
  ],
  ['a port above the last', 'httpsPort', platform({ httpsPort: 70_000 })],
  ['no state folder', 'stateDir', platform({ stateDir: '' })],
  [
    'a state folder for two',
    'stateDir',
    (site) => {
      site.platform({ stateDir: 'state' });
      return new LocalPlatform(site.scope, 'Other', { stateDir: './state/' });
    },
  ],
  [
    'an nginx that is nowhere',
    'nginx',
    (site) => site.front({ platform: site.platform({ nginx: '' }) }),
  ],
  [
    'two fronts',
    'platform',
    (site) => {
      site.front();
      return new Site(new Construct(site.scope, 'Second')).front({ platform: site.platform() });
    },
  ],
  [
    'two Redis',
    'platform',
    (site) => {
      site.backplane();
      return new RedisAdapterBackplane(site.scope, 'Other', { platform: site.platform() });
    },
  ],
  [
    'an instance on the port of Redis',
    'platform',
    (site) => site.cluster({ backplane: site.backplane(), firstPort: 6378 }),
  ],
  [
    'one port for TLS and plain HTTP',
    'platform',
    (site) =>
      site.front({
        platform: site.platform({ httpPort: 8443 }),
        tls: TlsCertificate.selfSigned(),
      }),
  ],
  [
    'an environment that Linux does not hand over',
    'platform',
    cluster({
      environment: Object.fromEntries(
        Array.from({ length: 40 }, (_, n) => [`TEXT_${n}`, 'x'.repeat(3_000)]),
      ),
    }),
  ],
  [
    'a configuration that Linux does not hand over',
    'platform',
    lines({ http: Array.from({ length: 40 }, (_, n) => `set_by_me "${n}${'x'.repeat(3_500)}";`) }),
  ],
  [
    'ip_hash where all clients have one address',
    'balancing',
    (site) => {
      Object.assign(site.platform().traits, { seesClientAddresses: false });
      return site.front({ balancing: Balancing.ipHash() });
    },
  ],
  [
    'a platform of another stack',
    'platform',
    (site) =>
      site.front({
        platform: new LocalPlatform(new TerraformStack(newApp(), 'Other'), 'Platform'),
      }),
  ],
];

const IDS: Case[] = [
  [
    'an id that is too long',
    'id',
    ({ scope }) => new Site(new Construct(scope, 'team-'.repeat(10))).cluster({}),
  ],
  ['an id without letters', 'id', ({ scope }) => new LocalPlatform(scope, '***')],
  [
    'two things of one name',
    'id',
    (site) => {
      site.cluster({ instances: 1 });
      return new NginxWsFrontend(site.scope, 'Aiwm-1', {
        platform: site.platform(),
        upstream: servers(['10.0.0.1:1']),
        serverName: 'a.example.org',
      });
    },
  ],
];

describe.each([
  ['names', NAMES],
  ['servers', SERVERS],
  ['balancing', BALANCING],
  ['routes', ROUTES],
  ['times', TIMES],
  ['policies', POLICIES],
  ['own directives', DIRECTIVES],
  ['cluster', CLUSTER],
  ['backplane', BACKPLANE],
  ['platform', PLATFORM],
  ['ids', IDS],
])('%s', (_, cases) => {
  test.each(cases)('%s', (_name, property, use) => {
    const error = refusalOn(Site.alone(), use);
    expect(Errors.isValidationError(error)).toBe(true);
    expect(error).toMatchObject({ property, constructPath: expect.any(String) });
    expect(error.message).toMatch(/^(Stack|Other)\/[^:]+: /);
    expect(error.message).toContain(`: ${property}: `);
    expect(error.message).toMatchSnapshot();
  });
});
