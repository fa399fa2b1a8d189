// What is refused: too many WebSockets of one client, pages of others, and everybody while no instance is there.
import { ErrorPages, Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import {
  engineQuery,
  exchange,
  handshake,
  openWebSocket,
  type HandshakeOptions,
} from '../../support/front/raw-websocket';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

let server: EchoServer;
beforeAll(async () => {
  server = await EchoServer.start();
});

const chat = '/dev/aiwm/chat/';
const polling = `${chat}?EIO=4&transport=polling`;
const start = (options: FrontOptions) =>
  RenderedFront.start({ upstream: Upstream.servers([server.address]), ...options });
const knock = (front: RenderedFront, options: HandshakeOptions = {}, path = chat) =>
  handshake(`${front.url}${path}${engineQuery}`, { ca: front.ca, ...options });

async function statusOf(front: RenderedFront, options: HandshakeOptions = {}): Promise<number> {
  const { status, socket } = await knock(front, options);
  socket?.destroy();
  return status;
}

const json = { 'content-type': 'application/json' };

describe('3 WebSockets of one client', () => {
  test('the 4th gets 429 while REST and polling pass, and a closed one frees its place', async () => {
    const front = await start({ limits: { connectionsPerClient: 3 } });
    const open = await Promise.all([knock(front), knock(front), knock(front)]);
    expect(open.map(({ status }) => status)).toEqual([101, 101, 101]);
    for (const path of [chat, '/dev/aiwm/chat']) {
      expect(await knock(front, {}, path)).toMatchObject({
        status: 429,
        body: '{"error":"too_many_connections"}',
        headers: { ...json, 'retry-after': '5' },
        socket: undefined,
      });
    }
    for (const path of ['/dev/aiwm/users', polling, '/dev/aiwm/health']) {
      expect(await request(front.url + path)).toMatchObject({ status: 200 });
    }
    expect(await statusOf(front, { localAddress: '127.0.2.1' })).toBe(101);
    open[0]?.socket?.destroy();
    await waitFor(
      async () => (await statusOf(front)) === 101,
      5_000,
      'the place of the closed one is not free',
    );
    open.forEach(({ socket }) => socket?.destroy());
  });

  test('goes by the client, not by the proxy that all come through', async () => {
    const front = await start({
      limits: { connectionsPerClient: 3 },
      trustedProxies: ['127.0.0.1'],
    });
    const from = (address: string) => knock(front, { headers: { 'X-Forwarded-For': address } });
    const statuses = async (address: string) => {
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => from(address)));
      return answers.map(({ status }) => status).sort();
    };
    expect(await statuses('198.51.100.7')).toEqual([101, 101, 101, 429, 429]);
    expect(await statuses('198.51.100.8')).toEqual([101, 101, 101, 429, 429]);
  });

  interface Client {
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }

  test.each<[string, (user: string) => Client]>([
    ['$arg_user', (user) => ({ query: `&user=${user}` })],
    ['$http_x_user', (user) => ({ headers: { 'X-User': user } })],
    ['$cookie_user', (user) => ({ headers: { Cookie: `user=${user}` } })],
  ])('can go by %s, and a client that does not send it goes by its address', async (key, by) => {
    const front = await start({ limits: { connectionsPerClient: 3, key } });
    const statuses = async ({ query = '', headers }: Client, localAddress?: string) => {
      const url = `${front.url}${chat}${engineQuery}${query}`;
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => handshake(url, { headers, localAddress })),
      );
      return answers.map(({ status }) => status).sort();
    };
    const three = [101, 101, 101, 429];
    expect(await statuses(by('a'))).toEqual(three);
    expect(await statuses(by('b'))).toEqual(three);
    expect(await statuses(by('b'), '127.0.2.1')).toEqual([429, 429, 429, 429]);
    expect(await statuses({})).toEqual(three);
    expect(await statuses(by(''))).toEqual([429, 429, 429, 429]);
    expect(await statuses({}, '127.0.2.1')).toEqual(three);
  });
});

