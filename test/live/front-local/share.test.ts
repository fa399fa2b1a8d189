// WebSockets alone, which tell nginx nothing: an instance that fails costs next to nobody anything, and one that is well
// again gets its share of new ones at once. AIWM_TEST_NGINX=<executable> runs it with another nginx.
import { ClientTransport, Upstream } from 'cdktf-aiwm';
import { Blackhole } from '../../support/front/blackhole';
import { cleanUp } from '../../support/machine/clean-up';
import { request } from '../../support/front/http';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RenderedFront, type FrontOptions } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { startSharpServers, type SharpServer } from '../../support/front/sharp-servers';
import { sleep } from '../../support/machine/wait';

afterAll(cleanUp);

const connectTimeoutMs = 1_000;
const answerTimeoutMs = 1_000;
/** By how much a machine with other work may be late. */
const slackMs = 1_500;

const rotating = { clientTransports: [ClientTransport.WEBSOCKET], backplane: true };
const byAddress = { clientTransports: [ClientTransport.WEBSOCKET], backplane: false };

interface Opened {
  readonly at: number;
  readonly milliseconds: number;
  readonly status: number;
  readonly server: unknown;
}

/** 20 new WebSockets a second that stay open, each of another network, until it is told to stop. */
class Crowd {
  readonly opened: Opened[] = [];
  private running = true;
  private readonly pending = new Set<Promise<void>>();
  private readonly loop: Promise<void>;

  constructor(private readonly front: RenderedFront) {
    this.loop = this.run();
  }

  /** Handshakes that began from `from` on and before `to`. */
  between(from: number, to = Infinity): Opened[] {
    return this.opened.filter(({ at }) => at >= from && at < to);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
    await Promise.all(this.pending);
  }

  private async run(): Promise<void> {
    for (let index = 0; this.running; index += 1) {
      const one = this.open(index).finally(() => this.pending.delete(one));
      this.pending.add(one);
      await sleep(50);
    }
  }

  private async open(index: number): Promise<void> {
    const at = performance.now();
    const { status, headers, milliseconds } = await handshake(
      `${this.front.url}/dev/aiwm/chat/${engineQuery}`,
      { localAddress: `127.0.${(index % 240) + 1}.1`, timeoutMs: 30_000 },
    );
    this.opened.push({ at, milliseconds, status, server: headers['x-server'] });
  }
}

async function start(
  { backplane, ...options }: FrontOptions & { backplane: boolean },
  servers: SharpServer[],
) {
  return RenderedFront.start({
    upstream: Upstream.servers(
      servers.map(({ address }) => address),
      { backplane, healthPath: '/health' },
    ),
    failover: { connectTimeout: '1s', answerTimeout: '1s' },
    ...options,
  });
}

const faults: readonly (readonly [
  string,
  (server: SharpServer) => Promise<() => Promise<void>>,
])[] = [
  [
    'is killed',
    async (server) => {
      await server.kill();
      return () => server.start();
    },
  ],
  [
    'hangs (SIGSTOP)',
    (server) => {
      server.pause();
      return Promise.resolve(() => {
        server.resume();
        return Promise.resolve();
      });
    },
  ],
  [
    'is a black hole',
    async (server) => {
      await server.kill();
      const hole = await Blackhole.start(server.port);
      return async () => {
        await hole.close();
        await server.start();
      };
    },
  ],
];

describe.each([
  ['in rotation', rotating],
  ['by address', byAddress],
])('%s', (_, options) => {
  test.each(faults)('an instance that %s', async (name, breakIt) => {
    const servers = await startSharpServers();
    const front = await start(options, servers);
    const broken = servers[2]!;
    const crowd = new Crowd(front);
    await sleep(2_000);
    const brokenAt = performance.now();
    const heal = await breakIt(broken);
    await sleep(8_000);
    await heal();
    const healedAt = performance.now();
    await sleep(8_000);
    await crowd.stop();

    const during = crowd.between(brokenAt, healedAt);
    const slow = during.filter(({ milliseconds }) => milliseconds > 500);
    const slowest = Math.max(...during.map(({ milliseconds }) => milliseconds));
    const after = crowd.between(healedAt + 5_000);
    const share = after.filter(({ server }) => server === broken.name).length / after.length;
    const first = crowd.between(healedAt).find(({ server }) => server === broken.name);
    say(
      `${name}: ${slow.length} of ${during.length} over 0.5 s, slowest ${Math.round(slowest)} ms; ` +
        `first after ${Math.round((first?.at ?? Infinity) - healedAt)} ms, share after 5 s ${Math.round(share * 100)} %`,
    );
    expect(crowd.opened.filter(({ status }) => status !== 101)).toEqual([]);
    expect(slowest).toBeLessThan(Math.max(connectTimeoutMs, answerTimeoutMs) + slackMs);
    expect(slow.length).toBeLessThan(during.length * 0.12);
    expect(share).toBeGreaterThan(0.25);
    await front.stop();
    await Promise.all(servers.map((server) => server.kill()));
  });

  test('all that had failed are back for everybody within 5 s', async () => {
    const servers = await startSharpServers();
    const front = await start(options, servers);
    await Promise.all(servers.map((server) => server.kill()));
    const crowd = new Crowd(front);
    await sleep(3_000);
    expect(crowd.opened.length).toBeGreaterThan(20);
    expect(crowd.opened.filter(({ status }) => status !== 503)).toEqual([]);
    await Promise.all(servers.map((server) => server.start()));
    const startedAt = performance.now();
    await sleep(8_000);
    await crowd.stop();
    const after = crowd.between(startedAt + 5_000);
    expect(after.length).toBeGreaterThan(20);
    expect(after.filter(({ status }) => status !== 101)).toEqual([]);
    expect(new Set(after.map(({ server }) => server))).toEqual(new Set(['1', '2', '3']));
    await front.stop();
  });
});

test('REST calls that time out take no instance out of service for chat', async () => {
  const servers = await startSharpServers();
  const front = await start({ ...rotating, timeouts: { rest: '1s' } }, servers);
  const calls = await Promise.all(
    Array.from({ length: 9 }, () => request(`${front.url}/dev/aiwm/slow?do=never`)),
  );
  expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 504));
  const met = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const answer = await handshake(`${front.url}/dev/aiwm/chat/${engineQuery}`);
      answer.socket?.destroy();
      return `${answer.status} ${String(answer.headers['x-server'])}`;
    }),
  );
  expect(met.sort()).toEqual(['1', '2', '3'].flatMap((name) => Array(3).fill(`101 ${name}`)));
});

test('a hung server of a front that stands alone costs one client the time of an answer', async () => {
  const servers = await startSharpServers();
  // Nothing is said but where they are.
  const front = await RenderedFront.start({
    upstream: Upstream.servers(servers.map(({ address }) => address)),
  });
  servers[1]!.pause();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      handshake(`${front.url}/dev/aiwm/chat/${engineQuery}`, {
        localAddress: `127.0.${index}.1`,
        timeoutMs: 20_000,
      }),
    ),
  );
  answers.forEach(({ socket }) => socket?.destroy());
  expect(answers.filter(({ status }) => status !== 101)).toEqual([]);
  expect(Math.max(...answers.map(({ milliseconds }) => milliseconds))).toBeLessThan(
    3_000 + slackMs,
  );
  // Those that come later wait for nothing.
  const later = await handshake(`${front.url}/dev/aiwm/chat/${engineQuery}`, {
    localAddress: '127.0.1.1',
  });
  later.socket?.destroy();
  expect(later.milliseconds).toBeLessThan(slackMs);
});
