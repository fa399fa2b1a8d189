// What dies or hangs comes back by itself, and who was not concerned notices nothing.
import { AiwmCluster, NginxWsFrontend, RedisAdapterBackplane, TlsCertificate } from 'cdktf-aiwm';
import { chatService } from '../../../examples/chat-service';
import { cleanUp } from '../../support/machine/clean-up';
import { network } from '../../support/front/crowd';
import { Deployment, type Describe } from '../../support/agent/deployment';
import { request } from '../../support/front/http';
import { isAlive } from '../../support/agent/left-over';
import { say } from '../../support/machine/say';
import { SocketClients, type SocketClient } from '../../support/front/socket-clients';
import { waitFor } from '../../support/machine/wait';

let deployment: Deployment;

const stackWith =
  (options: { backplane: boolean; restTimeout?: string }): Describe =>
  (stack) => {
    const platform = deployment.platform(stack);
    const cluster = new AiwmCluster(stack, 'Aiwm', {
      platform,
      backplane: options.backplane
        ? new RedisAdapterBackplane(stack, 'Backplane', { platform })
        : undefined,
      service: chatService,
      instances: 3,
      firstPort: deployment.ports.firstInstance,
    });
    new NginxWsFrontend(stack, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
      timeouts: { rest: options.restTimeout ?? '60s' },
    });
  };

function connect(count: number): Promise<SocketClients> {
  const { url, ca } = deployment;
  return SocketClients.connect(count, (index) => ({
    url,
    ca,
    localAddress: network(index),
    reconnection: true,
  }));
}

/** Does something bad to an instance; waits until its clients are served again, and says after how long. */
async function clientsAreBack(
  clients: SocketClients,
  instance: string,
  deed: () => void,
): Promise<number> {
  const served = clients.all.filter((client) => client.instance === instance);
  const others = clients.all.filter((client) => client.instance !== instance);
  expect(served.length).toBeGreaterThan(3);
  expect(others.length).toBeGreaterThan(3);
  const before = new Map(clients.all.map((client) => [client, client.instances.length]));
  const droppedBefore = dropped(others);
  const started = performance.now();
  deed();
  const isBack = (client: SocketClient): boolean =>
    client.connected && client.instances.length > before.get(client)!;
  await waitFor(
    () => served.every(isBack),
    40_000,
    () => `${served.filter((client) => !isBack(client)).length} clients are not served again`,
  );
  const seconds = (performance.now() - started) / 1000;
  say(`${served.length} clients are served again after ${seconds.toFixed(1)} s`);
  expect(dropped(others)).toBe(droppedBefore);
  expect(others.every(({ connected }) => connected)).toBe(true);
  return seconds;
}

function dropped(clients: readonly SocketClient[]): number {
  return clients.reduce((sum, { disconnects }) => sum + disconnects.length, 0);
}

function isHealthy(unit: string): boolean {
  return new RegExp(`^${unit} +\\w+ +healthy`, 'm').test(deployment.status());
}

/** Waits until a unit runs with another process; says after how long. */
async function unitIsBack(unit: string, before: number): Promise<number> {
  const started = performance.now();
  await waitFor(
    () => deployment.pid(unit) !== before && isHealthy(unit),
    30_000,
    () => `${unit} does not come back:\n${deployment.status()}`,
    200,
  );
  return (performance.now() - started) / 1000;
}

async function reachesEverybody(clients: SocketClients): Promise<void> {
  await waitFor(
    async () => {
      const text = `to all ${performance.now()}`;
      await clients.all[0]!.broadcast(text);
      await clients.waitUntilReceived(text, 1_000);
      return true;
    },
    20_000,
    'a broadcast does not reach everybody',
  );
}

describe('with ip_hash', () => {
  let clients: SocketClients;

  beforeAll(async () => {
    deployment = await Deployment.create();
    await deployment.apply(stackWith({ backplane: false }));
    clients = await connect(30);
    await clients.waitUntilUpgraded();
  });
  afterAll(async () => {
    await cleanUp();
    await deployment.dispose();
  });

  test('an instance stopped with SIGSTOP: its clients are served again within 20 s, the others notice nothing', async () => {
    const pid = deployment.pid('aiwm-2');
    const seconds = await clientsAreBack(clients, '2', () => process.kill(pid, 'SIGSTOP'));
    expect(seconds).toBeLessThan(20);
    await unitIsBack('aiwm-2', pid);
    expect(isAlive(pid)).toBe(false);
  });
});

