// A new session asks which instance is alive, and goes straight there.
import type { Intent, Method, Question } from '../../lib/nginx/intent';
import { conf, type Change } from '../support/front/intent';
import type { FrontConf } from '../support/front/nginx-tree';

const QUESTION: Question = { target: '/health', timeout: '2s' };
const PAGES: NonNullable<Intent['errorPages']> = {
  unavailable: '{"error":"down"}',
  tooManyConnections: '{"error":"too_many"}',
  originRefused: '{"error":"origin"}',
  retryAfterSeconds: 5,
};

function asking(upstream: Change['upstream'] = {}, change: Change = {}): FrontConf {
  return conf({ ...change, upstream: { question: QUESTION, ...upstream } });
}

const chat = (result: FrontConf) => result.location('/dev/aiwm/chat/');
const question = (result: FrontConf) => result.location('= aiwm:ask');

describe('a new session', () => {
  const result = asking();

  test('asks the pool, and goes to the group of the instance that answered', () => {
    expect(chat(result).value('auth_request')).toBe('aiwm:ask');
    expect(chat(result).all('auth_request_set')).toEqual([['$aiwm_asked', '$upstream_addr']]);
    expect(chat(result).value('proxy_pass')).toBe('http://$aiwm_instance');
    expect(question(result).value('proxy_pass')).toBe('http://aiwm_backend/health');
  });

  test.each([
    ['10.0.0.1:3003', '10.0.0.1:3003'],
    ['10.0.0.1:3003, 10.0.0.2:3003', '10.0.0.2:3003'],
    ['10.0.0.1:3003, 10.0.0.2:3003 : unix:/run/a.sock', 'unix:/run/a.sock'],
    ['10.0.0.2:3003, [fd00::1]:1', '[fd00::1]:1'],
  ])('of the addresses asked, %s, the last has answered', (asked, answered) => {
    const [[pattern] = ['']] = Object.entries(result.map('$aiwm_answered').entries);
    expect(new RegExp(pattern.slice(1)).exec(asked)?.groups).toEqual({ aiwm_last: answered });
  });

  test('each group is one instance and counts no failures', () => {
    expect(result.map('$aiwm_instance')).toEqual({
      of: '$aiwm_answered',
      entries: {
        '10.0.0.1:3003': 'aiwm_backend_1',
        '10.0.0.2:3003': 'aiwm_backend_2',
        default: '$aiwm_answered',
      },
    });
    expect(result.pool('aiwm_backend_2').all('server')).toEqual([
      ['10.0.0.2:3003', 'max_fails=0'],
      // For the moment between its answer and its end.
      ['10.0.0.1:3003', 'max_fails=0', 'backup'],
    ]);
  });

  test.each<[Method['kind'], Method, string[]]>([
    ['round-robin', { kind: 'round-robin' }, []],
    ['ip-hash', { kind: 'ip-hash' }, ['ip_hash']],
    ['hash', { kind: 'hash', key: '$http_x_id' }, ['hash $aiwm_affinity_key consistent']],
  ])('the pool that is asked chooses by %s, and alone counts failures', (_, method, expected) => {
    const asked = asking({ method });
    expect(asked.method()).toEqual(expected);
    const counting = asked.pools.filter((name) =>
      asked
        .pool(name)
        .all('server')
        .some((words) => words.some((word) => /^max_fails=[1-9]/.test(word))),
    );
    expect(counting).toEqual(['aiwm_backend']);
  });

  test('a long-polling session asks the pool that keeps sessions', () => {
    const two = asking({ method: { kind: 'round-robin' }, sessionMethod: { kind: 'ip-hash' } });
    expect(chat(two).all('set')).toEqual([['$aiwm_asked_pool', '$aiwm_pool']]);
    expect(question(two).value('proxy_pass')).toBe('http://$aiwm_asked_pool/health');
  });

  test('an argument that chooses is read before the question, which has none', () => {
    const hashed = asking({ method: { kind: 'hash', key: '$arg_user' } });
    expect(chat(hashed).all('set')).toEqual([['$aiwm_asked_key', '$aiwm_affinity_key']]);
    expect(hashed.method()).toEqual(['hash $aiwm_asked_key consistent']);
    const names = chat(hashed).directives.map(({ name }) => name);
    expect(names.indexOf('set')).toBeLessThan(names.indexOf('auth_request'));
  });
});

