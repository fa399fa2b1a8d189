// What an instance is told of a request: the upgrade, the client's address, and over which connections.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { TlsCertificate, Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer, type SeenRequest } from '../../support/front/echo-server';
import { request, requestJson, type RequestOptions } from '../../support/front/http';
import { localAgent } from '../../support/front/local-agent';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { engineQuery, exchange, handshake, openWebSocket } from '../../support/front/raw-websocket';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';

afterAll(cleanUp);

const chat = '/dev/aiwm/chat/';

/** A front before as many echo servers. */
async function start(options: FrontOptions = {}, count = 1) {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) => EchoServer.start({ name: String(index + 1) })),
  );
  const upstream = Upstream.servers(servers.map(({ address }) => address));
  const front = await RenderedFront.start({ upstream, ...options });
  const [server] = servers as [EchoServer];
  return { front, server, servers };
}

/** What the instance saw of a REST call. */
function seenOf(front: RenderedFront, options: RequestOptions = {}): Promise<SeenRequest> {
  return requestJson<SeenRequest>(`${front.url}/dev/aiwm/users`, { ca: front.ca, ...options });
}

/** A GET over HTTP/2. */
async function requestOverHttp2(front: RenderedFront, path: string): Promise<{ body: string }> {
  const session = connectHttp2(front.url, {
    ca: front.ca,
    createConnection: () =>
      connectTls({
        port: front.ports.httpsPort,
        host: '127.0.0.1',
        servername: serverName,
        ca: front.ca,
        ALPNProtocols: ['h2'],
      }),
  });
  const stream = session.request({ ':path': path });
  let body = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  await once(stream, 'end');
  session.close();
  return { body };
}

