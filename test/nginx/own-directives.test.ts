import type { OwnContext } from '../../lib/nginx/directive-contexts';
import { parseOwnDirective } from '../../lib/nginx/own-directives';
import { conf, rendered } from '../support/front/intent';

const ALL_OPTIONS = {
  limits: { key: '$remote_addr', connectionsPerClient: 1, handshakesPerSecond: 1, burst: 0 },
  allowedOrigins: ['https://a.example'],
} as const;

describe('own lines', () => {
  test('stand where they are meant to, under a heading', () => {
    const own = {
      http: ['gzip on;', 'map $uri $x { default "a b"; }'],
      server: ['keepalive_timeout 30s;', 'proxy_set_header X-Team chat;'],
      webSocket: ['limit_rate 1m;'],
      rest: ['gzip_types application/json;'],
    };
    const result = conf({ own });
    expect(result.http.value('gzip')).toBe('on');
    expect(result.map('$x')).toEqual({ of: '$uri', entries: { default: 'a b' } });
    expect(result.front.value('keepalive_timeout')).toBe('30s');
    expect(result.front.all('proxy_set_header')).toContainEqual(['X-Team', 'chat']);
    expect(result.location('/dev/aiwm/chat/').value('limit_rate')).toBe('1m');
    expect(result.location('= /dev/aiwm').value('gzip_types')).toBe('application/json');
    expect(result.location('/dev/aiwm/').value('gzip_types')).toBe('application/json');
    expect(rendered({ own }).match(/# From directives:/g)).toHaveLength(5);
    expect(rendered()).not.toContain('From directives');
  });

  test('come before what proxies the request, so that a rewrite of theirs counts', () => {
    const names = conf({ own: { rest: ['rewrite ^/a /b;'] } })
      .location('/dev/aiwm/')
      .directives.map(({ name }) => name);
    expect(names.indexOf('rewrite')).toBeLessThan(names.indexOf('proxy_pass'));
  });

  test('of a location with two forms stand in both, of a WebSocket in each that proxies', () => {
    const plain = conf({
      own: { webSocket: ['limit_rate 1m;'] },
      routes: { webSocket: { path: '/ws', engineIo: false } },
    });
    expect(plain.location('= /ws').has('limit_rate')).toBe(true);
    expect(plain.location('/ws/').has('limit_rate')).toBe(true);
  });

  test('are printed anew: what they mean stays, how they were laid out does not', () => {
    const text = rendered({ own: { server: ['location /x\n{ return  200 "a;b" ; # why\n}'] } });
    expect(text).toContain('    location /x {\n            return 200 "a;b";\n        }\n');
  });
});

describe('is refused', () => {
  test.each<[OwnContext, string, string]>([
    ['server', 'listen 80;', 'the platform decides where nginx listens'],
    ['server', 'server_name x;', 'use serverName and alternativeNames'],
    ['server', 'ssl_certificate x;', 'use tls'],
    ['server', 'ssl_certificate_key x;', 'use tls'],
    ['http', 'proxy_set_header A b;', 'put it into directives.server'],
    ['http', 'add_header A b;', 'put it into directives.server'],
    ['webSocket', 'proxy_set_header A b;', 'loses all the inherited ones'],
    ['rest', 'proxy_set_header A b;', 'loses all the inherited ones'],
    ['webSocket', 'location /x { proxy_set_header A b; }', 'loses all the inherited ones'],
    ['webSocket', 'proxy_pass http://x;', 'the routes decide'],
    ['rest', 'if ($a) { proxy_pass http://x; }', 'the routes decide'],
    ['webSocket', 'proxy_http_version 1.0;', 'WebSocket needs HTTP/1.1'],
    ['http', 'map $a $ws_upgrade { default x; }', '$ws_upgrade is defined by the library'],
    ['http', 'map $a $WS_Upgrade { default x; }', '$WS_Upgrade is defined by the library'],
    ['http', 'geo $remote_addr $aiwm_pool { default x; }', '$aiwm_pool is defined by the library'],
    ['http', 'geo $origin_allowed { default 1; }', '$origin_allowed is defined by the library'],
    ['http', 'split_clients $uri $ws_client { * x; }', '$ws_client is defined by the library'],
    ['server', 'if ($a) { set $aiwm_affinity x; }', '$aiwm_affinity is defined by the library'],
    ['server', 'auth_request_set $ws_upgrade $upstream_http_x;', '$ws_upgrade is defined'],
    ['http', 'js_set $ws_client main.client;', '$ws_client is defined by the library'],
    ['http', 'js_var $ws_client_key x;', '$ws_client_key is defined by the library'],
    ['http', 'perl_set $aiwm_pool "sub { }";', '$aiwm_pool is defined by the library'],
    ['server', 'if ($uri ~ "(?<ws_upgrade>.+)") { return 200; }', '$ws_upgrade is defined'],
    ['server', 'location ~ "^/(?P<aiwm_pool>.+)" { return 200; }', '$aiwm_pool is defined'],
    ['rest', `rewrite "^/(?'Origin_Allowed'.+)" /x;`, '$Origin_Allowed is defined by the library'],
    ['http', 'map $uri $x { "~(?<ws_client>.+)" 1; }', '$ws_client is defined by the library'],
    [
      'http',
      'server { server_name "~^(?<ws_connection>.+)$"; return 404; }',
      '$ws_connection is defined by the library',
    ],
    ['server', '', 'there is no directive in it'],
    ['server', '# only a comment', 'there is no directive in it'],
    ['server', 'gzip on; gzip off;', 'it holds 2 directives; give each an entry of its own'],
    ['server', 'gzip on', '"gzip on" does not end in ";"'],
    ['server', 'gzip on; }', 'a "}" without its "{"'],
    ['server', 'if ($a) { return 200;', 'a "{" without its "}"'],
    ['server', '"gzip on;', 'a quote is opened and not closed'],
    ['server', 'GZIP on;', '"GZIP" is not the name of a directive'],
    ['server', '"two words" on;', '"two words" is not the name of a directive'],
    ['server', 'add_header X "\0";', 'a control character (U+0000)'],
    ['server', 'if ($a) { return 200 "\u2028"; }', 'a control character (U+2028)'],
    ['server', `add_header X ${'a'.repeat(4001)};`, 'nginx reads at most 4000'],
  ])('in %s: %j', (context, line, message) => {
    expect(() => parseOwnDirective(context, line)).toThrow(message);
  });

  test.each<[OwnContext, string, string]>([
    ['http', 'server_tokens on;', 'http[0]'],
    ['server', 'client_max_body_size 9m;', 'server[0]'],
    ['server', 'proxy_connect_timeout 9s;', 'server[0]'],
    ['server', 'proxy_set_header HOST x;', 'server[0]'],
    ['server', 'proxy_set_header upgrade $http_upgrade;', 'server[0]'],
    ['webSocket', 'proxy_read_timeout 9s;', 'webSocket[0]'],
    ['rest', 'proxy_read_timeout 9s;', 'rest[0]'],
  ])('in %s, because it is said already: %j', (context, line, where) => {
    const change = { own: { [context]: [line] } };
    const name = line.replace(/ [^ ]+;$/, '');
    expect(() => conf(change)).toThrow(
      expect.objectContaining({
        where,
        message: expect.stringContaining(`"${name}" is set there already`),
      }),
    );
  });
});

describe('what nginx would refuse', () => {
  test.each<[OwnContext, readonly string[], string]>([
    ['server', ['location / { return 200; }'], '"location /" is set there already'],
    ['server', ['location ^~ / { return 200; }'], '"location ^~ /" is set there already'],
    ['server', ['location = /dev/aiwm/health { return 200; }'], 'is set there already'],
    ['server', ['location =/dev/aiwm/health { return 200; }'], 'is set there already'],
    ['server', ['location /dev/aiwm/chat/ { return 200; }'], 'is set there already'],
    ['server', ['location @chat_unavailable { return 200; }'], 'is set there already'],
    [
      'server',
      ['location /x { return 200; }', 'location ^~ /x { return 200; }'],
      '"location ^~ /x" is set there already',
    ],
    ['server', ['gzip on;', 'gzip off;'], '"gzip" is set there already'],
    ['server', ['proxy_set_header X-A b;', 'proxy_set_header x-a c;'], 'is set there already'],
    ['http', ['upstream aiwm_backend { server 10.0.0.9:1; }'], 'is set there already'],
    ['http', ['log_format aiwm x;'], '"log_format aiwm" is set there already'],
    ['http', ['limit_req_zone $uri zone=ws_handshakes:1m rate=1r/s;'], 'is set there already'],
    ['webSocket', ['limit_conn ws_connections 5;'], '"limit_conn ws_connections" is set there'],
  ])('a second one in %s: %j', (context, lines, message) => {
    const errorPages = {
      unavailable: '{}',
      tooManyConnections: '{}',
      originRefused: '{}',
      retryAfterSeconds: 1,
    };
    expect(() => conf({ ...ALL_OPTIONS, errorPages, own: { [context]: lines } })).toThrow(message);
  });

  test.each<[OwnContext, string, string]>([
    ['http', 'worker_processes 4;', 'nginx takes it in main alone, which the library renders'],
    [
      'http',
      'return 404;',
      'put it into directives.server or directives.webSocket or directives.rest',
    ],
    ['http', 'location /x { return 200; }', 'put it into directives.server'],
    ['server', 'map $a $b { default 1; }', 'put it into directives.http'],
    ['server', 'upstream x { server 10.0.0.1:1; }', 'put it into directives.http'],
    ['server', 'ip_hash;', 'nginx takes it in upstream alone'],
    ['webSocket', 'ssl_protocols TLSv1.3;', 'put it into directives.http or directives.server'],
    ['rest', 'limit_req_zone $uri zone=a:1m rate=1r/s;', 'put it into directives.http'],
    ['server', 'large_client_header_buffers 4 32k;', 'before it knows the name'],
    ['server', 'underscores_in_headers on;', 'before it knows the name'],
  ])('a directive of another context in %s: %j', (context, line, message) => {
    expect(() => parseOwnDirective(context, line)).toThrow(message);
  });

  test.each<[OwnContext, string]>([
    ['http', 'auth_request /auth;'],
    ['server', 'auth_request /auth;'],
    ['webSocket', 'auth_request /auth;'],
    ['server', 'satisfy any;'],
  ])('in %s, %j would be passed over by the question for a live instance', (context, line) => {
    const own = { [context]: [line] };
    const question = { target: '/health', timeout: '2s' };
    expect(() => conf({ own, upstream: { question } })).toThrow('check who opens a WebSocket');
    expect(() => conf({ own })).not.toThrow();
  });
});

describe('is accepted', () => {
  test('beside locations of ours: other kinds, other paths and regular expressions', () => {
    const server = [
      'location = / { return 200; }',
      'location ~ ^/dev/aiwm/chat/ { return 200; }',
      'location ~ ^/dev/aiwm/chat/ { return 201; }',
      'location /dev/aiwm/health { return 200; }',
      'location /dev/aiwm/files/ { return 200; }',
      'satisfy all;',
    ];
    expect(conf({ own: { server } }).locations).toContain('/dev/aiwm/files/');
  });

  test('what repeats itself, and what repeats a line of another context', () => {
    const own = {
      http: [
        'gzip on;',
        'proxy_cache_path a keys_zone=a:1m;',
        'proxy_cache_path b keys_zone=b:1m;',
      ],
      server: ['gzip on;', 'auth_request_set $user $x;', 'auth_request_set $team $y;'],
    };
    const result = conf({ own });
    expect(result.http.all('proxy_cache_path')).toEqual([
      ['a', 'keys_zone=a:1m'],
      ['b', 'keys_zone=b:1m'],
    ]);
    expect(result.front.all('auth_request_set')).toEqual([
      ['$user', '$x'],
      ['$team', '$y'],
    ]);
    expect(result.front.all('gzip')).toEqual([['on']]);
  });

  test('a variable of one’s own, captured by name', () => {
    const line = 'if ($uri ~ "^/(?<room>[^/]+)") { set $ws_upgraded $room; }';
    expect(parseOwnDirective('server', line).name).toBe('if');
  });
});

test.each(['constructor on;', '__proto__ on;', 'toString;'])(
  'a name that JavaScript knows is a name like any other: %s',
  (line) => {
    const isName = /^[a-z_]+( |;)/.test(line);
    if (isName) {
      expect(parseOwnDirective('server', line).name).toBe(line.replace(/[ ;].*/, ''));
    } else {
      expect(() => parseOwnDirective('server', line)).toThrow('is not the name of a directive');
    }
  },
);

test.each(['readable', 'json'] as const)(
  'every variable that the library defines is protected (log %s)',
  (accessLog) => {
    const cookie = { name: 'a', path: '/', sameSite: 'lax' } as const;
    const mapped = [
      conf({ ...ALL_OPTIONS, accessLog }),
      conf({ upstream: { method: { kind: 'hash', key: '$arg_a' } } }),
      conf({ upstream: { method: { kind: 'cookie', cookie } } }),
      conf({ upstream: { method: { kind: 'round-robin' }, sessionMethod: { kind: 'ip-hash' } } }),
    ].flatMap((each) => each.mapped);
    for (const variable of mapped) {
      const line = `set ${variable} x;`;
      expect(() => parseOwnDirective('server', line)).toThrow('is defined by the library');
    }
  },
);