describe('the question', () => {
  const all = asking({}, { errorPages: PAGES });

  test('holds nothing of the client and is in no log', () => {
    const asked = question(all);
    expect(asked.has('internal')).toBe(true);
    expect(asked.value('access_log')).toBe('off');
    expect(asked.value('proxy_method')).toBe('HEAD');
    expect(asked.value('proxy_pass_request_headers')).toBe('off');
    expect(asked.value('proxy_pass_request_body')).toBe('off');
    expect(asked.all('proxy_set_header')).toEqual([
      ['Host', 'chat.example.org'],
      ['Connection', ''],
      ['Content-Length', ''],
    ]);
  });

  test('cannot be asked by a client: no path of HTTP is without a slash', () => {
    expect(all.front.all('location').filter(([, path]) => path === 'aiwm:ask')).toEqual([
      ['=', 'aiwm:ask'],
    ]);
  });

  test('is bounded, while an open WebSocket is not', () => {
    expect(question(all).value('proxy_read_timeout')).toBe('2s');
    expect(question(all).value('proxy_connect_timeout')).toBe('5s');
    expect(chat(all).value('proxy_read_timeout')).toBe('7d');
  });

  test('passes over an instance that says that it is not well; any other answer will do', () => {
    expect(question(all).value('proxy_next_upstream')).toBe(
      'error timeout http_500 http_502 http_503 http_504',
    );
    const [[...codes] = []] = question(all).all('error_page');
    expect(codes.slice(-2)).toEqual(['=', '@aiwm_is_there']);
    for (const code of ['301', '401', '403', '404', '405', '426', '501']) {
      expect(codes).toContain(code);
    }
    expect(all.location('@aiwm_is_there').value('return')).toBe('204');
  });
});

describe('where nobody answers', () => {
  test.each([
    [
      'clients are told in the words of errorPages',
      PAGES,
      ['502', '503', '504', '=', '@chat_unavailable'],
    ],
    ['or by nginx itself', undefined, undefined],
  ])('sessions are served without asking; if that fails, %s', (_, errorPages, page) => {
    const result = asking({}, { errorPages });
    const pages = page === undefined ? [] : [page];
    expect(chat(result).all('error_page')).toEqual([...pages, ['500', '=', '@aiwm_unasked']]);
    expect(chat(result).value('recursive_error_pages')).toBe('on');
    const unasked = result.location('@aiwm_unasked');
    expect(unasked.value('proxy_pass')).toBe('http://aiwm_backend_unasked');
    expect(unasked.value('proxy_read_timeout')).toBe('7d');
    expect(unasked.all('error_page')).toEqual(pages);
    expect(result.method('aiwm_backend_unasked')).toEqual(['ip_hash']);
    expect(result.pool('aiwm_backend_unasked').all('server')).toEqual([
      ['10.0.0.1:3003', 'max_fails=0'],
      ['10.0.0.2:3003', 'max_fails=0'],
    ]);
  });
});

