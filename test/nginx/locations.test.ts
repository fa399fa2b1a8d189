import type { Routes } from '../../lib/nginx/intent';
import { conf } from '../support/front/intent';

function withRoutes(routes: Routes) {
  return conf({ routes });
}

describe('the routes of the guide', () => {
  const result = conf();

  test('each path in its exact form and with what is below it, and nothing else', () => {
    expect(result.locations).toEqual([
      '= /dev/aiwm/chat',
      '/dev/aiwm/chat/',
      '= /dev/aiwm',
      '/dev/aiwm/',
      '= /dev/aiwm/health',
      '= /dev/aiwm/health/',
      '/',
    ]);
    expect(result.location('/').value('return')).toBe('404');
  });

  test('Socket.IO works without the slash at the end as well', () => {
    expect(result.location('= /dev/aiwm/chat').value('rewrite')).toBe('^ /dev/aiwm/chat/ last');
    expect(result.location('/dev/aiwm/chat/').has('rewrite')).toBe(false);
  });

  test('both forms of the REST path do the same', () => {
    expect(result.location('= /dev/aiwm').directives).toEqual(
      result.location('/dev/aiwm/').directives,
    );
  });

  test.each(['= /dev/aiwm/health', '= /dev/aiwm/health/'])(
    '%s asks the instances for their own path, soon gives up, and is not logged',
    (path) => {
      const health = result.location(path);
      expect(health.value('proxy_pass')).toBe('http://aiwm_backend_health/health');
      expect(health.value('access_log')).toBe('off');
      expect(health.value('proxy_connect_timeout')).toBe('1s');
      expect(health.value('proxy_read_timeout')).toBe('2s');
    },
  );
});

describe('a WebSocket has one way in', () => {
  const RULE = { name: 'if', args: ['($ws_upgrade)'], block: [{ name: 'return', args: ['400'] }] };

  test.each<[string, Routes, string[]]>([
    [
      'beside Socket.IO',
      { webSocket: { path: '/ws', engineIo: true }, rest: '/api' },
      ['= /api', '/api/'],
    ],
    [
      'beside a mapped engine path',
      { webSocket: { path: '/ws', engineIo: true, enginePath: '/socket.io/' }, rest: '/api' },
      ['= /api', '/api/'],
    ],
    ['beside a plain WebSocket', { webSocket: { path: '/ws', engineIo: false }, rest: '' }, ['/']],
  ])('REST %s begins with its refusal, and nothing else has it', (_, routes, forms) => {
    const { front, locations } = withRoutes(routes);
    const refusing = locations.filter((path) =>
      front
        .block('location', ...path.split(' '))
        .directives.some(({ args }) => args[0] === '($ws_upgrade)'),
    );
    expect(refusing).toEqual(forms);
    for (const form of forms) {
      expect(front.block('location', ...form.split(' ')).directives[0]).toEqual(RULE);
    }
  });

  test('own lines of REST come behind it', () => {
    const rest = conf({ own: { rest: ['if ($arg_a) { return 204; }'] } }).location('/dev/aiwm/');
    expect(rest.directives[0]).toEqual(RULE);
  });
});