describe('with a backplane', () => {
  let clients: SocketClients;

  beforeAll(async () => {
    deployment = await Deployment.create();
    await deployment.apply(stackWith({ backplane: true }));
    clients = await connect(30);
    await clients.waitUntilUpgraded();
  });
  afterAll(async () => {
    await cleanUp();
    await deployment.dispose();
  });

  test('an instance killed with SIGKILL: its clients are served again, and it is back within a few seconds', async () => {
    const pid = deployment.pid('aiwm-1');
    await clientsAreBack(clients, '1', () => process.kill(pid, 'SIGKILL'));
    expect(await unitIsBack('aiwm-1', pid)).toBeLessThan(10);
  });

  test('an instance stopped with SIGSTOP: its clients are served again within 20 s, the others notice nothing', async () => {
    const pid = deployment.pid('aiwm-2');
    const seconds = await clientsAreBack(clients, '2', () => process.kill(pid, 'SIGSTOP'));
    expect(seconds).toBeLessThan(20);
    await reachesEverybody(clients);
  });

  test('Redis killed: it is back with the same password, no client is dropped, a broadcast reaches everybody again', async () => {
    const before = dropped(clients.all);
    const pid = deployment.pid('backplane');
    process.kill(pid, 'SIGKILL');
    const seconds = await unitIsBack('backplane', pid);
    await reachesEverybody(clients);
    say(`Redis is back after ${seconds.toFixed(1)} s`);
    expect(dropped(clients.all)).toBe(before);
  });

  test("nginx's master killed: nginx is back, and so is everybody", async () => {
    const pid = deployment.pid('frontend');
    const started = performance.now();
    process.kill(pid, 'SIGKILL');
    await unitIsBack('frontend', pid);
    await clients.waitUntilConnected(30_000);
    say(
      `nginx and its clients are back after ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    await reachesEverybody(clients);
  });

  test('the supervisor killed: everything serves on, and the next change finds it all again', async () => {
    const before = { pids: deployment.pids(), dropped: dropped(clients.all) };
    process.kill(deployment.supervisor(), 'SIGKILL');
    await waitFor(
      () => deployment.status().includes('supervisor: not running'),
      5_000,
      () => deployment.status(),
    );
    expect(await deployment.plan(stackWith({ backplane: true }))).toEqual({});

    const changed = stackWith({ backplane: true, restTimeout: '90s' });
    expect(await deployment.plan(changed)).toEqual({ Frontend_Nginx: 'replace' });
    await deployment.apply(changed);
    expect(deployment.pids()).toEqual(before.pids);
    expect(dropped(clients.all)).toBe(before.dropped);
    expect(deployment.status()).toMatch(/^supervisor: running/);

    // What was adopted is watched like a child of its own.
    const pid = deployment.pid('aiwm-3');
    process.kill(pid, 'SIGKILL');
    await unitIsBack('aiwm-3', pid);
  });

  test('everything killed, as by a reboot: replacing any one part brings all of it back', async () => {
    clients.close();
    const pids = deployment.pids();
    process.kill(deployment.supervisor(), 'SIGKILL');
    Object.values(pids).forEach((pid) => process.kill(pid, 'SIGKILL'));
    await waitFor(() => !Object.values(pids).some(isAlive), 5_000, 'not all have ended');
    expect(await deployment.plan(stackWith({ backplane: true, restTimeout: '90s' }))).toEqual({});

    const roster = (await deployment.addresses()).find((address) => address.includes('Roster'))!;
    const { code, output } = await deployment.terraform(
      'apply',
      '-auto-approve',
      `-replace=${roster}`,
    );
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(Object.keys(deployment.pids())).toEqual(Object.keys(pids));
    await waitFor(
      () => Object.keys(pids).every((unit) => isHealthy(unit)),
      20_000,
      () => deployment.status(),
      200,
    );
    const { url, ca } = deployment;
    expect((await request(`${url}/dev/aiwm/instance`, { ca })).status).toBe(200);
  });
});
