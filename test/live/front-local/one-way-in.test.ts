// A WebSocket gets in where its Origin, its limits and its session are looked at, and nowhere else; and what one client
// provokes takes no instance from the others.
import { Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer, type EchoOptions, type SeenRequest } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const chat = '/dev/aiwm/chat/';
const ours = 'https://app.example.org';
const foreign = 'https://evil.example';

/** As it is written: an HTTP client would resolve ".." itself and drop what comes after "#". */
async function rawStatus(
  front: RenderedFront,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = rawGet(path, { Host: serverName, ...headers });
  const upgrading = text.replace('Connection: close', 'Connection: Upgrade, close');
  const bytes = headers.Upgrade === undefined ? text : upgrading;
  const answer = await rawExchange(front.ports.httpPort, bytes, { timeoutMs: 3_000 });
  return Number(/^HTTP\/1.1 (\d+) /.exec(answer)?.[1]);
}

const rawHandshake = (front: RenderedFront, path: string, origin?: string) =>
  rawStatus(front, path, {
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...(origin !== undefined && { Origin: origin }),
  });

/** Below Socket.IO's path as an instance reads it, outside of it as nginx does. */
const climbing = [
  `${chat}..%2fx`,
  `${chat}../x`,
  `${chat}..`,
  `${chat}%2e%2e/x`,
  `${chat}.%2E%2Fx`,
  `${chat}a/../../x`,
  `${chat}..#/`,
];
/** REST, at instances that take a WebSocket everywhere. */
const elsewhere = ['/dev/aiwm', '/dev/aiwm/', '/dev/aiwm/x', '/dev/aiwm/chatter', '/dev/aiwm//x'];

describe('a WebSocket beside its way in', () => {
  let server: EchoServer;
  let front: RenderedFront;

  beforeAll(async () => {
    server = await EchoServer.start();
    front = await RenderedFront.start({
      upstream: Upstream.servers([server.address]),
      allowedOrigins: [ours],
      limits: { connectionsPerClient: 1 },
    });
  });

  test.each([...climbing, ...elsewhere])('gets 400 at %s, whoever asks', async (path) => {
    const seen = server.requests.length;
    for (const origin of [foreign, ours, undefined]) {
      expect(await rawHandshake(front, path + engineQuery, origin)).toBe(400);
    }
    expect(server.requests).toHaveLength(seen);
    expect(server.webSockets.size).toBe(0);
  });

  test.each(climbing)('nor does long-polling get in at %s', async (path) => {
    const seen = server.requests.length;
    const polling = `${path}?EIO=4&transport=polling`;
    expect(await rawStatus(front, polling, { Origin: foreign })).toBe(400);
    expect(server.requests).toHaveLength(seen);
  });

  test('where it gets in, a foreign Origin gets 403', async () => {
    expect(await rawHandshake(front, chat + engineQuery, foreign)).toBe(403);
    const answer = await handshake(`${front.url}${chat}${engineQuery}`, {
      headers: { Origin: ours },
    });
    expect(answer.status).toBe(101);
    answer.socket?.destroy();
    await waitFor(() => server.webSockets.size === 0, 5_000, 'the WebSocket is still open');
  });

  test('a limit of one is not passed by another way', async () => {
    const knock = () => handshake(`${front.url}${chat}${engineQuery}`);
    const first = await knock();
    expect(first.status).toBe(101);
    expect((await knock()).status).toBe(429);
    for (const path of [...climbing, ...elsewhere]) {
      expect(await rawHandshake(front, path + engineQuery)).toBe(400);
    }
    expect(server.webSockets.size).toBe(1);
    first.socket?.destroy();
    await waitFor(
      async () => {
        const { status, socket } = await knock();
        socket?.destroy();
        return status === 101;
      },
      5_000,
      'the place of the closed one is not free',
    );
  });
});

test('Socket.IO itself would take a path that climbs: the tests above can fail', async () => {
  const instances = await ChatInstances.start({ count: 1 });
  const url = `${chat}..%2fx${engineQuery}`;
  const direct = await handshake(instances.get(1).url + url, { headers: { Origin: foreign } });
  expect(direct.status).toBe(101);
  direct.socket?.destroy();
  const front = await RenderedFront.start({
    upstream: Upstream.servers(instances.addresses),
    allowedOrigins: [ours],
  });
  for (const path of climbing) {
    expect(await rawHandshake(front, path + engineQuery, foreign)).toBe(400);
  }
  const { status, socket } = await handshake(`${front.url}${chat}${engineQuery}`, {
    headers: { Origin: ours },
  });
  expect(status).toBe(101);
  socket?.destroy();
});

