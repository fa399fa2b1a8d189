// How long nothing may be heard: from a client, from an instance, and from an instance that cannot be reached.
import { AiwmRoutes, Balancing, ClientTransport, Upstream } from 'cdktf-aiwm';
import { Blackhole } from '../../support/front/blackhole';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { freePortBlock } from '../../support/machine/free-ports';
import { requestJson } from '../../support/front/http';
import {
  engineQuery,
  exchange,
  handshake,
  IdleWebSockets,
  openWebSocket,
} from '../../support/front/raw-websocket';
import { RenderedFront } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;

// These go on while the tests after them run, and are looked at in the end.
const longRuns = {
  /** Guide paths and nothing else said: nginx's own default would be 60 s. */
  byDefault: openSilent(),
  /** The same with the limit that nginx has by default. */
  with60s: openSilent({ timeouts: { webSocket: '60s' }, routes: AiwmRoutes.webSocketOnly('/ws') }),
  heartbeat: startHeartbeat(),
};
// A failure is told by the test that waits for it.
void Promise.allSettled(Object.values(longRuns));

async function openSilent(
  options: Omit<Parameters<typeof RenderedFront.start>[0], 'cluster'> = {},
) {
  const server = await EchoServer.start();
  const front = await RenderedFront.start({
    upstream: Upstream.servers([server.address]),
    ...options,
  });
  const path = options.routes ? '/ws' : `/dev/aiwm/chat/${engineQuery}`;
  const started = performance.now();
  const idle = await IdleWebSockets.open(10, front.url + path);
  const talking = await openWebSocket(front.webSocketUrl + path);
  return { idle, talking, started };
}

/** Two instances that are told a heartbeat of 0.5 s and 0.5 s, of which one hangs. */
async function startHeartbeat() {
  const firstPort = await freePortBlock(2);
  const cluster = { instances: 2, firstPort, heartbeat: { interval: '500ms', timeout: '500ms' } };
  const front = await RenderedFront.start({ cluster });
  const instances = await ChatInstances.start({
    ports: [firstPort, firstPort + 1],
    pingIntervalMs: front.rendered.heartbeat?.intervalMs,
    pingTimeoutMs: front.rendered.heartbeat?.timeoutMs,
  });
  const groups = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      IdleWebSockets.open(1, `${front.url}/dev/aiwm/chat/${engineQuery}`, {
        localAddress: `127.0.${index + 1}.1`,
        socketIo: true,
      }),
    ),
  );
  const [served = 0, hung = 0] = await Promise.all(
    [1, 2].map(async (id) => {
      const health = await requestJson<{ clients: number }>(instances.get(id).healthUrl);
      return health.clients;
    }),
  );
  instances.get(2).pause();
  return { front, groups, served, hung, pausedAt: performance.now() };
}

describe('a WebSocket without traffic, with a limit of 2 s', () => {
  let server: EchoServer;
  let front: RenderedFront;
  beforeAll(async () => {
    server = await EchoServer.start();
    front = await RenderedFront.start({
      upstream: Upstream.servers([server.address]),
      routes: AiwmRoutes.webSocketOnly('/ws'),
      timeouts: { webSocket: '2s' },
    });
  });

  test('is closed when neither side has said anything for as long', async () => {
    const idle = await IdleWebSockets.open(5, `${front.url}/ws`);
    await idle.waitUntilClosed(10_000);
    for (const { milliseconds } of idle.closed) {
      // From when this process heard of the handshake, which may be late.
      expect(milliseconds).toBeGreaterThan(1_000);
      expect(milliseconds).toBeLessThan(6_000);
    }
  });

  test.each([
    ['the client', 'client'],
    ['the instance', 'instance'],
  ])('stays open while %s alone says something', async (_, who) => {
    const known = new Set(server.webSockets);
    const client = await openWebSocket(`${front.webSocketUrl}/ws`);
    const instance = [...server.webSockets].find((socket) => !known.has(socket));
    // A pong that nobody asked for is answered by nobody.
    const speaker = who === 'client' ? client : instance;
    const chatter = setInterval(() => speaker?.pong(), 400);
    await sleep(5_000);
    clearInterval(chatter);
    expect((await exchange(client, 'still here')).text).toBe('still here');
    client.terminate();
  });
});

