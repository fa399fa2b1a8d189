// Servers by name: real Socket.IO instances at addresses of their own, a name server whose records change, and nginx.
import { Balancing, Upstream, type UpstreamServer } from 'cdktf-aiwm';
import { isAtLeast, parseVersion, STICKY_DIRECTIVE } from '../../../lib/nginx/version';
import { Blackhole } from '../../support/front/blackhole';
import { ChatInstance } from '../../support/front/chat-instances';
import { request } from '../../support/front/http';
import { NameServer } from '../../support/front/name-server';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RenderedFront, type FrontOptions } from '../../support/front/rendered-front';
import { SocketClients } from '../../support/front/socket-clients';
import { cleanUp } from '../../support/machine/clean-up';
import { freePort } from '../../support/machine/free-ports';
import { nginxBinaries } from '../../support/machine/nginx-binaries';
import { say } from '../../support/machine/say';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const chat = '/dev/aiwm/chat/';
/** Time in which an instance that came has to be used. */
const usedWithinMs = 10_000;
const connectTimeoutMs = 2_000;

let dns: NameServer;
let port: number;
let hosts = 0;
let slots: Slot[];

/** A slot whose instance has another address after each start, as a task of ECS has. */
class Slot {
  instance: ChatInstance | undefined;

  constructor(readonly id: string) {}

  get name(): string {
    return `aiwm-${this.id}.internal.test`;
  }

  get host(): string {
    return this.instance!.address.replace(/:\d+$/, '');
  }

  /** Starts an instance at a new address, which is in no answer yet, and returns the one before. */
  async replace(): Promise<ChatInstance | undefined> {
    const before = this.instance;
    hosts += 1;
    this.instance = new ChatInstance(this.id, port, {
      host: `127.0.1.${hosts}`,
      marksSessionIds: true,
    });
    await this.instance.start();
    return before;
  }

  announce(): void {
    dns.set(this.name, [this.host]);
  }

  /** The old instance ends without a word, and the name leads to the new one. */
  async move(): Promise<number> {
    const before = await this.replace();
    await before?.kill();
    this.announce();
    return performance.now();
  }
}

const recent = nginxBinaries().available.find(({ version }) =>
  isAtLeast(parseVersion(version)!, STICKY_DIRECTIVE),
);

function start(options: FrontOptions): Promise<RenderedFront> {
  return RenderedFront.start({
    failover: { connectTimeout: `${connectTimeoutMs}ms`, answerTimeout: '2s' },
    resolver: dns.address,
    nginxVersion: recent!.version,
    executable: recent!.executable,
    ...options,
  });
}

const bySlot = (options = {}) =>
  Upstream.servers(
    slots.slice(0, 3).map(({ name }) => `${name}:${port}`),
    options,
  );

interface Said {
  readonly instance: string;
}

interface Opened {
  readonly status: number;
  /** Id of the instance that opened the session; it begins the session's own. */
  readonly instance: string | undefined;
  readonly cookie: string | undefined;
}

/** Opens a session of long-polling. */
async function open(front: RenderedFront, from = 1, cookie?: string): Promise<Opened> {
  const { status, body, headers } = await request(`${front.url}${chat}?EIO=4&transport=polling`, {
    localAddress: `127.0.${from}.1`,
    headers: cookie === undefined ? {} : { Cookie: cookie },
  });
  return {
    status,
    instance: /"sid":"(\d+)\./.exec(body)?.[1],
    cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? cookie,
  };
}

/** Instance of each of 40 clients, every one of another network. */
async function homes(front: RenderedFront): Promise<(string | undefined)[]> {
  const opened = await Promise.all(
    Array.from({ length: 40 }, (_, index) => open(front, index + 1)),
  );
  return opened.map(({ instance }) => instance);
}

/** Time from `since` until something is true. */
async function timeUntil(
  since: number,
  what: string,
  condition: () => Promise<boolean>,
  withinMs = usedWithinMs,
): Promise<void> {
  await waitFor(condition, withinMs, what, 100);
  const milliseconds = performance.now() - since;
  say(`${what}: after ${Math.round(milliseconds)} ms`);
  expect(milliseconds).toBeLessThan(withinMs);
}

/** Until nginx has the answers as they are now. */
async function waitUntilAsked(...names: string[]): Promise<void> {
  const now = performance.now();
  await waitFor(
    () => names.every((name) => dns.questions.some((each) => each.name === name && each.at > now)),
    usedWithinMs,
    () => `nginx does not ask for ${names.join(', ')}`,
  );
  await sleep(200);
}

async function usesAll(front: RenderedFront, count = 3): Promise<boolean> {
  return new Set((await homes(front)).filter(Boolean)).size === count;
}

