// A cluster that scales, before nginx: one name whose addresses come and go, as those of a scaled service of ECS do.
// 3, 5 and 3 real instances, while clients call by REST and by long-polling with their cookie.
import { Balancing, Upstream } from 'cdktf-aiwm';
import { isAtLeast, parseVersion, STICKY_DIRECTIVE } from '../../lib/nginx/version';
import { ChatInstance } from '../support/front/chat-instances';
import { request } from '../support/front/http';
import { NameServer } from '../support/front/name-server';
import { RenderedFront } from '../support/front/rendered-front';
import { SocketClients } from '../support/front/socket-clients';
import { cleanUp } from '../support/machine/clean-up';
import { freePort } from '../support/machine/free-ports';
import { nginxBinaries } from '../support/machine/nginx-binaries';
import { say } from '../support/machine/say';
import { sleep, waitFor } from '../support/machine/wait';

afterAll(cleanUp);

const NAME = 'aiwm.internal.test';
/** Time in which an instance that came has to be used. */
const USED_WITHIN_MS = 10_000;
/** As on AWS, where it is longer: the name no longer leads to an instance long before it ends. */
const SHUTDOWN_DELAY_MS = 8_000;

const recent = nginxBinaries().available.find(({ version }) =>
  isAtLeast(parseVersion(version)!, STICKY_DIRECTIVE),
);

/** Calls without a cookie, one after another, until they are told to stop. */
class RestCalls {
  readonly statuses: number[] = [];
  private isStopped = false;
  private readonly done: Promise<void>;

  constructor(url: string) {
    this.done = this.run(url);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
  }

  private async run(url: string): Promise<void> {
    while (!this.isStopped) {
      const { status } = await request(`${url}/dev/aiwm/instance`);
      this.statuses.push(status);
      await sleep(50);
    }
  }
}

if (recent === undefined) {
  test.skip('scaling: nginx 1.29.6 or later is not in the cache: npm run setup', () => {});
} else {
  test.each([
    ['in turn', Balancing.roundRobin()],
    ['by their connections', Balancing.leastConnections()],
  ])(
    'instances come and go under one name, %s, and nobody else loses a session',
    async (_, balancing) => {
      const dns = await NameServer.start();
      const port = await freePort();
      const instances = [1, 2, 3, 4, 5].map(
        (number) =>
          new ChatInstance(String(number), port, {
            host: `127.0.2.${number}`,
            environment: {
              AIWM_SHUTDOWN_DELAY_MS: String(SHUTDOWN_DELAY_MS),
              AIWM_STOP_GRACE_MS: String(SHUTDOWN_DELAY_MS + 10_000),
            },
          }),
      );
      const announce = (count: number) =>
        dns.set(
          NAME,
          instances.slice(0, count).map((_instance, index) => `127.0.2.${index + 1}`),
        );
      await Promise.all(instances.slice(0, 3).map((each) => each.start()));
      announce(3);
      const front = await RenderedFront.start({
        upstream: Upstream.servers([{ address: `${NAME}:${port}`, severalInstances: true }], {
          backplane: true,
        }),
        balancing,
        resolver: dns.address,
        nginxVersion: recent.version,
        executable: recent.executable,
      });
      const rest = new RestCalls(front.url);
      const connect = (count: number) =>
        SocketClients.connect(count, {
          url: front.url,
          transports: ['polling'],
          withCredentials: true,
          reconnection: true,
        });
      const old = await connect(15);
      expect(Object.keys(old.countByInstance())).toEqual(['1', '2', '3']);

      await Promise.all(instances.slice(3).map((each) => each.start()));
      announce(5);
      const announcedAt = performance.now();
      const probes: SocketClients[] = [];
      const used = new Set<string>();
      await waitFor(
        async () => {
          const probe = await connect(5);
          probes.push(probe);
          Object.keys(probe.countByInstance()).forEach((instance) => used.add(instance));
          return used.has('4') && used.has('5');
        },
        USED_WITHIN_MS,
        'the new instances are used',
        100,
      );
      const took = performance.now() - announcedAt;
      say(`two more instances are used after ${Math.round(took)} ms`);
      expect(took).toBeLessThan(USED_WITHIN_MS);
      const moved = probes.flatMap(({ all }) => all).filter(({ instance }) => Number(instance) > 3);
      const stayed = [
        ...old.all,
        ...probes.flatMap(({ all }) => all).filter(({ instance }) => Number(instance) <= 3),
      ];
      expect(moved.length).toBeGreaterThan(1);

      // ECS takes a task out of the name and tells it to stop at the same moment.
      announce(3);
      const ends = await Promise.all(instances.slice(3).map(({ child }) => child!.stop(30_000)));
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      await waitFor(
        () => moved.every(({ connected, instance }) => connected && Number(instance) <= 3),
        USED_WITHIN_MS,
        'clients of the two instances are at others',
      );
      await rest.stop();
      say(`${rest.statuses.length} REST calls, ${stayed.length} clients that stayed`);
      expect(rest.statuses.length).toBeGreaterThan(50);
      expect(rest.statuses.filter((status) => status !== 200)).toEqual([]);
      expect(stayed.filter(({ connected }) => !connected)).toEqual([]);
      expect(stayed.flatMap(({ disconnects }) => disconnects)).toEqual([]);
      [old, ...probes].forEach((clients) => clients.close());
      await front.stop();
      await Promise.all(instances.slice(0, 3).map((each) => each.kill()));
    },
    120_000,
  );
}
