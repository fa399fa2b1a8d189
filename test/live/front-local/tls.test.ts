// Who gets an answer over TLS and beside it: known names only, by current protocols.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { TlsCertificate, Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { engineQuery, exchange, openWebSocket } from '../../support/front/raw-websocket';
import { RenderedFront, serverName } from '../../support/front/rendered-front';

afterAll(cleanUp);

let server: EchoServer;
let front: RenderedFront;
let plain: RenderedFront;
beforeAll(async () => {
  server = await EchoServer.start();
  const upstream = Upstream.servers([server.address]);
  front = await RenderedFront.start({ upstream, tls: true });
  plain = await RenderedFront.start({ upstream });
});

const path = '/dev/aiwm/users?a=b';

describe('a name that is not ours', () => {
  test.each(['evil.example', '127.0.0.1', 'localhost', `${serverName}.evil.example`])(
    'gets no answer over plain HTTP: %s',
    async (Host) => {
      const seen = server.requests.length;
      for (const { httpPort } of [plain.ports, front.ports]) {
        expect(await rawExchange(httpPort, rawGet(path, { Host }))).toBe('');
      }
      expect(server.requests).toHaveLength(seen);
    },
  );

  test('gets no answer either when there is none', async () => {
    expect(await rawExchange(plain.ports.httpPort, `GET ${path} HTTP/1.0\r\n\r\n`)).toBe('');
  });

  test.each(['evil.example', 'localhost', ''])(
    'gets no certificate in SNI: "%s"',
    async (unknown) => {
      await expect(
        rawExchange(front.ports.httpsPort, rawGet(path, { Host: serverName }), {
          tls: { ca: front.ca, serverName: unknown },
        }),
      ).rejects.toThrow(/unrecognized name/);
    },
  );

  test('gets a 421 when it comes only in the Host header', async () => {
    const seen = server.requests.length;
    for (const Host of ['evil.example', '127.0.0.1']) {
      const answer = await rawExchange(front.ports.httpsPort, rawGet(path, { Host }), {
        tls: { ca: front.ca, serverName },
      });
      expect(answer).toMatch(/^HTTP\/1.1 421 /);
    }
    expect(server.requests).toHaveLength(seen);
  });
});

describe('the redirect from plain HTTP', () => {
  test.each([
    ['GET', '/dev/aiwm/users?a=b%20c&d=/e%2Ff'],
    ['POST', '/dev/aiwm/broadcast'],
    ['GET', '/'],
    ['GET', '//evil.example/%0d%0aSet-Cookie:x'],
  ])('of a %s keeps path and query: %s', async (method, target) => {
    const { status, headers } = await request(front.plainUrl + target, { method });
    expect(status).toBe(308);
    expect(headers.location).toBe(`${front.url}${target}`);
  });

  test('leads to what answers', async () => {
    const { headers } = await request(front.plainUrl + path);
    expect(await request(headers.location ?? '', { ca: front.ca })).toMatchObject({ status: 200 });
  });

  test('is not there where a proxy in front speaks TLS', async () => {
    const behind = await RenderedFront.start({
      upstream: Upstream.servers([server.address]),
      tls: TlsCertificate.terminatedUpstream(),
      trustedProxies: ['127.0.0.1'],
    });
    expect(await request(behind.url + path)).toMatchObject({ status: 200 });
  });
});

describe('protocols', () => {
  function secureConnect(options: ConnectionOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        port: front.ports.httpsPort,
        host: '127.0.0.1',
        servername: serverName,
        ca: front.ca,
        ...options,
      });
      socket.once('secureConnect', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (version) => {
    const socket = await secureConnect({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is not', async (version) => {
    await expect(
      secureConnect({
        minVersion: version,
        maxVersion: version,
        // Or this side would not offer it.
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
    ).rejects.toThrow(/protocol version/);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with %s a session is resumed, by whichever worker',
    async (version) => {
      const versions = { minVersion: version, maxVersion: version };
      const first = await secureConnect(versions);
      first.write(rawGet(path, { Host: serverName }));
      // TLS 1.3 hands a session out after the handshake.
      await once(first, 'data');
      const session = first.getSession();
      first.destroy();
      for (let index = 0; index < 6; index += 1) {
        const again = await secureConnect({ ...versions, session });
        expect(again.isSessionReused()).toBe(true);
        again.destroy();
      }
    },
  );

  test('REST goes over HTTP/2 where a client speaks it, and a WebSocket beside it', async () => {
    const session = connectHttp2(front.url, {
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
    const status = await new Promise((resolve, reject) => {
      stream.once('response', (headers) => resolve(headers[':status']));
      stream.once('error', reject);
      session.once('error', reject);
    });
    expect(status).toBe(200);
    session.destroy();
    const socket = await openWebSocket(`${front.webSocketUrl}/dev/aiwm/chat/${engineQuery}`, {
      ca: front.ca,
    });
    expect((await exchange(socket, 'hello')).text).toBe('hello');
    socket.terminate();
  });

  test('http2: false offers HTTP/1.1 alone', async () => {
    await front.reload({ http2: false });
    const socket = await secureConnect({ ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});
