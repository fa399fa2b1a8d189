// What one client can make an instance do must not take it out of service for others. AIWM_TEST_NGINX=<executable> runs it
// with another nginx.
import { connect } from 'node:net';
import { AiwmRoutes, ClientTransport, Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import { request } from '../../support/front/http';
import { rawExchange, rawGet } from '../../support/front/raw-http';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { startSharpServers, type SharpServer } from '../../support/front/sharp-servers';
import { sleep } from '../../support/machine/wait';

afterAll(cleanUp);

const chat = `/dev/aiwm/chat/${engineQuery}`;
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Nine others come right after; each of nine instances' worth of addresses, and REST. */
async function expectOthersServed(front: RenderedFront, path = chat, rest = true): Promise<void> {
  const answers = await Promise.all(
    times(9, (index) =>
      handshake(front.url + path, { localAddress: `127.0.${index + 1}.1`, timeoutMs: 5_000 }),
    ),
  );
  answers.forEach(({ socket }) => socket?.destroy());
  expect(answers.map(({ status }) => status)).toEqual(times(9, () => 101));
  expect(new Set(answers.map(({ headers }) => headers['x-server'])).size).toBe(3);
  if (rest) {
    const calls = await Promise.all(
      times(9, (index) =>
        request(`${front.url}/dev/aiwm/users`, { localAddress: `127.0.${index + 1}.1` }),
      ),
    );
    expect(calls.map(({ status }) => status)).toEqual(times(9, () => 200));
  }
}

/** Sends it, reads whatever comes, and hangs up. */
function rudely(front: RenderedFront, text: string, stayMs = 300): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(front.ports.httpPort, '127.0.0.1', () => socket.write(text));
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => resolve());
    setTimeout(() => socket.destroy(), stayMs);
  });
}