describe('a path', () => {
  let server: EchoServer;
  let front: RenderedFront;

  beforeAll(async () => {
    server = await EchoServer.start();
    front = await RenderedFront.start({ upstream: Upstream.servers([server.address]) });
  });

  test.each([
    '/internal/..%2fdev/aiwm/x',
    '/internal/../dev/aiwm/x',
    '/dev/aiwm/./x',
    '/dev/aiwm/.',
    '/dev/aiwm/..',
    '/dev/aiwm/../secret',
    '/dev/aiwm/%2e%2e/secret',
    '/dev/aiwm/%2E/x?a=b',
    '/dev/aiwm/x%2f..%2fy',
    '/dev/aiwm/..#/x',
    '/./dev/aiwm/health',
  ])('%s is refused, for it means another one', async (path) => {
    const seen = server.requests.length;
    expect(await rawStatus(front, path)).toBe(400);
    expect(server.requests).toHaveLength(seen);
  });

  test.each([
    '/dev/aiwm/.well-known',
    '/dev/aiwm/a..b?q=/../x',
    '/dev/aiwm/..a/b../...',
    '/dev/aiwm/x?next=%2F..%2F',
    '/dev/aiwm/a%2fb',
  ])('%s reaches the instance as it was written', async (path) => {
    const answer = await rawExchange(front.ports.httpPort, rawGet(path, { Host: serverName }));
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(server.requests.at(-1)?.url).toBe(path);
  });
});

describe('three instances that take turns', () => {
  const names = ['a', 'b', 'c'];

  async function startThree(answers: EchoOptions['answers'], options: FrontOptions = {}) {
    const servers = await Promise.all(names.map((name) => EchoServer.start({ name, answers })));
    const upstream = Upstream.servers(
      servers.map(({ address }) => address),
      { backplane: true },
    );
    const front = await RenderedFront.start({ upstream, ...options });
    return { servers, front };
  }

  /** 12 REST calls and 12 WebSockets in turns: each goes through, and none of the instances is left out. */
  async function expectAll(front: RenderedFront) {
    const served: Record<string, number> = { a: 0, b: 0, c: 0 };
    const count = (name: unknown) => (served[String(name)] = (served[String(name)] ?? 0) + 1);
    for (let turn = 0; turn < 12; turn += 1) {
      const { status, headers } = await request(`${front.url}/dev/aiwm/users`);
      expect(status).toBe(200);
      count(headers['x-server']);
      const answer = await handshake(`${front.url}${chat}${engineQuery}`);
      expect(answer.status).toBe(101);
      count(answer.headers['x-server']);
      answer.socket?.destroy();
    }
    expect(served).toEqual({ a: 8, b: 8, c: 8 });
  }

  test('9 REST calls that are answered with 503 leave WebSockets and other calls where they were', async () => {
    const { servers, front } = await startThree({ '/dev/aiwm/broken': { status: 503 } });
    for (let turn = 0; turn < 9; turn += 1) {
      const { status, body } = await request(`${front.url}/dev/aiwm/broken`);
      // The service's own answer, from one instance: nobody else was asked.
      expect(status).toBe(503);
      expect((JSON.parse(body) as SeenRequest).url).toBe('/dev/aiwm/broken');
    }
    expect(servers.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
    await expectAll(front);
    expect(front.nginx.errorLog().join('\n')).not.toMatch(/temporarily disabled|no live upstreams/);
  });

  test('a health that takes 2.6 s, asked often, takes no instance from clients', async () => {
    const { front } = await startThree(
      { '/health': { delayMs: 2_600 } },
      { failover: { maxFails: 1 } },
    );
    const polls = Array.from({ length: 24 }, () =>
      request(`${front.url}/dev/aiwm/health`, { timeoutMs: 20_000 }),
    );
    // The first have run into their 2 s, and the next instance is being asked.
    await sleep(2_400);
    await expectAll(front);
    const statuses = new Set((await Promise.all(polls)).map(({ status }) => status));
    expect([...statuses]).toEqual([504]);
    await expectAll(front);
    expect(front.nginx.errorLog().join('\n')).not.toMatch(/temporarily disabled|no live upstreams/);
  });
});

test('health is the same with a slash at its end, and never logged', async () => {
  const server = await EchoServer.start();
  const front = await RenderedFront.start({ upstream: Upstream.servers([server.address]) });
  for (const path of ['/dev/aiwm/health', '/dev/aiwm/health/', '/dev/aiwm/health/?deep=1']) {
    expect(await rawStatus(front, path)).toBe(200);
  }
  expect(server.requests.map(({ url }) => url)).toEqual(['/health', '/health', '/health?deep=1']);
  await request(`${front.url}/dev/aiwm/other`);
  await front.nginx.waitForAccessLog(/\/dev\/aiwm\/other/);
  expect(await front.nginx.settledAccessLog()).toHaveLength(1);
});
