// The task definition of AwsPlatform, run: its containers by a Docker Engine, under a scheduler that does what ECS does,
// found by names as in Cloud Map, before a real nginx with the configuration of AWS and real Socket.IO clients.
import { readFileSync } from 'node:fs';
import { describeWithEngine } from '../support/docker/engine';
import { imageProblem } from '../support/docker/images';
import { steadyLoad, type LoadReport } from '../support/docker/steady-load';
import { EcsBed, ecsBedProblem } from '../support/aws/ecs/ecs-bed';
import type { EcsTask } from '../support/aws/ecs/ecs-task';
import { request } from '../support/front/http';
import { engineQuery, handshake } from '../support/front/raw-websocket';
import { SocketClient, SocketClients } from '../support/front/socket-clients';
import { cleanUp, closeAtCleanUp, isClosed } from '../support/machine/clean-up';
import { say } from '../support/machine/say';
import { sleep, waitFor } from '../support/machine/wait';

const images = ['aiwm-test/node-chat:1', 'aiwm-test/node-chat:2', 'aiwm-test/redis:7.0'] as const;
const addresses = Array.from({ length: 40 }, (_, index) => `127.0.${index + 1}.1`);
const inTurn = (index: number) => addresses[index % addresses.length]!;

/** From its record to its first client. */
const USED_WITHIN_MS = 10_000;
/** `proxy_connect_timeout` of the front. */
const CONNECT_TIMEOUT_MS = 5_000;
/** For a machine that has much to do. */
const SLACK_MS = 2_000;

/** A client that hears nothing for so long is disconnected. */
const HEARTBEAT_MS = 8_000;

const cluster = {
  // So that clients notice soon that nobody is there any more.
  heartbeat: { interval: '4s', timeout: '4s' },
  health: { timeout: '1s', failures: 2 },
  stopGrace: '22s',
};

afterAll(cleanUp);

