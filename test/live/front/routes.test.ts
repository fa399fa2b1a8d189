// Which request goes where, under which path the instance sees it, and what is logged of it.
import { AccessLog, AiwmRoutes, Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer, type SeenRequest } from '../../support/front/echo-server';
import { request, requestJson } from '../../support/front/http';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { engineQuery, exchange, handshake, openWebSocket } from '../../support/front/raw-websocket';
import { RedisBed } from '../../support/front/redis-bed';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { SocketClients } from '../../support/front/socket-clients';

afterAll(cleanUp);

let server: EchoServer;
beforeAll(async () => {
  server = await EchoServer.start();
});

const start = (options: FrontOptions = {}, upstreamOptions = {}) =>
  RenderedFront.start({
    upstream: Upstream.servers([server.address], upstreamOptions),
    ...options,
  });

/** The path under which the instance saw a request, or the status of a refusal. */
async function pathAtInstance(front: RenderedFront, path: string): Promise<string | number> {
  const { status, body } = await request(front.url + path);
  return status === 200 ? (JSON.parse(body) as SeenRequest).url : status;
}

/** The same for a WebSocket handshake. */
async function handshakePath(front: RenderedFront, path: string): Promise<string | number> {
  const { status, socket } = await handshake(front.url + path);
  socket?.destroy();
  return status === 101 ? (server.requests.at(-1)?.url ?? '') : status;
}

describe('the paths of the guide', () => {
  let front: RenderedFront;
  beforeAll(async () => {
    front = await start();
  });

  test.each([
    ['/dev/aiwm', '/dev/aiwm'],
    ['/dev/aiwm/', '/dev/aiwm/'],
    ['/dev/aiwm/users/7?a=b&c=%20d', '/dev/aiwm/users/7?a=b&c=%20d'],
    ['/dev/aiwm/chatter', '/dev/aiwm/chatter'],
    ['/dev/aiwm/health', '/health'],
    ['/dev/aiwm/health/', '/health'],
    ['/dev/aiwm/health/x', '/dev/aiwm/health/x'],
    ['/dev/aiwm/healthy', '/dev/aiwm/healthy'],
    ['/dev/aiwm/chat/?EIO=4&transport=polling', '/dev/aiwm/chat/?EIO=4&transport=polling'],
    ['/dev/aiwm/chat?EIO=4&transport=polling', '/dev/aiwm/chat/?EIO=4&transport=polling'],
  ])('%s reaches the instance as %s', async (path, seen) => {
    expect(await pathAtInstance(front, path)).toBe(seen);
  });

  test.each([
    '/',
    '/dev',
    '/dev/',
    '/dev/aiwmfoo',
    '/dev/aiwmfoo/chat/',
    '/dev/aiwm.bak',
    '/DEV/AIWM',
    '/health',
    '/socket.io/?EIO=4&transport=polling',
  ])('%s is not routed', async (path) => {
    const seen = server.requests.length;
    const answer = await rawExchange(
      front.ports.httpPort,
      rawGet(path, { Host: `${serverName}:${front.ports.httpPort}` }),
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(server.requests).toHaveLength(seen);
  });

  test.each([
    ['/dev/aiwm/chat/', '/dev/aiwm/chat/'],
    ['/dev/aiwm/chat', '/dev/aiwm/chat/'],
  ])('a WebSocket at %s works', async (path, seen) => {
    expect(await handshakePath(front, path + engineQuery)).toBe(seen + engineQuery);
    const socket = await openWebSocket(front.webSocketUrl + path + engineQuery);
    expect((await exchange(socket, 'hello')).text).toBe('hello');
    socket.terminate();
  });

  test('a WebSocket at /dev/aiwmfoo/chat/ does not', async () => {
    expect(await handshakePath(front, `/dev/aiwmfoo/chat/${engineQuery}`)).toBe(404);
  });

  test('the URLs that the front tells are the ones that work', async () => {
    const { url, webSocketUrl } = front.rendered;
    expect((await request(`${url}/dev/aiwm/health`)).status).toBe(200);
    const socket = await openWebSocket(webSocketUrl + engineQuery);
    expect((await exchange(socket, 'hello')).text).toBe('hello');
    socket.terminate();
  });
});

describe('a path at the instance that is another one', () => {
  test('/dev/aiwm/chat/ is /socket.io/ there, with its query as it was written', async () => {
    const front = await start({}, { enginePath: '/socket.io/' });
    const query = `${engineQuery}&token=%24uri%2F..%2F%0Aä&empty=`;
    const written = encodeURI(query).replace(/%25/g, '%');
    for (const path of ['/dev/aiwm/chat/', '/dev/aiwm/chat']) {
      expect(await handshakePath(front, path + written)).toBe(`/socket.io/${written}`);
      expect(await pathAtInstance(front, path + written)).toBe(`/socket.io/${written}`);
    }
    // What lies below the mapped path is not the engine's: it is REST, where no WebSocket comes in.
    const below = `/dev/aiwm/chat/below${engineQuery}`;
    expect(await pathAtInstance(front, below)).toBe(below);
    expect(await handshakePath(front, below)).toBe(400);
    expect(await handshakePath(front, `/socket.io/${engineQuery}`)).toBe(404);
  });

  test.each([
    ['without a backplane', false],
    ['with a backplane', true],
  ])("Socket.IO clients connect to instances at Socket.IO's own path, %s", async (_, backplane) => {
    const instances = await ChatInstances.start({
      enginePath: '/socket.io/',
      redisUrl: backplane ? (await RedisBed.start()).url : undefined,
    });
    const front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses, { enginePath: '/socket.io/', backplane }),
    });
    for (const transports of [undefined, ['websocket'], ['polling']] as const) {
      const clients = await SocketClients.connect(15, (index) => ({
        url: front.url,
        localAddress: `127.0.${index + 1}.1`,
        transports,
      }));
      expect(clients.connected).toHaveLength(15);
      clients.close();
    }
  });

  test("Socket.IO's own path can be the public one", async () => {
    const instances = await ChatInstances.start({ count: 1, enginePath: '/socket.io/' });
    const front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses),
      routes: AiwmRoutes.socketIo({ webSocket: '/socket.io', health: '/healthz' }),
    });
    const clients = await SocketClients.connect(3, { url: front.url, path: '/socket.io/' });
    expect(clients.connected).toHaveLength(3);
    clients.close();
    expect(await request(`${front.url}/healthz`)).toMatchObject({ status: 200 });
    expect(await request(`${front.url}/dev/aiwm/instance`)).toMatchObject({ status: 404 });
  });
});