const post = (path: string, length: number, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: ${serverName}\r\nContent-Length: ${length}\r\n\r\n${body}`;

type Attack = (front: RenderedFront) => Promise<unknown>;

const answered = async (sent: Promise<unknown>): Promise<unknown> =>
  sent.catch((error: unknown) => error);

const attacks: readonly (readonly [string, Attack])[] = [
  [
    'nine handshakes with a subprotocol of 5000 bytes',
    (front) =>
      Promise.all(
        times(9, () =>
          handshake(front.url + chat, {
            headers: { 'Sec-WebSocket-Protocol': 'x'.repeat(5_000) },
          }).then(({ status, socket }) => {
            socket?.destroy();
            // There is room for all that Node.js lets in.
            expect(status).toBe(101);
          }),
        ),
      ),
  ],
  [
    'handshakes with all that nginx lets in, which Node.js refuses',
    (front) =>
      Promise.all(
        times(9, () =>
          answered(
            handshake(front.url + chat, {
              headers: Object.fromEntries(times(4, (n) => [`X-${n}`, 'y'.repeat(7_900)])),
            }),
          ),
        ),
      ),
  ],
  [
    'redirects that repeat a long query',
    (front) =>
      Promise.all(
        times(9, async (index) => {
          const query = `do=redirect&q=${'z'.repeat(7_000)}`;
          const path = index % 2 === 0 ? `/dev/aiwm/users?${query}` : `${chat}&${query}`;
          const { status } = await request(front.url + path);
          expect(status).toBe(302);
        }),
      ),
  ],
  ...['cut', 'cut header', 'reset'].map(
    (what) =>
      [
        `answers that are ${what}`,
        (front: RenderedFront) =>
          Promise.all(
            times(12, (index) => {
              const path = index % 2 === 0 ? '/dev/aiwm/users?' : `${chat}&`;
              return answered(request(`${front.url}${path}do=${encodeURIComponent(what)}`));
            }),
          ),
      ] as const,
  ),
  ...['close', 'reset'].map(
    (what) =>
      [
        `upgrades that are refused by a ${what}`,
        (front: RenderedFront) =>
          Promise.all(times(12, () => answered(handshake(`${front.url}${chat}&do=${what}`)))),
      ] as const,
  ),
  [
    'plain GETs on the path of the WebSocket',
    (front) =>
      Promise.all(times(12, () => answered(request(front.url + chat.replace(/\?.*/, ''))))),
  ],
  [
    'bodies that come slowly and then not at all',
    (front) =>
      Promise.all(
        times(12, (index) =>
          rudely(
            front,
            post(index % 2 === 0 ? '/dev/aiwm/users' : chat, 500_000, 'x'.repeat(70_000)),
          ),
        ),
      ),
  ],
  [
    'clients that hang up before the answer',
    (front) =>
      Promise.all(
        times(12, (index) =>
          rudely(
            front,
            rawGet(`${index % 2 === 0 ? '/dev/aiwm/users?' : `${chat}&`}do=never`, {
              Host: serverName,
            }),
            100,
          ),
        ),
      ),
  ],
];

async function start(servers: readonly SharpServer[], options: FrontOptions = {}) {
  return RenderedFront.start({
    upstream: Upstream.servers(servers.map(({ address }) => address)),
    ...options,
  });
}

describe.each<[string, FrontOptions]>([
  ['by default', {}],
  ['with a backplane', { clientTransports: [ClientTransport.WEBSOCKET] }],
])('%s', (name, options) => {
  let servers: SharpServer[];
  let front: RenderedFront;
  beforeAll(async () => {
    servers = await startSharpServers();
    front = await start(servers, {
      ...options,
      upstream: Upstream.servers(
        servers.map(({ address }) => address),
        { backplane: name !== 'by default', healthPath: '/health' },
      ),
    });
  });
  afterAll(async () => {
    await front.stop();
    await Promise.all(servers.map((server) => server.kill()));
  });

  test.each(attacks)('%s', async (_, attack) => {
    await attack(front);
    await expectOthersServed(front);
  });
});

describe('a service that closes the connection on what it refuses', () => {
  let servers: SharpServer[];
  beforeAll(async () => {
    servers = await startSharpServers({ closesPlain: true });
  });

  test('plain requests to its path are answered by nginx, and take nobody out', async () => {
    const front = await start(servers, { routes: AiwmRoutes.webSocketOnly('/ws') });
    for (const path of ['/ws', '/ws/', '/ws/room?a=b']) {
      const { status, headers, body } = await request(front.url + path);
      expect({ status, upgrade: headers.upgrade }).toEqual({ status: 426, upgrade: 'websocket' });
      expect(body).toBe('This address takes WebSockets only.');
    }
    await expectOthersServed(front, '/ws', false);
    await front.stop();
  });

  test('nor do they where they are passed on', async () => {
    const front = await start(servers, {
      routes: AiwmRoutes.webSocketOnly('/ws', { plainRequests: true }),
    });
    for (let index = 0; index < 12; index += 1) {
      expect((await request(`${front.url}/ws`)).status).toBe(503);
    }
    await expectOthersServed(front, '/ws', false);
    await front.stop();
  });

  test('nor do upgrades that it refuses', async () => {
    const front = await start(servers, { routes: AiwmRoutes.webSocketOnly('/ws') });
    for (let index = 0; index < 12; index += 1) {
      const { status } = await handshake(`${front.url}/ws?do=close`);
      expect(status).toBe(503);
    }
    await expectOthersServed(front, '/ws', false);
    await front.stop();
  });
});

describe('the question', () => {
  test('cannot be asked from outside', async () => {
    const servers = await startSharpServers();
    const front = await start(servers);
    for (const path of [
      'aiwm:ask',
      '/aiwm:ask',
      '//aiwm:ask',
      '/%2e/aiwm:ask',
      'http://x/aiwm:ask',
      'http:aiwm:ask',
      '@aiwm_is_there',
    ]) {
      const answer = await rawExchange(front.ports.httpPort, rawGet(path, { Host: serverName }));
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404) |^$/);
    }
    await front.stop();
  });

  test('is not made for a page that may not open a WebSocket, nor above a limit', async () => {
    const servers = await startSharpServers();
    const front = await start(servers, {
      upstream: Upstream.servers(
        servers.map(({ address }) => address),
        { healthPath: '/asked' },
      ),
      allowedOrigins: ['https://app.example.test'],
      limits: { connectionsPerClient: 1 },
    });
    const evil = await handshake(front.url + chat, { headers: { Origin: 'https://evil.test' } });
    expect(evil).toMatchObject({ status: 403, body: '{"error":"origin_refused"}' });
    const first = await handshake(front.url + chat);
    expect(first.status).toBe(101);
    expect(await handshake(front.url + chat)).toMatchObject({
      status: 429,
      body: '{"error":"too_many_connections"}',
    });
    first.socket?.destroy();
    const logged = await front.nginx.settledAccessLog();
    expect(logged.length).toBeGreaterThan(0);
    // Questions stand in no log.
    expect(logged.join('\n')).not.toMatch(/ask/);
    await front.stop();
  });

  test('of a client that gives up does not make a dead instance look well', async () => {
    const servers = await startSharpServers();
    const front = await start(servers, { clientTransports: [ClientTransport.WEBSOCKET] });
    servers[0]!.pause();
    await Promise.all(
      times(12, () => rudely(front, rawGet(chat, { Host: serverName, Upgrade: 'websocket' }), 200)),
    );
    await sleep(2_300);
    const answers = await Promise.all(
      times(9, (index) =>
        handshake(front.url + chat, { localAddress: `127.0.${index + 1}.1`, timeoutMs: 9_000 }),
      ),
    );
    answers.forEach(({ socket }) => socket?.destroy());
    expect(answers.map(({ status }) => status)).toEqual(times(9, () => 101));
    servers[0]!.resume();
    await front.stop();
  });
});