describeWithEngine('the tasks of a cluster on AWS', (engine) => {
  const problem = ecsBedProblem() ?? images.map(imageProblem).find((each) => each !== undefined);
  if (problem) {
    test.skip(`needs images and nginx: ${problem}`, () => {});
    return;
  }

  let bed: EcsBed;
  let clients: SocketClients;

  beforeAll(async () => {
    bed = await EcsBed.start(engine, images, { cluster });
    clients = await SocketClients.connect(24, (index) => ({
      url: bed.url,
      localAddress: inTurn(index),
      reconnection: true,
    }));
    await clients.waitUntilConnected();
    await clients.waitUntilUpgraded();
  });
  afterAll(async () => {
    clients?.close();
    await bed?.stop();
  });

  /** All are connected, and hear of each other, whichever instance serves them. */
  async function expectAllTogether(text: string, timeoutMs: number): Promise<void> {
    await clients.waitUntilConnected(timeoutMs);
    await clients.all[0]!.broadcast(text);
    await clients.waitUntilReceived(text);
  }

  /** Requests and handshakes meanwhile. */
  async function underLoad(change: () => Promise<void>): Promise<LoadReport> {
    const load = steadyLoad({ url: bed.url, perSecond: 20, timeoutMs: 30_000 }, addresses);
    try {
      await change();
    } finally {
      await load.stop();
    }
    return load.report();
  }

  /** What a task says of itself: a script in its container, with the environment that its service has. */
  async function inTask({ id }: EcsTask, script: string): Promise<unknown> {
    return JSON.parse(
      await engine.docker('exec', id, 'node', '-e', `console.log(JSON.stringify(${script}))`),
    );
  }

  test('each runs as its definition says', async () => {
    // The name server has one time to live for both.
    expect(bed.names).toEqual({ ttlSeconds: 5, negativeTtlSeconds: 5 });
    const [task] = bed.slot(2).tasks;
    const status = `require('fs').readFileSync('/proc/self/status', 'utf8')`;
    const writing = (path: string) =>
      `(() => { try { require('fs').writeFileSync('${path}', ''); return 'written' } catch (e) { return e.code } })()`;
    expect(
      await inTask(
        task!,
        `{
          secrets: [process.env.TOKEN, process.env.KEY, process.env.AIWM_SECRET_VERSIONS],
          instance: process.env.INSTANCE_ID,
          user: process.getuid(),
          first: require('fs').readFileSync('/proc/1/comm', 'utf8').trim(),
          capabilities: /CapBnd:\\s*(\\w+)/.exec(${status})[1],
          root: ${writing('/written')},
          tmp: ${writing('/tmp/written')},
          folder: require('fs').statSync('/tmp').uid,
        }`,
      ),
    ).toEqual({
      secrets: ['of the current version', 'of a parameter', 'REDIS_URL=first TOKEN=2'],
      instance: '2',
      user: 1000,
      first: 'docker-init',
      capabilities: '0000000000000000',
      root: 'EROFS',
      tmp: 'EACCES',
      folder: 0,
    });
    await expectAllTogether('over the Redis of the secret', 5_000);
  });

  test('a new version comes slot by slot without a failed request', async () => {
    const specs = bed.describe({ image: 'aiwm-test/node-chat:2', cluster });
    const before = clients.all.map(({ instance }) => instance);
    const newcomers = new Newcomers(bed.url);
    const report = await underLoad(async () => {
      await bed.deploy(specs);
      // The last one accepts for 15 s more, and closes its connections after that.
      await sleep(20_000);
    });
    const met = await newcomers.stop(20_000);
    say(
      `${report.requests} requests, ${report.handshakes} handshakes, slowest ${report.slowestMs} ms; ` +
        `${met.count} new clients, at a second attempt: ${JSON.stringify(met.stumbled)}`,
    );
    expect(report.failures).toEqual({});
    expect(Object.keys(report.versions)).toEqual(['1', '2']);
    // While a slot has two tasks, requests of one session of long-polling go to both.
    const stumbled = Object.values(met.stumbled).reduce((sum, each) => sum + each, 0);
    expect(stumbled).toBeLessThan(met.count * 0.3);
    await expectAllTogether('after the new version', 10_000);
    expect(clients.all.map(({ instance }) => instance)).toEqual(before);
    expect(bed.services.flatMap(({ failures }) => failures)).toEqual([]);
  });

  test('a task that is killed: its clients are back, and the next one is used soon', async () => {
    const slot = bed.slot(2);
    const [task] = slot.tasks;
    const report = await underLoad(async () => {
      const own = clients.all.filter(({ instance }) => instance === '2');
      expect(own).not.toEqual([]);
      const cut = own.map(({ disconnects }) => disconnects.length);
      const killedAt = performance.now();
      await engine.docker('kill', task!.id);
      await waitFor(() => slot.tasks[0] && slot.tasks[0] !== task, 5_000, 'a new task');
      await waitFor(
        () => own.every(({ disconnects }, index) => disconnects.length > cut[index]!),
        HEARTBEAT_MS + SLACK_MS,
        'its clients notice',
      );
      await clients.waitUntilConnected(15_000);
      say(`clients are back after ${Math.round(performance.now() - killedAt)} ms`);
      await expectUsed('2');
    });
    say(
      `${report.requests + report.handshakes} requests, slowest ${report.slowestMs} ms, ${JSON.stringify(report.failures)}`,
    );
    expect(report.slowestMs).toBeLessThan(CONNECT_TIMEOUT_MS + SLACK_MS);
    // nginx takes no other instance for a request that waits while its list of addresses changes ("no live upstreams").
    const { 'request 502': caught = 0, ...failures } = report.failures;
    expect(failures).toEqual({});
    expect(caught).toBeLessThan(report.requests * 0.03);
    await slot.waitUntilSteady(20_000);
    await expectAllTogether('after the kill', 10_000);
  });

  test('a task that hangs: it is replaced first, and its clients are back', async () => {
    const slot = bed.slot(3);
    const [task] = slot.tasks;
    const stuck = await serviceProcess(task!);
    process.kill(stuck, 'SIGSTOP');
    const stoppedAt = performance.now();
    await waitFor(() => slot.tasks.length === 2, 30_000, 'a task beside the one that hangs');
    expect(slot.tasks.map(({ health }) => health)).toContain('UNHEALTHY');
    await slot.waitUntilSteady(30_000);
    await clients.waitUntilConnected(20_000);
    say(`replaced, and clients are back, after ${Math.round(performance.now() - stoppedAt)} ms`);
    await expectAllTogether('after the one that hung', 10_000);
  });

  test('a whole zone is gone: one slot is left, the others come back in the other zone', async () => {
    const gone = bed.services.filter(({ tasks: [task] }) => task!.zone === 'a');
    expect(gone).toHaveLength(2);
    const lostAt = performance.now();
    await bed.cluster.loseZone('a');
    const slow = await handshakesFor(4_000);
    say(
      `handshakes meanwhile: ${slow.length}, slowest ${Math.round(Math.max(...slow.map(({ milliseconds }) => milliseconds)))} ms`,
    );
    const refused = slow.filter(({ status }) => status !== 101);
    say(`refused: ${JSON.stringify(refused)}`);
    expect(refused.filter(({ status }) => status !== 503)).toEqual([]);
    expect(refused.length).toBeLessThan(slow.length * 0.1);
    // One connect time-out for each that is gone, and one again where addresses changed while nginx waited.
    expect(Math.max(...slow.map(({ milliseconds }) => milliseconds))).toBeLessThan(
      (gone.length + 1) * CONNECT_TIMEOUT_MS + SLACK_MS,
    );
    await clients.waitUntilConnected(30_000);
    say(`clients are back after ${Math.round(performance.now() - lostAt)} ms`);
    await Promise.all(gone.map((slot) => slot.waitUntilSteady(30_000)));
    expect(gone.map(({ tasks: [task] }) => task!.zone)).toEqual(['b', 'b']);
    await expectUsed('1');
    await expectUsed('3');
    await expectAllTogether('after the loss of a zone', 15_000);
  });

  /** An instance is asked soon after its record is there, whatever nginx was told before. */
  async function expectUsed(instance: string): Promise<void> {
    const slot = bed.slot(Number(instance));
    const { spec } = slot;
    const record = await waitFor(
      () =>
        bed.registry.published.find(
          ({ name, address, isThere }) =>
            isThere && name === spec.dnsName && address === slot.tasks[0]?.address,
        ),
      20_000,
      `the record of instance ${instance}`,
    );
    await waitFor(
      async () => (await instancesNow()).has(instance),
      USED_WITHIN_MS,
      `instance ${instance} is not used`,
      100,
    );
    const milliseconds = performance.now() - record.at;
    say(`instance ${instance} is used ${Math.round(milliseconds)} ms after its record`);
    expect(milliseconds).toBeLessThan(USED_WITHIN_MS + SLACK_MS);
  }

  /** Which instances answer REST; those that take long do not count. */
  async function instancesNow(): Promise<Set<string>> {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        request(`${bed.url}/dev/aiwm/instance`, { timeoutMs: 1_000 }).catch(() => undefined),
      ),
    );
    return new Set(
      answers
        .filter((answer) => answer?.status === 200)
        .map((answer) => (JSON.parse(answer!.body) as { instance: string }).instance),
    );
  }

  async function handshakesFor(
    milliseconds: number,
  ): Promise<{ status: number; milliseconds: number }[]> {
    const until = performance.now() + milliseconds;
    const pending: Promise<{ status: number; milliseconds: number }>[] = [];
    while (performance.now() < until) {
      pending.push(
        handshake(`${bed.url}/dev/aiwm/chat/${engineQuery}`, {
          localAddress: inTurn(pending.length),
          timeoutMs: 30_000,
        }).then(({ status, milliseconds: time, socket }) => {
          socket?.destroy();
          return { status, milliseconds: time };
        }),
      );
      await sleep(100);
    }
    return Promise.all(pending);
  }

  /** The service in a container, below its init. */
  async function serviceProcess({ id }: EcsTask): Promise<number> {
    const {
      State: { Pid: init },
    } = await engine.inspect<{ State: { Pid: number } }>(id);
    return Number(readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim());
  }
});

/** Clients with Socket.IO's own transports and patience, that come one after another. */
class Newcomers {
  private readonly clients: SocketClient[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(url: string) {
    closeAtCleanUp(this);
    this.timer = setInterval(() => {
      const localAddress = inTurn(7 * this.clients.length);
      this.clients.push(new SocketClient({ url, localAddress, reconnection: true }));
    }, 200);
  }

  /** Waits until each has got in, and says which of them did so at a second attempt, and why. */
  async stop(timeoutMs: number): Promise<{ count: number; stumbled: Record<string, number> }> {
    clearInterval(this.timer);
    await waitFor(
      () => this.clients.every(({ instances }) => instances.length > 0),
      timeoutMs,
      () => `not all new clients got in: ${JSON.stringify(this.stumbled())}`,
    );
    this.close();
    return { count: this.clients.length, stumbled: this.stumbled() };
  }

  close(): void {
    isClosed(this);
    clearInterval(this.timer);
    this.clients.forEach((client) => client.disconnect());
  }

  private stumbled(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const error of this.clients.flatMap((client) => client.report().error ?? [])) {
      counts[error] = (counts[error] ?? 0) + 1;
    }
    return counts;
  }
}