describe('REST has a pool of its own', () => {
  const peers = [
    { address: '10.0.0.1:1', weight: 5 },
    { address: '10.0.0.2:1', down: true },
    { address: '10.0.0.3:1', backup: true },
  ];
  const result = asking({ peers, method: { kind: 'round-robin' } });

  test('by least connections, which counts no failures', () => {
    expect(result.location('/dev/aiwm/').value('proxy_pass')).toBe('http://aiwm_backend_rest');
    expect(result.method('aiwm_backend_rest')).toEqual(['least_conn']);
    expect(result.pool('aiwm_backend_rest').all('server')).toEqual([
      ['10.0.0.1:1', 'weight=5', 'max_fails=0'],
      ['10.0.0.2:1', 'max_fails=0', 'down'],
      ['10.0.0.3:1', 'max_fails=0', 'backup'],
    ]);
  });

  test('weights, backups and those that are down are for the pool that is asked, not for the groups', () => {
    expect(result.pool().all('server')[0]).toContain('weight=5');
    for (const [index, { address }] of peers.entries()) {
      expect(result.pool(`aiwm_backend_${index + 1}`).all('server')).toEqual([
        [address, 'max_fails=0'],
        ...(index === 0 ? [] : [['10.0.0.1:1', 'max_fails=0', 'backup']]),
      ]);
    }
  });

  test('and is not there without REST', () => {
    const without = asking({}, { routes: { webSocket: { path: '/ws', engineIo: true } } });
    expect(without.pools).not.toContain('aiwm_backend_rest');
  });
});

describe('names', () => {
  const peers = [
    { address: 'aiwm-1:3003', resolve: true },
    { address: 'aiwm-2.internal:3003' },
    { address: '10.0.0.3:3003' },
    { address: 'unix:/run/a.sock' },
    { address: '[fd00::a]:1' },
  ];

  test('stand for addresses that nginx alone knows: straight to what answered', () => {
    const result = asking(
      { peers, method: { kind: 'round-robin' } },
      { version: '1.30', layout: { resolver: '127.0.0.11' } },
    );
    expect(result.map('$aiwm_instance').entries).toEqual({
      '10.0.0.3:3003': 'aiwm_backend_3',
      'unix:/run/a.sock': 'aiwm_backend_4',
      '[fd00::a]:1': 'aiwm_backend_5',
      default: '$aiwm_answered',
    });
    expect(result.pools).not.toContain('aiwm_backend_1');
    expect(result.pools).not.toContain('aiwm_backend_2');
  });

  test('have a group where sessions say that they live there', () => {
    const result = asking(
      { peers, method: { kind: 'round-robin' }, marksSessions: true },
      { version: '1.30', layout: { resolver: '127.0.0.11' } },
    );
    expect(result.pool('aiwm_backend_1').all('server')).toEqual([
      ['aiwm-1:3003', 'resolve', 'max_fails=0'],
      ['aiwm-2.internal:3003', 'max_fails=0', 'backup'],
    ]);
    expect(result.pool('aiwm_backend_1').value('zone')).toBe('aiwm_backend_1 256k');
    expect(result.lookUp('$aiwm_owner', '1.x')).toBe('aiwm_backend_1');
  });
});

describe('instances that mark their sessions', () => {
  const result = asking({
    peers: Array.from({ length: 12 }, (_, index) => ({
      address: `10.0.0.${index + 1}:1`,
      down: index === 1,
    })),
    marksSessions: true,
  });

  test('are asked by no request of such a session, also when they get no new ones', () => {
    expect(chat(result).all('set')).toEqual([['$aiwm_session', '$aiwm_owner']]);
    expect(chat(result).value('proxy_pass')).toBe('http://$aiwm_target');
    expect(question(result).all('if')).toEqual([['($aiwm_session)']]);
    expect(result.map('$aiwm_owner').of).toBe('$arg_sid');
    expect(result.lookUp('$aiwm_owner', '2.abc')).toBe('aiwm_backend_2');
  });

  test.each([
    ['1.abc', 'aiwm_backend_1'],
    ['12.abc', 'aiwm_backend_12'],
    ['13.abc', ''],
    ['0.abc', ''],
    ['01.abc', ''],
    ['1xabc', ''],
    ['abc1.', ''],
    ['', ''],
  ])('sid %j belongs to %j', (sid, owner) => {
    expect(result.lookUp('$aiwm_owner', sid)).toBe(owner);
  });

  test('only where there are sessions', () => {
    const plain = asking(
      { marksSessions: true },
      { routes: { webSocket: { path: '/ws', engineIo: false } } },
    );
    expect(plain.mapped).not.toContain('$aiwm_owner');
  });
});