describe('an instance that cannot be reached', () => {
  const rotating = {
    balancing: Balancing.roundRobin(),
    clientTransports: [ClientTransport.WEBSOCKET],
  };

  async function startBeside(options: Partial<Parameters<typeof RenderedFront.start>[0]>) {
    const server = await EchoServer.start();
    const blackhole = await Blackhole.start();
    const front = await RenderedFront.start({
      ...rotating,
      upstream: Upstream.servers([blackhole.address, server.address]),
      ...options,
    });
    return { front, server, blackhole };
  }

  const shakeHands = async (front: RenderedFront) => {
    const { status, milliseconds, socket } = await handshake(
      `${front.url}/dev/aiwm/chat/${engineQuery}`,
      { timeoutMs: 60_000 },
    );
    socket?.destroy();
    return { status, milliseconds };
  };

  test.each([
    ['2 s', { failover: { connectTimeout: '2s' } }, 2_000],
    ['5 s, the default', {}, 5_000],
  ])('delays a handshake by the connect timeout: %s', async (_, options, timeout) => {
    const { front } = await startBeside(options);
    // One of two goes to it.
    const answers = await Promise.all([shakeHands(front), shakeHands(front)]);
    expect(answers.map(({ status }) => status)).toEqual([101, 101]);
    const [fast = 0, slow = 0] = answers
      .map(({ milliseconds }) => milliseconds)
      .sort((a, b) => a - b);
    expect(slow).toBeGreaterThan(timeout - 100);
    expect(slow).toBeLessThan(timeout + 4_000);
    expect(fast).toBeLessThan(timeout);
    say(`connect timeout ${timeout} ms: handshakes took ${seconds(fast)} s and ${seconds(slow)} s`);
  });

  test('delays one handshake, and then nobody for a while', async () => {
    const { front } = await startBeside({
      failover: { connectTimeout: '500ms', failTimeout: '60s' },
    });
    const times: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const { status, milliseconds } = await shakeHands(front);
      expect(status).toBe(101);
      times.push(milliseconds);
    }
    expect(times.filter((milliseconds) => milliseconds > 490)).toHaveLength(1);
  });

  test('when none can be reached, the answer is a 503 after the tries', async () => {
    const other = await Blackhole.start();
    const { front } = await startBeside({
      upstream: Upstream.servers([(await Blackhole.start()).address, other.address]),
      failover: { connectTimeout: '1s' },
    });
    const { status, milliseconds } = await shakeHands(front);
    expect(status).toBe(503);
    expect(milliseconds).toBeGreaterThan(1_900);
    expect(milliseconds).toBeLessThan(8_000);
  });
});

describe('the real times', () => {
  test('a heartbeat of 0.5 s and 0.5 s tightens the limit to 31 s: clients of a hung instance are free then, the others stay', async () => {
    const { front, groups, served, hung, pausedAt } = await longRuns.heartbeat;
    expect(front.rendered.configuration).toContain('proxy_read_timeout 31s;');
    expect({ served, hung, total: served + hung }).toEqual({
      served: expect.any(Number),
      hung: 12 - served,
      total: 12,
    });
    expect(Math.min(served, hung)).toBeGreaterThan(0);
    const closed = () => groups.flatMap((group) => group.closed);
    await waitFor(() => closed().length >= hung, 45_000, 'the hung ones are not closed');
    for (const { at } of closed()) {
      expect(at - pausedAt).toBeGreaterThan(29_000);
      expect(at - pausedAt).toBeLessThan(37_000);
    }
    say(
      `heartbeat: closed ${closed()
        .map(({ at }) => seconds(at - pausedAt))
        .join(', ')} s after the hang`,
    );
    // Longer than the limit for the others as well.
    await sleep(Math.max(0, pausedAt + 36_000 - performance.now()));
    expect(closed()).toHaveLength(hung);
    expect(groups.filter(({ open }) => open === 1)).toHaveLength(served);
  });

  test('with a limit of 60 s it is closed after 60 s: the next test can fail', async () => {
    const { idle } = await longRuns.with60s;
    await idle.waitUntilClosed(75_000);
    for (const { milliseconds } of idle.closed) {
      expect(milliseconds).toBeGreaterThan(59_500);
      expect(milliseconds).toBeLessThan(66_000);
    }
  });

  test('with nothing said, a silent WebSocket is open after 65 s and still talks', async () => {
    const { idle, talking, started } = await longRuns.byDefault;
    await sleep(Math.max(0, started + 65_500 - performance.now()));
    expect({ open: idle.open, closed: idle.closed }).toEqual({ open: 10, closed: [] });
    expect((await exchange(talking, 'still here')).text).toBe('still here');
    say(`10 silent WebSockets open after ${seconds(performance.now() - started)} s`);
  });
});