test('handshakes of one client above rate and burst get 429, REST does not, and later ones pass', async () => {
  const front = await start({ limits: { handshakesPerSecond: 1, burst: 4 } });
  const started = performance.now();
  const answers = await Promise.all(Array.from({ length: 30 }, () => knock(front)));
  const elapsed = Math.ceil((performance.now() - started) / 1_000);
  const accepted = answers.filter(({ status }) => status === 101);
  // One, four more at once, and one for each second that this took.
  expect(accepted.length).toBeGreaterThanOrEqual(5);
  expect(accepted.length).toBeLessThanOrEqual(5 + elapsed);
  const refused = answers.filter(({ status }) => status !== 101);
  refused.forEach((answer) =>
    expect(answer).toMatchObject({
      status: 429,
      body: '{"error":"too_many_connections"}',
      headers: { 'retry-after': '5' },
    }),
  );
  const rest = await Promise.all(
    Array.from({ length: 30 }, () => request(`${front.url}/dev/aiwm/users`)),
  );
  expect(rest.filter(({ status }) => status === 200)).toHaveLength(30);
  expect(await statusOf(front, { localAddress: '127.0.2.1' })).toBe(101);
  await waitFor(async () => (await statusOf(front)) === 101, 10_000, 'nobody may come back', 500);
  accepted.forEach(({ socket }) => socket?.destroy());
});

test('a body may have 2 MB, a WebSocket message more', async () => {
  const front = await start({});
  const post = (length: number) => request(front.url + polling, { body: 'x'.repeat(length) });
  // What Socket.IO sends at most with its own defaults.
  expect(await post(1_000_000)).toMatchObject({ status: 200 });
  expect(await post(2_000_000)).toMatchObject({ status: 200 });
  expect(await post(2_200_000)).toMatchObject({ status: 413 });
  const socket = await openWebSocket(`${front.webSocketUrl}${chat}${engineQuery}`);
  const { text } = await exchange(socket, 'x'.repeat(3_000_000));
  expect(text).toHaveLength(3_000_000);
  socket.terminate();
});

describe('error pages', () => {
  async function startWithoutInstances(options: FrontOptions = {}) {
    const servers = await Promise.all([EchoServer.start(), EchoServer.start()]);
    const upstream = Upstream.servers(servers.map(({ address }) => address));
    const front = await RenderedFront.start({ upstream, ...options });
    await Promise.all(servers.map((each) => each.close()));
    return front;
  }

  test('when all instances are down, a WebSocket gets 503 with a body and Retry-After', async () => {
    const front = await startWithoutInstances();
    // Refused by both; then both are out for a while.
    for (let index = 0; index < 10; index += 1) {
      expect(await knock(front)).toMatchObject({
        status: 503,
        body: '{"error":"chat_unavailable"}',
        headers: { ...json, 'retry-after': '5' },
      });
      expect(await request(front.url + polling)).toMatchObject({ status: 503 });
    }
    expect(await request(`${front.url}/dev/aiwm/users`)).toMatchObject({ status: 502 });
  });

  test('an instance that answers 503 is passed over for another', async () => {
    const busy = await EchoServer.start({ status: 503 });
    const front = await RenderedFront.start({
      upstream: Upstream.servers([busy.address, server.address]),
    });
    const addresses = [1, 2, 3, 4, 5, 6, 7, 8].map((network) => `127.0.${network}.1`);
    for (const localAddress of addresses) {
      expect(await statusOf(front, { localAddress })).toBe(101);
    }
    expect(busy.requests.length).toBeGreaterThan(0);
  });

  test('bodies and Retry-After can be chosen', async () => {
    const front = await startWithoutInstances({
      errorPages: ErrorPages.json({
        unavailable: '{"error":"back \\"soon\\"; {really}"}',
        retryAfter: 60,
      }),
    });
    expect(await knock(front)).toMatchObject({
      status: 503,
      body: '{"error":"back \\"soon\\"; {really}"}',
      headers: { ...json, 'retry-after': '60' },
    });
  });

  test('off, nginx answers for itself', async () => {
    const front = await startWithoutInstances({ errorPages: ErrorPages.off() });
    expect(await knock(front)).toMatchObject({
      status: 502,
      headers: { 'content-type': 'text/html' },
    });
  });
});