describe('a plain WebSocket path', () => {
  test.each([
    ['/ws', '/ws'],
    ['/ws/', '/ws/'],
    ['/ws/rooms/7?token=a', '/ws/rooms/7?token=a'],
    ['/ws?token=a', '/ws?token=a'],
    ['/wsfoo', 404],
    ['/', 404],
  ])('%s reaches the instance as %s', async (path, seen) => {
    const front = await start({ routes: AiwmRoutes.webSocketOnly('/ws') });
    expect(await handshakePath(front, path)).toBe(seen);
    await front.stop();
  });

  test('at the root everything reaches the instance', async () => {
    const front = await start({ routes: AiwmRoutes.webSocketOnly('/', { health: '/up' }) });
    expect(await handshakePath(front, '/')).toBe('/');
    expect(await handshakePath(front, '/any/where?x=1')).toBe('/any/where?x=1');
    expect(await pathAtInstance(front, '/up')).toBe('/health');
  });
});

describe('health', () => {
  test('answers under its public path, and is not logged', async () => {
    const front = await start({}, { healthPath: '/internal/healthz' });
    expect(await pathAtInstance(front, '/dev/aiwm/health')).toBe('/internal/healthz');
    expect(await pathAtInstance(front, '/dev/aiwm/health?deep=1')).toBe('/internal/healthz?deep=1');
    expect(await pathAtInstance(front, '/dev/aiwm/health/')).toBe('/internal/healthz');
    expect(await pathAtInstance(front, '/dev/aiwm/health/?a=b')).toBe('/internal/healthz?a=b');
    await request(`${front.url}/dev/aiwm/other`);
    await front.nginx.waitForAccessLog(/\/dev\/aiwm\/other/);
    expect(await front.nginx.settledAccessLog()).toHaveLength(1);
  });

  test('is no 200 when no instance can be reached', async () => {
    const gone = await EchoServer.start();
    const front = await RenderedFront.start({ upstream: Upstream.servers([gone.address]) });
    await gone.close();
    expect((await request(`${front.url}/dev/aiwm/health`)).status).toBe(502);
  });
});