describe('a path that resolves to another one', () => {
  const [rule, ...others] = conf()
    .front.directives.filter(({ name }) => name === 'if')
    .map(({ args, block }) => ({ args, block }));

  test('is refused by the server, before any location', () => {
    expect(others).toEqual([]);
    expect(rule!.args.slice(0, 2)).toEqual(['($request_uri', '~*']);
    expect(rule!.block).toEqual([{ name: 'return', args: ['400'] }]);
  });

  /** As nginx reads it: the last parenthesis closes the condition. */
  const pattern = new RegExp(rule!.args[2]!.replace(/\)$/, ''), 'i');

  test.each([
    '/a/../b',
    '/a/..',
    '/..',
    '/a/./b',
    '/a/.',
    '/a/.?x',
    '/a/..?x',
    '/a/..%2fb',
    '/a%2F..%2Fb',
    '/a/%2e%2E/b',
    '/a/.%2e/b',
    '/a/%2e./b',
    '/a/%2e/b',
    '/a%2f.%2fb?x=1',
    '/a/..#/b',
    '/a/.#',
    '/a/%2e%2e#?x',
    '/a#/../b',
  ])('%s', (path) => {
    expect(path).toMatch(pattern);
  });

  test.each([
    '/',
    '/a/.well-known/b',
    '/a/..b',
    '/a/b..',
    '/a/b../c',
    '/a/...',
    '/a/.../b',
    '/a/.x%2fb',
    '/a..b?q=/../x',
    '/a?/../b',
    '/a?next=%2f..%2fb',
    '/a/%2e%2e%2e/b',
    '/a/b%2fc',
    '/a.b/c.d',
  ])('but not %s', (path) => {
    expect(path).not.toMatch(pattern);
  });
});

describe('a mapped engine path', () => {
  const result = withRoutes({
    webSocket: { path: '/dev/aiwm/chat', engineIo: true, enginePath: '/socket.io/' },
  });

  test('is what the instances see; nothing below it is routed', () => {
    expect(result.locations).toEqual(['= /dev/aiwm/chat', '= /dev/aiwm/chat/', '/']);
    expect(result.location('= /dev/aiwm/chat/').value('rewrite')).toBe('^ /socket.io/ break');
  });

  test('at the root leaves every other path unrouted', () => {
    const root = withRoutes({
      webSocket: { path: '', engineIo: true, enginePath: '/socket.io/' },
    });
    expect(root.locations).toEqual(['= /', '/']);
    expect(root.location('= /').value('rewrite')).toBe('^ /socket.io/ break');
    expect(root.location('/').value('return')).toBe('404');
  });
});

describe('at the root', () => {
  test.each<[string, Routes, string[]]>([
    ['Socket.IO', { webSocket: { path: '', engineIo: true } }, ['/']],
    ['a plain WebSocket', { webSocket: { path: '', engineIo: false } }, ['/']],
    ['REST', { webSocket: { path: '/ws', engineIo: true }, rest: '' }, ['= /ws', '/ws/', '/']],
    [
      'health beside Socket.IO',
      {
        webSocket: { path: '/ws', engineIo: true },
        health: { path: '/', target: '/health' },
      },
      ['= /ws', '/ws/', '= /', '/'],
    ],
  ])('%s', (_, routes, locations) => {
    expect(withRoutes(routes).locations).toEqual(locations);
  });
});

test('a plain WebSocket path reaches the instances as it came, in both forms', () => {
  const result = withRoutes({ webSocket: { path: '/ws', engineIo: false } });
  expect(result.locations).toEqual(['= /ws', '/ws/', '/']);
  expect(result.location('= /ws').directives).toEqual(result.location('/ws/').directives);
  expect(result.location('/ws/').has('rewrite')).toBe(false);
  expect(result.location('/ws/').value('proxy_read_timeout')).toBe('7d');
});

test('each kind of route has its own timeouts', () => {
  const result = conf({ timeouts: { webSocket: '75s', rest: '20s' } });
  const timeouts = (path: string) =>
    ['proxy_read_timeout', 'proxy_send_timeout'].map((name) => result.location(path).value(name));
  expect(timeouts('/dev/aiwm/chat/')).toEqual(['75s', '75s']);
  expect(timeouts('/dev/aiwm/')).toEqual(['20s', '20s']);
  expect(timeouts('= /dev/aiwm')).toEqual(['20s', '20s']);
});

test('the largest body is said once, for all', () => {
  const result = conf({ maxBodySize: '9m' });
  expect(result.deep().filter(({ name }) => name === 'client_max_body_size')).toHaveLength(1);
  expect(result.front.value('client_max_body_size')).toBe('9m');
});