describe('upgrade', () => {
  let front: RenderedFront;
  let server: EchoServer;
  beforeAll(async () => {
    ({ front, server } = await start());
  });

  test.each(['websocket', 'WebSocket', 'WEBSOCKET'])('%s is forwarded', async (Upgrade) => {
    const { status, socket } = await handshake(`${front.url}${chat}${engineQuery}`, {
      headers: { Upgrade, Connection: 'keep-alive, Upgrade' },
    });
    expect(status).toBe(101);
    socket?.destroy();
    expect(server.requests.at(-1)?.headers).toMatchObject({
      upgrade: 'websocket',
      connection: 'upgrade',
    });
  });

  test.each([
    ['h2c', 'Upgrade, HTTP2-Settings'],
    ['websocket, h2c', 'Upgrade'],
    ['h2c, websocket', 'Upgrade'],
    ['TLS/1.2', 'Upgrade'],
    ['websocket2', 'Upgrade'],
  ])('%s is not', async (Upgrade, Connection) => {
    for (const path of [`${chat}${engineQuery}`, '/dev/aiwm/users']) {
      const { status, body } = await handshake(`${front.url}${path}`, {
        headers: { Upgrade, Connection, 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' },
      });
      expect(status).toBe(200);
      const { headers } = JSON.parse(body) as SeenRequest;
      expect(headers.upgrade).toBeUndefined();
      expect(headers.connection).toBeUndefined();
    }
  });

  test('frames go through both ways, small and large', async () => {
    const socket = await openWebSocket(`${front.webSocketUrl}${chat}${engineQuery}`);
    for (const size of [1, 125, 126, 65_535, 65_536, 1_000_000]) {
      const text = 'x'.repeat(size);
      expect((await exchange(socket, text)).text === text).toBe(true);
    }
    socket.terminate();
  });
});

describe('upstream keepalive', () => {
  test.each([
    ['REST', '/dev/aiwm/users', 1],
    // One for questions and one for what they are asked for.
    ['long-polling', `${chat}?EIO=4&transport=polling`, 2],
  ])('50 GETs of %s keep connections per worker and instance', async (_, path, kept) => {
    const { front, servers } = await start({ trustedProxies: ['127.0.0.1'] }, 3);
    for (let index = 0; index < 50; index += 1) {
      // From 10 networks, so that all instances are asked.
      const headers = { 'X-Forwarded-For': `198.51.${index % 10}.1` };
      expect((await request(front.url + path, { headers })).status).toBe(200);
    }
    const asked = servers.filter(({ requests }) => requests.length > 0);
    expect(asked.length).toBeGreaterThan(1);
    const opened = servers.reduce((sum, { connections }) => sum + connections, 0);
    // Counted late: nginx serves before its last worker has started.
    const most = kept * front.nginx.workers().length * servers.length;
    say(`50 GETs of ${path}: ${opened} upstream connections, at most ${most} allowed`);
    expect(opened).toBeLessThanOrEqual(most);
  });

  test('50 GETs over one client connection and one instance open at most one per worker', async () => {
    const { front, server } = await start();
    const agent = localAgent(front.url, {}, { keepAlive: true, maxSockets: 1 });
    for (let index = 0; index < 50; index += 1) {
      await seenOf(front, { agent });
    }
    agent.destroy();
    expect(server.requests).toHaveLength(50);
    expect(server.connections).toBeLessThanOrEqual(front.nginx.workers().length);
  });

  test('a Connection header of the client does not reach the instance', async () => {
    const { front, server } = await start();
    for (let index = 0; index < 10; index += 1) {
      const { headers } = await seenOf(front, { headers: { Connection: 'close' } });
      expect(headers.connection).toBeUndefined();
    }
    expect(server.connections).toBeLessThanOrEqual(front.nginx.workers().length);
  });
});

describe('what an instance is told of the client', () => {
  const spoofed = {
    'X-Forwarded-For': '203.0.113.9, 203.0.113.10',
    'X-Real-IP': '203.0.113.9',
    'X-Forwarded-Proto': 'gopher',
    'X-Forwarded-Host': 'bank.example',
    Forwarded: 'for=203.0.113.9;host=bank.example;proto=gopher',
  };
  const called = (front: RenderedFront) => new URL(front.url).host;

  test('at the edge, what the client says of itself is replaced', async () => {
    const { front } = await start();
    const { headers } = await seenOf(front, { headers: spoofed, localAddress: '127.0.7.1' });
    expect(headers).toMatchObject({
      host: called(front),
      'x-real-ip': '127.0.7.1',
      'x-forwarded-for': '127.0.7.1',
      'x-forwarded-proto': front.forwardedProtocol,
      'x-forwarded-host': called(front),
    });
    expect(headers.forwarded).toBeUndefined();
  });

  test('a WebSocket says the same, and the protocol is https behind TLS', async () => {
    const { front, server } = await start({ tls: true });
    const { status, socket } = await handshake(`${front.url}${chat}${engineQuery}`, {
      ca: front.ca,
      headers: spoofed,
      localAddress: '127.0.7.1',
    });
    expect(status).toBe(101);
    socket?.destroy();
    expect(server.requests.at(-1)?.headers).toMatchObject({
      host: called(front),
      'x-real-ip': '127.0.7.1',
      'x-forwarded-for': '127.0.7.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': called(front),
    });
    expect(server.requests.at(-1)?.headers.forwarded).toBeUndefined();
  });

  test.each([
    ['its own port', `${serverName}:4711`, `${serverName}:4711`],
    ['upper case', `${serverName.toUpperCase()}:4711`, `${serverName}:4711`],
    ['no port', serverName, serverName],
    ['a port that is none', `${serverName}:99999999`, serverName],
  ])('the host is what the client called, with %s', async (_, Host, seen) => {
    const { front, server } = await start();
    const answer = await rawExchange(front.ports.httpPort, rawGet('/dev/aiwm/users', { Host }));
    // Some nginx refuses a port of too many digits by itself.
    if (!answer.startsWith('HTTP/1.1 400')) {
      expect(server.requests.at(-1)?.headers).toMatchObject({
        host: seen,
        'x-forwarded-host': seen,
      });
    }
    await front.stop();
  });

  test("the host is what the client called, without the scheme's own port", async () => {
    const { front, server } = await start();
    const own = front.forwardedProtocol === 'https' ? 443 : 80;
    const Host = `${serverName}:${own}`;
    await rawExchange(front.ports.httpPort, rawGet('/dev/aiwm/users', { Host }));
    expect(server.requests.at(-1)?.headers).toMatchObject({
      host: serverName,
      'x-forwarded-host': serverName,
    });
    await front.stop();
  });

  test('over HTTP/2, where the host is :authority', async () => {
    const { front, server } = await start({ tls: true });
    const { body } = await requestOverHttp2(front, '/dev/aiwm/users');
    expect((JSON.parse(body) as SeenRequest).headers.host).toBe(called(front));
    expect(server.requests).toHaveLength(1);
  });

  test('a request line with another host than the header has no port of either', async () => {
    const { front, server } = await start();
    const line = `GET http://${serverName}/dev/aiwm/users HTTP/1.1`;
    const text = [line, 'Host: bank.example:4711', 'Connection: close', '', ''].join('\r\n');
    await rawExchange(front.ports.httpPort, text);
    const seen = server.requests.at(-1);
    if (seen !== undefined) {
      expect(seen.headers.host).toBe(serverName);
    }
  });

  test('behind a trusted proxy, the last address that is no proxy counts', async () => {
    const { front } = await start({
      tls: TlsCertificate.terminatedUpstream(),
      trustedProxies: ['127.0.1.0/24', '10.0.0.0/8'],
    });
    const from = (forwardedFor: string, localAddress: string) =>
      seenOf(front, { headers: { 'X-Forwarded-For': forwardedFor }, localAddress });
    const trusted = await from('203.0.113.9, 198.51.100.7, 10.1.2.3', '127.0.1.1');
    expect(trusted.headers).toMatchObject({
      'x-real-ip': '198.51.100.7',
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https',
    });
    const other = await from('203.0.113.9', '127.0.2.1');
    expect(other.headers).toMatchObject({
      'x-real-ip': '127.0.2.1',
      'x-forwarded-for': '127.0.2.1',
    });
  });

  describe('by the PROXY protocol', () => {
    const preamble = 'PROXY TCP4 198.51.100.7 192.0.2.1 50000 443\r\n';
    const get = rawGet('/dev/aiwm/users', { Host: serverName, 'X-Forwarded-For': '203.0.113.9' });
    const seenIn = (answer: string) => {
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      const body = answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
      return (JSON.parse(body) as SeenRequest).headers;
    };

    test.each([
      ['plain HTTP', false],
      ['TLS', true],
    ])('over %s', async (_, tls) => {
      const { front } = await start({
        tls,
        proxyProtocol: true,
        trustedProxies: ['127.0.0.0/16'],
      });
      const answer = await rawExchange(
        tls ? front.ports.httpsPort : front.ports.httpPort,
        get,
        tls ? { preamble, tls: { ca: front.ca, serverName } } : { preamble },
      );
      expect(seenIn(answer)).toMatchObject({
        'x-real-ip': '198.51.100.7',
        'x-forwarded-for': '198.51.100.7',
        'x-forwarded-proto': front.forwardedProtocol,
      });
    });

    test('from somebody who is no trusted proxy it is not believed', async () => {
      const { front } = await start({ proxyProtocol: true, trustedProxies: ['10.0.0.0/8'] });
      const answer = await rawExchange(front.ports.httpPort, get, { preamble });
      expect(seenIn(answer)).toMatchObject({ 'x-real-ip': '127.0.0.1' });
    });

    test('without it there is no answer', async () => {
      const { front } = await start({ proxyProtocol: true, trustedProxies: ['127.0.0.0/8'] });
      expect(await rawExchange(front.ports.httpPort, get)).toBe('');
      expect(front.nginx.errorLog().join('\n')).toContain('broken header');
    });
  });
});