describe('the access log', () => {
  const secret = 'geheim-4711';
  const withToken = `/dev/aiwm/chat/${engineQuery}&sid=${secret}&token=${secret}`;

  test('has a line for a closed WebSocket that names its instance and holds no query', async () => {
    const front = await start({ trustedProxies: ['127.0.0.1'] });
    const socket = await openWebSocket(front.webSocketUrl + withToken, {
      headers: { Authorization: `Bearer ${secret}`, 'X-Forwarded-For': '198.51.100.7' },
    });
    expect((await exchange(socket, secret)).text).toBe(secret);
    await request(`${front.url}/dev/aiwm/users?token=${secret}`, {
      headers: { Referer: `http://x/?token=${secret}`, Cookie: `session=${secret}` },
    });
    await front.nginx.waitForAccessLog(/users/);
    // Written when it closes, not before.
    expect(await front.nginx.settledAccessLog()).toHaveLength(1);
    socket.terminate();
    const line = await front.nginx.waitForAccessLog(/chat/);
    expect(line).toMatch(
      new RegExp(
        `^198\\.51\\.100\\.7 \\[[^\\]]+\\] "GET ${serverName}/dev/aiwm/chat/" 101 ` +
          `upstream=${server.address} upstream_status=101 upgrade=websocket connect=0\\.\\d+ `,
      ),
    );
    expect(front.nginx.accessLog().join('\n')).not.toContain(secret);
    expect(front.nginx.errorLog().join('\n')).not.toContain(secret);
  });

  test('is written within a second, and at a reload', async () => {
    const front = await start();
    await request(`${front.url}/dev/aiwm/first`);
    const asked = performance.now();
    await front.nginx.waitForAccessLog(/first/);
    // A second, and what a machine with other work takes.
    expect(performance.now() - asked).toBeLessThan(2_500);
    await request(`${front.url}/dev/aiwm/second`);
    await front.reload({ maxBodySize: '3m' });
    await front.nginx.waitForAccessLog(/second/, 2_500);
  });

  test('names every instance that was tried', async () => {
    const gone = await EchoServer.start();
    await gone.close();
    const front = await RenderedFront.start({
      upstream: Upstream.servers([gone.address, server.address]),
    });
    await Promise.all(
      [1, 2, 3, 4].map((network) =>
        request(`${front.url}/dev/aiwm/users`, { localAddress: `127.0.${network}.1` }),
      ),
    );
    await front.nginx.waitForAccessLog(
      new RegExp(`upstream=${gone.address}, ${server.address} upstream_status=502, 200`),
    );
  });

  test('as JSON has one object a line, whatever a client writes', async () => {
    const front = await start({ accessLog: AccessLog.JSON });
    const socket = await openWebSocket(front.webSocketUrl + withToken);
    socket.terminate();
    await front.nginx.waitForAccessLog(/chat/);
    const hostile = '"},{"x":"\\';
    const sendRaw = (path: string, headers: Record<string, string>) =>
      rawExchange(
        front.ports.httpPort,
        Buffer.from(rawGet(path, { Host: serverName, ...headers }), 'latin1'),
      );
    const answers = await Promise.all([
      sendRaw(`/dev/aiwm/"},{"x":"\\?token=${secret}`, { 'User-Agent': hostile }),
      sendRaw('/dev/aiwm/%22%5C%0A%0D%09%01%1F%7F', { 'User-Agent': '\xff"' }),
      sendRaw('/dev/aiwm/%C3%A4%FF%C0%80', { Referer: hostile, 'X-Forwarded-For': hostile }),
      sendRaw('/dev/aiwm/upgraded', { Upgrade: hostile, Authorization: secret }),
    ]);
    answers.forEach((answer) => expect(answer).toMatch(/^HTTP\/1.1 200 /));
    await front.nginx.waitForAccessLog(/upgraded/);
    const lines = await front.nginx.settledAccessLog();
    const entries = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(entries).toHaveLength(5);
    expect(entries.map((entry) => Object.keys(entry).length)).toEqual([14, 14, 14, 14, 14]);
    expect(entries[0]).toMatchObject({
      client: '127.0.0.1',
      host: serverName,
      method: 'GET',
      path: '/dev/aiwm/chat/',
      status: '101',
      upgrade: 'websocket',
      upstream: server.address,
      upstream_status: '101',
    });
    // nginx writes bytes that are no UTF-8 as they came; a reader sees U+FFFD for each.
    const paths = entries.map(({ path }) => path);
    expect(paths).toContain('/dev/aiwm/ä\ufffd\ufffd\ufffd');
    expect(paths).toContain('/dev/aiwm/"},{"x":"\\');
    expect(paths).toContain('/dev/aiwm/"\\\n\r\t\x01\x1f\x7f');
    // Of what a client asks to upgrade to, only what is forwarded.
    expect(entries.map(({ upgrade }) => upgrade)).toEqual(['websocket', '', '', '', '']);
    expect(lines.join('\n')).not.toContain(secret);
  });

  test('can be off', async () => {
    const front = await start({ accessLog: AccessLog.OFF });
    await request(`${front.url}/dev/aiwm/users`);
    expect(await front.nginx.settledAccessLog()).toEqual([]);
  });
});

test('several names reach the same front', async () => {
  const front = await start({ alternativeNames: ['other.example.test', '*.wild.example.test'] });
  for (const host of [
    serverName,
    'other.example.test',
    'a.b.wild.example.test',
    serverName.toUpperCase(),
  ]) {
    const { headers } = await requestJson<SeenRequest>(`${front.url}/dev/aiwm/users`, { host });
    expect(headers.host).toBe(host.toLowerCase());
  }
});
