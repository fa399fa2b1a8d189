// As many WebSockets at one time through one nginx as a front was told to expect.
import { Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../support/machine/clean-up';
import { openDescriptors, raiseDescriptorLimit } from '../support/machine/descriptors';
import { EchoProcesses } from '../support/front/echo-processes';
import {
  engineQuery,
  exchange,
  IdleWebSockets,
  openWebSocket,
} from '../support/front/raw-websocket';
import { RenderedFront } from '../support/front/rendered-front';
import { say } from '../support/machine/say';
import { sleep } from '../support/machine/wait';

afterAll(cleanUp);

const expectedConnections = 15_000;
const talking = 100;
const networks = Array.from({ length: 30 }, (_, index) => `127.0.${index + 1}.1`);
const chat = `/dev/aiwm/chat/${engineQuery}`;
/** Files and sockets of a process that are no WebSockets. */
const others = 1_500;

test('15,000 WebSockets, or as many as there are descriptors for, are open at once, stay open, and echo', async () => {
  // In nginx a WebSocket is two sockets, and one worker may come to hold all of them.
  const needed = 2 * expectedConnections + others;
  const limit = raiseDescriptorLimit(needed);
  const servers = await EchoProcesses.start(3);
  const front = await RenderedFront.start({
    upstream: Upstream.servers(servers.addresses),
    expectedConnections,
  });
  const sample = await Promise.all(
    Array.from({ length: talking }, (_, index) =>
      openWebSocket(front.webSocketUrl + chat, { localAddress: networks[index % networks.length] }),
    ),
  );
  // Counted after the first WebSockets: nginx serves before its last worker has started.
  const workers = front.nginx.workers().length;
  const count = Math.min(
    expectedConnections,
    limit - openDescriptors() + talking - others,
    workers * Math.floor((limit - others) / 2),
  );
  expect(count).toBeGreaterThan(talking);

  const started = performance.now();
  const groups: IdleWebSockets[] = [];
  const open = () => groups.reduce((sum, group) => sum + group.open, 0);
  const openAll = async (wanted: number) => {
    const opened = await Promise.all(
      networks.map((localAddress, index) =>
        IdleWebSockets.open(share(wanted, index), front.url + chat, {
          localAddress,
          concurrency: 10,
          timeoutMs: 30_000,
        }),
      ),
    );
    groups.push(...opened);
  };
  await openAll(count - talking);
  const refused = groups.flatMap((group) => Object.entries(group.refused));
  if (limit >= needed) {
    expect(refused).toEqual([]);
  } else {
    // One worker may have come to its limit before the other: what it refused, the other takes.
    await openAll(count - talking - open());
  }
  const seconds = (performance.now() - started) / 1_000;
  expect(open()).toBe(count - talking);

  await sleep(5_000);
  expect(open()).toBe(count - talking);
  const atInstances = await servers.openWebSockets();
  expect(atInstances.reduce((sum, each) => sum + each)).toBe(count);
  expect((await front.nginx.status()).active).toBeGreaterThanOrEqual(count);
  const answers = await Promise.all(
    sample.map((socket, index) => exchange(socket, `${index}`, 20_000)),
  );
  expect(answers.map(({ text }) => text)).toEqual(sample.map((_, index) => `${index}`));
  const shortage = front.nginx.errorLog().filter((line) => line.includes('worker_connections'));
  expect(shortage).toEqual([]);
  const why = count < expectedConnections ? `, as many as ${limit} descriptors allow` : '';
  say(
    `${count} of ${expectedConnections} WebSockets open at once${why}: opened in ${seconds.toFixed(1)} s ` +
      `by ${workers} workers, open after 5 s more, and ${talking} of ${talking} echo`,
  );
  groups.forEach((group) => group.close());
  await front.stop();
});

test('a front that expects 10 does not hold 3,000: the test above can fail', async () => {
  const servers = await EchoProcesses.start(1);
  const front = await RenderedFront.start({
    upstream: Upstream.servers(servers.addresses),
    expectedConnections: 10,
  });
  const idle = await IdleWebSockets.open(3_000, front.url + chat, { timeoutMs: 5_000 });
  expect(idle.open).toBeLessThan(2_000);
  expect(front.nginx.errorLog().join('\n')).toContain('worker_connections are not enough');
  idle.close();
});

/** Equal shares for all networks, the first one with what is left over. */
function share(total: number, index: number): number {
  const each = Math.floor(total / networks.length);
  return index === 0 ? total - each * (networks.length - 1) : each;
}
