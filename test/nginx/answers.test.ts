// Error pages, and headers of answers.
import type { ErrorPages } from '../../lib/nginx/intent';
import { conf } from '../support/front/intent';

const PAGES: ErrorPages = {
  unavailable: '{"error":"it\'s down; {}"}',
  tooManyConnections: '{"error":"too_many"}',
  originRefused: '{"error":"origin"}',
  retryAfterSeconds: 7,
};
const LIMITS = { key: '$remote_addr', connectionsPerClient: 1, burst: 0 };

describe('error pages', () => {
  const result = conf({
    errorPages: PAGES,
    limits: LIMITS,
    allowedOrigins: ['https://a.example'],
  });

  test('stand on the WebSocket path, and their own status comes through', () => {
    expect(result.location('/dev/aiwm/chat/').all('error_page')).toEqual([
      ['502', '503', '504', '=', '@chat_unavailable'],
      ['429', '=', '@too_many_connections'],
      ['403', '=', '@origin_refused'],
    ]);
    expect(result.location('/dev/aiwm/').has('error_page')).toBe(false);
  });

  test.each([
    ['@chat_unavailable', '503', PAGES.unavailable, ['Retry-After', '7', 'always']],
    ['@too_many_connections', '429', PAGES.tooManyConnections, ['Retry-After', '7', 'always']],
    ['@origin_refused', '403', PAGES.originRefused, undefined],
  ])('%s answers %s with its body', (name, status, body, header) => {
    const page = result.location(name);
    expect(page.all('return')).toEqual([[status, body]]);
    expect(page.value('default_type')).toBe('application/json');
    expect(page.all('add_header')).toEqual(header === undefined ? [] : [header]);
  });

  test('are there only where they can come up', () => {
    const names = conf({ errorPages: PAGES }).locations.filter((name) => name.startsWith('@'));
    expect(names).toEqual(['@chat_unavailable']);
  });

  test('may be nginx’s own', () => {
    const own = conf({ limits: LIMITS, allowedOrigins: ['https://a.example'] });
    expect(own.deep().filter(({ name }) => name === 'error_page')).toEqual([]);
    expect(own.locations.filter((name) => name.startsWith('@'))).toEqual([]);
  });
});

describe('Strict-Transport-Security', () => {
  test.each([
    [{ maxAgeSeconds: 60, includeSubDomains: false, preload: false }, 'max-age=60'],
    [
      { maxAgeSeconds: 31_536_000, includeSubDomains: true, preload: true },
      'max-age=31536000; includeSubDomains; preload',
    ],
  ])('%j', (hsts, value) => {
    const { front } = conf({ hsts });
    expect(front.all('add_header')).toEqual([['Strict-Transport-Security', value, 'always']]);
  });

  test('is not told unless asked for', () => {
    expect(conf().front.has('add_header')).toBe(false);
  });
});

describe('a location with a header of its own', () => {
  const hsts = { maxAgeSeconds: 60, includeSubDomains: false, preload: false };
  const cookie = { name: 'where', path: '/', sameSite: 'lax' } as const;
  const result = conf({
    hsts,
    errorPages: PAGES,
    upstream: { method: { kind: 'cookie', cookie } },
    own: {
      server: ['add_header X-Team chat always;'],
      webSocket: ['add_header X-Path ws;'],
    },
  });
  const EVERYWHERE = [
    ['Strict-Transport-Security', 'max-age=60', 'always'],
    ['Set-Cookie', '$aiwm_affinity_cookie', 'always'],
    ['X-Team', 'chat', 'always'],
  ];

  test('says all of the server’s again, which it would not inherit', () => {
    expect(result.front.all('add_header')).toEqual(EVERYWHERE);
    expect(result.location('/dev/aiwm/chat/').all('add_header')).toEqual([
      ...EVERYWHERE,
      ['X-Path', 'ws'],
    ]);
    expect(result.location('@chat_unavailable').all('add_header')).toEqual([
      ...EVERYWHERE,
      ['Retry-After', '7', 'always'],
    ]);
  });

  test('and one without inherits them', () => {
    expect(result.location('/dev/aiwm/').has('add_header')).toBe(false);
  });
});