if (recent === undefined) {
  test.skip('servers by name: nginx 1.29.6 or later is not in the cache: npm run setup', () => {});
} else {
  beforeAll(async () => {
    dns = await NameServer.start();
    port = await freePort();
    slots = ['1', '2', '3', '4', '5'].map((id) => new Slot(id));
    await Promise.all(slots.map((slot) => slot.replace()));
    slots.forEach((slot) => slot.announce());
  });

  describe('by a hash of the client, which is the default', () => {
    let front: RenderedFront;
    let before: (string | undefined)[];
    let clientOf2: number;

    beforeAll(async () => {
      front = await start({ upstream: bySlot() });
      await waitFor(() => usesAll(front), usedWithinMs, 'all three slots are used');
      before = await homes(front);
      clientOf2 = before.indexOf('2') + 1;
    });
    afterAll(() => front.stop());

    const leadsTo2 = async () => (await open(front, clientOf2)).instance === '2';

    test('a slot that moves is used at its new address, and no client changes its slot', async () => {
      const movedAt = await slots[1]!.move();
      await timeUntil(movedAt, 'a slot at another address is used', leadsTo2);
      expect(await homes(front)).toEqual(before);
    });

    test('real clients with default transports find their slot before and after', async () => {
      const connect = () =>
        SocketClients.connect(30, (index) => ({
          url: front.url,
          localAddress: `127.0.${index + 1}.1`,
        }));
      const first = await connect();
      await first.waitUntilUpgraded();
      expect(first.all.map(({ instance }) => instance)).toEqual(before.slice(0, 30));
      first.close();
      const movedAt = await slots[1]!.move();
      await timeUntil(movedAt, 'the slot moved again', leadsTo2);
      const second = await connect();
      await second.waitUntilUpgraded();
      expect(second.all.map(({ instance }) => instance)).toEqual(before.slice(0, 30));
      second.close();
    });

    test('a slot that is gone costs a client one connect time-out at most', async () => {
      const gone = slots[1]!;
      const { host } = gone;
      await gone.instance!.kill();
      const hole = await Blackhole.start(port, host);
      const answers: { status: number; milliseconds: number }[] = [];
      const pending: Promise<unknown>[] = [];
      const startedAt = performance.now();
      for (let index = 0; performance.now() - startedAt < 10_000; index += 1) {
        if (index === 60) {
          dns.set(gone.name, 'no such name');
        }
        const localAddress = `127.0.${(index % 40) + 1}.1`;
        pending.push(
          handshake(`${front.url}${chat}${engineQuery}`, { localAddress, timeoutMs: 20_000 }).then(
            (answer) => {
              answer.socket?.destroy();
              answers.push(answer);
            },
          ),
        );
        await sleep(80);
      }
      await Promise.all(pending);
      const slow = answers.filter(({ milliseconds }) => milliseconds > connectTimeoutMs * 0.9);
      const slowest = Math.max(...answers.map(({ milliseconds }) => milliseconds));
      say(
        `${slow.length} of ${answers.length} waited for the connect time-out, slowest ${Math.round(slowest)} ms`,
      );
      expect(answers.length).toBeGreaterThan(60);
      expect(answers.filter(({ status }) => status !== 101)).toEqual([]);
      expect(slowest).toBeLessThan(2 * connectTimeoutMs);
      expect(slow.length).toBeGreaterThan(0);
      expect(slow.length).toBeLessThan(answers.length * 0.2);
      await hole.close();
    });

    test('a name that does not exist leaves the others, and is used when it is back', async () => {
      dns.set(slots[1]!.name, 'no such name');
      await waitUntilAsked(slots[1]!.name);
      const during = await homes(front);
      expect(new Set(during)).toEqual(new Set(['1', '3']));
      before.forEach((instance, index) => {
        if (instance !== '2') {
          expect(during[index]).toBe(instance);
        }
      });
      // The phase of nginx's questions is any.
      for (const waitMs of [0, 1_300, 2_600]) {
        dns.set(slots[1]!.name, 'no such name');
        await waitUntilAsked(slots[1]!.name);
        await slots[1]!.instance!.kill();
        await slots[1]!.replace();
        await sleep(waitMs);
        slots[1]!.announce();
        await timeUntil(performance.now(), 'a name that is back is used', leadsTo2);
      }
      expect(await homes(front)).toEqual(before);
    });

    test.each([
      ['failure', usedWithinMs],
      // The question that was under way has to end first.
      ['silence', usedWithinMs + 5_000],
    ] as const)('%s of the name server keeps the old addresses', async (answer, withinMs) => {
      slots.slice(0, 3).forEach(({ name }) => dns.set(name, answer));
      await waitUntilAsked(...slots.slice(0, 3).map(({ name }) => name));
      await sleep(8_000);
      expect(await homes(front)).toEqual(before);
      await (await slots[1]!.replace())!.kill();
      slots.slice(0, 3).forEach((slot) => slot.announce());
      await timeUntil(
        performance.now(),
        `after ${answer}, the new address is used`,
        leadsTo2,
        withinMs,
      );
      expect(await homes(front)).toEqual(before);
    });

    test('REST calls and health checks follow a slot as well', async () => {
      const movedAt = await slots[1]!.move();
      await timeUntil(movedAt, 'the slot moved', leadsTo2);
      for (const path of ['/dev/aiwm/instance', '/dev/aiwm/health']) {
        const calls = await Promise.all(
          Array.from({ length: 12 }, () => request(front.url + path)),
        );
        expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200));
        const instances = calls.map(({ body }) => (JSON.parse(body) as Said).instance);
        expect(new Set(instances)).toEqual(new Set(['1', '2', '3']));
      }
    });

    test('where no name exists clients get 503, until one is back', async () => {
      slots.slice(0, 3).forEach(({ name }) => dns.set(name, 'no such name'));
      await waitFor(async () => (await open(front)).status === 503, usedWithinMs, 'no server left');
      slots.slice(0, 3).forEach((slot) => slot.announce());
      await timeUntil(performance.now(), 'all names are back', () => usesAll(front));
      expect(await homes(front)).toEqual(before);
    });

    test('a reload keeps the addresses, also without a name server', async () => {
      slots.slice(0, 3).forEach(({ name }) => dns.set(name, 'silence'));
      await front.reload({ maxBodySize: '3m' });
      expect(await homes(front)).toEqual(before);
      slots.slice(0, 3).forEach((slot) => slot.announce());
    });
  });

  test('a name server that fails while nginx starts is asked again soon', async () => {
    slots.slice(0, 3).forEach(({ name }) => dns.set(name, 'failure'));
    const front = await start({ upstream: bySlot() });
    expect((await open(front)).status).toBe(503);
    slots.slice(0, 3).forEach((slot) => slot.announce());
    await timeUntil(performance.now(), 'the name server is back', () => usesAll(front));
    await front.stop();
  });

  test('a cookie names the slot, wherever that is', async () => {
    const front = await start({ upstream: bySlot(), balancing: Balancing.cookie() });
    await waitFor(() => usesAll(front), usedWithinMs, 'all three slots are used');
    const opened = await Promise.all(Array.from({ length: 12 }, () => open(front)));
    const again = () => Promise.all(opened.map(({ cookie }) => open(front, 1, cookie)));
    const of = (sessions: Opened[]) => sessions.map(({ instance }) => instance);
    expect(new Set(of(opened)).size).toBe(3);
    expect(of(await again())).toEqual(of(opened));
    const movedAt = await slots[1]!.move();
    const client = opened.find(({ instance }) => instance === '2')!;
    await timeUntil(
      movedAt,
      'the slot of a cookie moved',
      async () => (await open(front, 1, client.cookie)).instance === '2',
    );
    expect(of(await again())).toEqual(of(opened));
    await front.stop();
  });

  test('sessions that name their slot, of one address and without cookies', async () => {
    const front = await start({ upstream: bySlot({ backplane: true, marksSessionIds: true }) });
    await waitFor(() => usesAll(front), usedWithinMs, 'all three slots are used');
    const connect = () => SocketClients.connect(60, { url: front.url, localAddress: '127.0.0.1' });
    const expectAllThere = async (clients: SocketClients) => {
      await clients.waitUntilUpgraded();
      expect(clients.failed).toEqual([]);
      expect(Object.keys(clients.countByInstance())).toEqual(['1', '2', '3']);
      clients.close();
    };
    await expectAllThere(await connect());
    const movedAt = await slots[1]!.move();
    await timeUntil(movedAt, 'the slot of a session moved', () => usesAll(front));
    await expectAllThere(await connect());
    await front.stop();
  });

  test('several instances behind one name: the cookie tells them apart', async () => {
    const name = 'all.internal.test';
    const setHosts = (count: number) =>
      dns.set(
        name,
        slots.slice(0, count).map(({ host }) => host),
      );
    const server: UpstreamServer = { address: `${name}:${port}`, severalInstances: true };
    setHosts(3);
    const front = await start({ upstream: Upstream.servers([server]) });
    await waitFor(() => usesAll(front), usedWithinMs, 'all three instances are used');
    const opened = await Promise.all(Array.from({ length: 30 }, () => open(front)));
    expect(new Set(opened.map(({ instance }) => instance)).size).toBe(3);
    const expectSame = async () => {
      const again = await Promise.all(opened.map(({ cookie }) => open(front, 1, cookie)));
      expect(again.map(({ instance }) => instance)).toEqual(opened.map(({ instance }) => instance));
    };
    await expectSame();

    setHosts(5);
    await timeUntil(performance.now(), 'two more are used', () => usesAll(front, 5));
    await expectSame();
    const clients = await SocketClients.connect(30, { url: front.url, withCredentials: true });
    await clients.waitUntilUpgraded();
    expect(clients.failed).toEqual([]);
    expect(Object.keys(clients.countByInstance())).toHaveLength(5);

    // One of them hangs: its clients go elsewhere, and nobody waits for it twice.
    slots[0]!.instance!.pause();
    const during = await Promise.all(Array.from({ length: 20 }, () => open(front)));
    expect(during.map(({ status }) => status)).toEqual(during.map(() => 200));
    slots[0]!.instance!.resume();

    setHosts(3);
    await timeUntil(performance.now(), 'two are gone', () => usesAll(front, 3));
    expect(clients.connected).toHaveLength(30);
    clients.close();
    await front.stop();
  });
}