describe('by least connections, WebSockets are counted in the pool, and so go through it', () => {
  const method = { kind: 'least-connections' } as const;

  test('without long-polling', () => {
    const result = asking({ method });
    expect(chat(result).value('auth_request')).toBe('aiwm:ask');
    expect(chat(result).value('proxy_pass')).toBe('http://aiwm_backend');
  });

  test('beside sessions that have a pool of their own', () => {
    const result = asking({ method, sessionMethod: { kind: 'ip-hash' } });
    expect(chat(result).value('proxy_pass')).toBe('http://$aiwm_target');
    expect(result.map('$aiwm_target')).toEqual({
      of: '$aiwm_asked_pool',
      entries: { aiwm_backend: 'aiwm_backend', default: '$aiwm_instance' },
    });
  });

  test('beside sessions that say where they live', () => {
    const result = asking({ method, marksSessions: true });
    expect(result.map('$aiwm_target').entries).toEqual({
      '': 'aiwm_backend',
      default: '$aiwm_session',
    });
  });
});

test('a sticky cookie that a question was given is handed on to the client', () => {
  const cookie = { name: 'where', path: '/', sameSite: 'lax' } as const;
  const result = asking({ method: { kind: 'cookie', cookie } }, { version: '1.30' });
  expect(chat(result).all('auth_request_set')).toContainEqual([
    '$aiwm_affinity_cookie',
    '$sent_http_set_cookie',
  ]);
  expect(question(result).value('proxy_hide_header')).toBe('Set-Cookie');
  expect(result.front.all('add_header')).toEqual([
    ['Set-Cookie', '$aiwm_affinity_cookie', 'always'],
  ]);
});

describe('buffers', () => {
  const sizes = (result: FrontConf, path: string) =>
    ['proxy_buffer_size', 'proxy_buffers'].map((name) => result.location(path).all(name)[0]);

  test('hold an answer that repeats what nginx lets in, with and without asking', () => {
    for (const result of [asking(), conf()]) {
      expect(sizes(result, '/dev/aiwm/chat/')).toEqual([['64k'], ['4', '64k']]);
      expect(sizes(result, '/dev/aiwm/')).toEqual([['32k'], ['4', '32k']]);
    }
  });

  test.each([
    ['server', 'proxy_buffer_size 8k;', [undefined, undefined], [undefined, undefined]],
    ['http', 'proxy_busy_buffers_size 8k;', [undefined, undefined], [undefined, undefined]],
    ['webSocket', 'proxy_buffer_size 128k;', [['128k'], undefined], [['32k'], ['4', '32k']]],
  ] as const)('are left to a user who says one in %s: %s', (context, line, ws, rest) => {
    const result = conf({ own: { [context]: [line] } });
    expect(sizes(result, '/dev/aiwm/chat/')).toEqual(ws);
    expect(sizes(result, '/dev/aiwm/')).toEqual(rest);
  });
});

test('a path of WebSockets alone answers the rest by itself, with what every answer carries', () => {
  const result = conf({
    hsts: { maxAgeSeconds: 60, includeSubDomains: false, preload: false },
    routes: { webSocket: { path: '/ws', engineIo: false, refusesPlainRequests: true } },
  });
  for (const path of ['= /ws', '/ws/']) {
    const [rule] = result.location(path).directives;
    expect(rule).toMatchObject({ name: 'if', args: ['($ws_upgrade', '!=', 'websocket)'] });
    expect(rule?.block).toEqual([
      { name: 'add_header', args: ['Strict-Transport-Security', 'max-age=60', 'always'] },
      { name: 'add_header', args: ['Upgrade', 'websocket', 'always'] },
      { name: 'return', args: ['426', 'This address takes WebSockets only.'] },
    ]);
  }
});