describe('Origin', () => {
  let front: RenderedFront;
  beforeAll(async () => {
    front = await start({
      allowedOrigins: ['https://app.example.test', 'https://*.wild.example.test:8443'],
    });
  });

  test.each([
    'https://app.example.test',
    'https://a.wild.example.test:8443',
    'https://a.b.wild.example.test:8443',
  ])('%s may open a WebSocket', async (Origin) => {
    expect(await statusOf(front, { headers: { Origin } })).toBe(101);
  });

  test('apps may by their own origins, and "null" where it is said by name', async () => {
    const apps = [
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      'null',
    ];
    const own = await start({ allowedOrigins: apps });
    for (const Origin of apps) {
      expect(await statusOf(own, { headers: { Origin } })).toBe(101);
    }
    for (const Origin of ['https://localhost', 'file://', 'chrome-extension://another']) {
      expect(await statusOf(own, { headers: { Origin } })).toBe(403);
    }
    await own.stop();
  });

  test('none may: a native client sends none', async () => {
    expect(await statusOf(front)).toBe(101);
  });

  test.each([
    'https://evil.example',
    'http://app.example.test',
    'https://app.example.test:444',
    'https://app.example.test.evil.example',
    'https://evil.example/https://app.example.test',
    'https://sub.app.example.test',
    'https://wild.example.test:8443',
    'https://a.wild.example.test',
    'https://a.wildXexample.test:8443',
    'https://x@a.wild.example.test:8443',
    'null',
  ])('%s gets 403', async (Origin) => {
    for (const path of [chat, '/dev/aiwm/chat']) {
      expect(await knock(front, { headers: { Origin } }, path)).toMatchObject({
        status: 403,
        body: '{"error":"origin_refused"}',
        headers: json,
      });
    }
    expect(await request(front.url + polling, { headers: { Origin } })).toMatchObject({
      status: 403,
    });
  });

  test('REST is left to the service and its CORS', async () => {
    const headers = { Origin: 'https://evil.example' };
    expect(await request(`${front.url}/dev/aiwm/users`, { headers })).toMatchObject({
      status: 200,
    });
  });
});

test('HSTS is said with every answer over TLS, also with refusals', async () => {
  const value = 'max-age=31536000; includeSubDomains; preload';
  const gone = await EchoServer.start();
  const options: FrontOptions = {
    tls: true,
    hsts: { includeSubDomains: true, preload: true },
    limits: { connectionsPerClient: 1 },
    allowedOrigins: [`https://${serverName}`],
  };
  const front = await start(options);
  const withoutInstances = await RenderedFront.start({
    upstream: Upstream.servers([gone.address]),
    ...options,
  });
  await gone.close();
  const get = (each: RenderedFront, path: string) => request(each.url + path, { ca: each.ca });
  const first = await knock(front);
  const answers = [
    first,
    await knock(front),
    await knock(front, { headers: { Origin: 'https://evil.example' } }),
    await get(front, '/dev/aiwm/users'),
    await get(front, '/dev/aiwm/health'),
    await get(front, '/nowhere'),
    await knock(withoutInstances),
    await get(withoutInstances, '/dev/aiwm/users'),
  ];
  expect(
    answers.map(({ status, headers }) => [status, headers['strict-transport-security']]),
  ).toEqual([101, 429, 403, 200, 200, 404, 503, 502].map((status) => [status, value]));
  first.socket?.destroy();
  // Browsers ignore it over plain HTTP, where anybody could have written it.
  const redirect = await request(`${front.plainUrl}/`);
  expect(redirect.headers['strict-transport-security']).toBeUndefined();
});
