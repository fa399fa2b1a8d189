// A stack without a backplane on a real swarm of one node, changed while 30 clients with addresses of their own use it.
import { cleanUp } from '../../support/machine/clean-up';
import { ClientNetwork, type NetworkClients } from '../../support/docker/client-network';
import { dockerNetworkProblem } from '../../support/docker/docker-deployment';
import { describeWithSwarm } from '../../support/docker/engine';
import type { LoadReport } from '../../support/docker/steady-load';
import { SwarmDeployment, type SwarmStack } from '../../support/docker/swarm-deployment';

const images = [
  'aiwm-test/nginx-unprivileged:1.30',
  'aiwm-test/node-chat:1',
  'aiwm-test/node-chat:2',
  'aiwm-test/node-chat:broken',
] as const;

const PER_SECOND = 100;

afterAll(cleanUp);

describeWithSwarm('changes on a swarm', (engine) => {
  const problem = dockerNetworkProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin, images and a network for clients: ${problem}`, () => {});
    return;
  }

  let deployment: SwarmDeployment;
  let network: ClientNetwork;
  let clients: NetworkClients;

  const described = (version: string, front: SwarmStack['front'] = {}) =>
    deployment.describe({
      instances: 2,
      service: `aiwm-test/node-chat:${version}`,
      platform: { nginxImage: 'aiwm-test/nginx-unprivileged:1.30', seesClientAddresses: true },
      cluster: { health: { startTimeout: '6s' } },
      front,
    });
  const connect = () =>
    clients.ask('connect', 30, {
      url: deployment.url,
      ca: deployment.ca,
      transports: ['websocket'],
      reconnection: true,
    });
  /** Does something while 30 clients come anew. */
  async function underLoad(work: () => Promise<unknown>): Promise<LoadReport> {
    const load = await clients.ask('startLoad', {
      url: deployment.url,
      perSecond: PER_SECOND,
      ca: deployment.ca,
    });
    await work();
    return clients.ask('stopLoad', load);
  }
  const containers = () => deployment.ids('aiwm-1', 'aiwm-2', 'frontend');

  beforeAll(async () => {
    deployment = await SwarmDeployment.create(engine, ...images);
    await deployment.terraform.apply(described('1'));
    network = await ClientNetwork.create(30);
    clients = await network.startClients();
  });
  afterAll(async () => {
    await clients.close();
    await network.close();
    await deployment.dispose();
  });

  test('30 clients with the default transports connect and stay where their addresses lead', async () => {
    const group = await clients.ask('connect', 30, { url: deployment.url, ca: deployment.ca });
    const reports = await clients.ask('report', group);
    expect(reports.filter(({ connected, disconnects }) => !connected || disconnects > 0)).toEqual(
      [],
    );
    expect(new Set(reports.map(({ instance }) => instance)).size).toBe(2);
    await clients.ask('disconnect', group);
  });

  test('a new version takes over, one instance after another: nobody gets an error', async () => {
    const webSockets = await connect();
    const { frontend } = await containers();
    const report = await underLoad(() => deployment.terraform.apply(described('2')));
    expect(report.failures).toEqual({});
    expect(report.requests + report.handshakes).toBeGreaterThan(500);
    expect(Object.keys(report.versions)).toEqual(['1', '2']);
    await clients.ask('waitUntilConnected', webSockets, 10_000);
    const reports = await clients.ask('report', webSockets);
    // Each is cut off once, and back at its own instance, which has another address by then.
    expect(
      reports.filter(
        ({ instances, disconnects }) => disconnects !== 1 || new Set(instances).size !== 1,
      ),
    ).toEqual([]);
    await clients.ask('disconnect', webSockets);
    expect((await containers()).frontend).toBe(frontend);
  });

  test('one that does not start ends at the first instance, which goes on as it was', async () => {
    const before = await containers();
    const report = await underLoad(async () => {
      expect(await deployment.terraform.applyInVain(described('broken'))).toContain(
        'service rollback completed',
      );
    });
    expect(report.failures).toEqual({});
    expect(Object.keys(report.versions)).toEqual(['2']);
    expect(await containers()).toEqual(before);
  });

  test('a configuration that nginx refuses never reaches the swarm', async () => {
    const before = await containers();
    const report = await underLoad(async () => {
      expect(
        await deployment.terraform.applyInVain(
          described('2', { directives: { http: ['no_such_directive on;'] } }),
        ),
      ).toContain('unknown directive "no_such_directive"');
    });
    expect(report.failures).toEqual({});
    expect(await containers()).toEqual(before);
  });

  test('a changed timeout takes a new nginx: its node lets nobody in for the drain and a second', async () => {
    const webSockets = await connect();
    const { frontend, ...instances } = await containers();
    const changed = described('2', { timeouts: { rest: '30s' } });
    const report = await underLoad(() => deployment.terraform.apply(changed));
    const { frontend: after, ...same } = await containers();
    expect(after).not.toBe(frontend);
    expect(same).toEqual(instances);
    // Nothing is answered with an error: there is nobody to connect to, for so long. The kernel resets who was waiting
    // for nginx to accept at the moment in which it closed its door, which is not even what comes in a quarter of a second.
    const failures = Object.entries(report.failures);
    const waiting = failures.filter(([what]) => what.endsWith('ECONNRESET'));
    expect(waiting.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(PER_SECOND / 4);
    expect(
      failures.map(([what]) => what).filter((what) => !/ECONN(REFUSED|RESET)$/.test(what)),
    ).toEqual([]);
    const gap = Object.values(report.failures).reduce((sum, count) => sum + count, 0) / PER_SECOND;
    expect(gap).toBeGreaterThan(1.5);
    expect(gap).toBeLessThan(5);
    await clients.ask('waitUntilConnected', webSockets, 10_000);
    const reports = await clients.ask('report', webSockets);
    expect(reports.filter(({ disconnects }) => disconnects !== 1)).toEqual([]);
    // By the names of instances, which a new nginx knows as the old one did.
    expect(reports.filter(({ instances: seen }) => new Set(seen).size !== 1)).toEqual([]);
    await clients.ask('disconnect', webSockets);
    expect(await deployment.terraform.plan(changed)).toEqual({});
  });

  test('a version that is nowhere is refused before a service is changed', async () => {
    const before = await containers();
    expect(await deployment.terraform.applyInVain(described('none'))).toMatch(
      /unable to pull image/i,
    );
    expect(await containers()).toEqual(before);
  });
});
