// A new version of the service on Docker, under the requests of 30 clients with addresses of their own: the new
// instances come up beside the old ones, nginx is told, the old ones go.
import { cleanUp } from '../support/machine/clean-up';
import { ClientNetwork, type NetworkClients } from '../support/docker/client-network';
import {
  DockerDeployment,
  dockerNetworkProblem,
  type DockerStack,
} from '../support/docker/docker-deployment';
import { describeWithEngine } from '../support/docker/engine';
import type { LoadReport } from '../support/docker/steady-load';

const images = [
  'aiwm-test/nginx:1.22',
  'aiwm-test/redis:7.0',
  'aiwm-test/node-chat:1',
  'aiwm-test/node-chat:2',
  'aiwm-test/node-chat:unhealthy',
] as const;

afterAll(cleanUp);

describeWithEngine('a new version of the service on Docker', (engine) => {
  const problem = dockerNetworkProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin, images and a network for clients: ${problem}`, () => {});
    return;
  }

  let deployment: DockerDeployment;
  let network: ClientNetwork;
  let clients: NetworkClients;
  let url: string;

  const described = (version: string, options: DockerStack = {}) =>
    deployment.describe({
      service: `aiwm-test/node-chat:${version}`,
      ...options,
      platform: {
        nginxImage: 'aiwm-test/nginx:1.22',
        seesClientAddresses: true,
        // Whoever is let in has asked by then, also on a machine with neighbours.
        drainTimeout: '12s',
        ...options.platform,
      },
      cluster: { health: { startTimeout: '6s' }, ...options.cluster },
    });
  /**
   * Does something while 30 clients come anew, 100 times a second. They are patient: a machine at its limit answers late,
   * and that is no error.
   */
  async function underLoad(work: () => Promise<unknown>): Promise<LoadReport> {
    const load = await clients.ask('startLoad', {
      url,
      perSecond: 100,
      ca: deployment.ca,
      timeoutMs: 60_000,
    });
    await work();
    return clients.ask('stopLoad', load);
  }
  /** Instances that close their door when they are told to stop, and end 8 s later. */
  const slowToStop = (version: string, instances = 3) =>
    described(version, {
      instances,
      cluster: { stopGrace: '30s', environment: { CHAT_LINGER_MS: '8000' } },
    });
  function slots({ instances }: LoadReport): string[] {
    return Object.values(instances).flat();
  }
  async function generation(): Promise<string | undefined> {
    return (await deployment.container('aiwm-1')).Config.Labels['aiwm.generation'];
  }

  beforeAll(async () => {
    deployment = await DockerDeployment.create(engine, ...images);
    await deployment.terraform.apply(described('1'));
    network = await ClientNetwork.create(30);
    clients = await network.startClients();
    ({ url } = deployment);
  });
  afterAll(async () => {
    await clients.close();
    await network.close();
    await deployment.dispose();
  });

  test('nobody gets an error, and WebSocket clients are back on their slot', async () => {
    const webSockets = await clients.ask('connect', 30, {
      url,
      ca: deployment.ca,
      transports: ['websocket'],
      reconnection: true,
    });
    const nginx = (await deployment.container('frontend')).Id;
    const report = await underLoad(() => deployment.terraform.apply(described('2')));
    expect(report.failures).toEqual({});
    expect(report.requests + report.handshakes).toBeGreaterThan(500);
    expect(Object.keys(report.versions)).toEqual(['1', '2']);
    // REST goes to the instance with the fewest calls; the WebSockets below show who keeps a slot.
    expect(new Set(slots(report)).size).toBe(3);

    await clients.ask('waitUntilConnected', webSockets, 5_000);
    const reports = await clients.ask('report', webSockets);
    expect(
      reports.filter(
        ({ instances, disconnects }) => disconnects !== 1 || new Set(instances).size !== 1,
      ),
    ).toEqual([]);
    await clients.ask('disconnect', webSockets);
    expect((await deployment.container('frontend')).Id).toBe(nginx);
    expect(await deployment.terraform.plan(described('2'))).toEqual({});
  });

  test('old instances stop one after another, and each as slowly as it may: no probe ends one that was told to stop', async () => {
    await deployment.terraform.apply(slowToStop('1'));
    const webSockets = await clients.ask('connect', 30, {
      url,
      ca: deployment.ca,
      transports: ['websocket'],
      reconnection: true,
    });
    const begin = Date.now();
    const report = await underLoad(() => deployment.terraform.apply(slowToStop('2')));
    expect(report.failures).toEqual({});
    const ends = (await engine.endsSince(begin)).filter(({ name }) =>
      name.startsWith(`${deployment.name}-aiwm-`),
    );
    expect(
      ends.map(({ name, exitCode }) => [/aiwm-(\d)-[0-9a-f]{8}$/.exec(name)?.[1], exitCode]),
    ).toEqual([
      ['3', 0],
      ['2', 0],
      ['1', 0],
    ]);
    const pauses = ends.slice(1).map((end, index) => end.milliseconds - ends[index]!.milliseconds);
    expect(pauses.filter((pause) => pause < 8000)).toEqual([]);
    // The WebSockets of one instance at a time, and of each once.
    await clients.ask('waitUntilConnected', webSockets, 5_000);
    const reports = await clients.ask('report', webSockets);
    expect(reports.filter(({ disconnects }) => disconnects !== 1)).toEqual([]);
    await clients.ask('disconnect', webSockets);
  });

  test('an instance less is no error either', async () => {
    const report = await underLoad(() => deployment.terraform.apply(slowToStop('2', 2)));
    expect(report.failures).toEqual({});
    expect(Object.keys(await deployment.containers())).not.toContain('aiwm-3');
  });

  test('one that never gets healthy fails the apply, and the old one goes on serving; the next good one cleans up', async () => {
    const before = await generation();
    const failing = await underLoad(async () => {
      expect(await deployment.terraform.applyInVain(described('unhealthy'))).toContain(
        'container failed to be in healthy state',
      );
    });
    expect(failing.failures).toEqual({});
    expect(Object.keys(failing.versions)).toEqual(['2']);

    const good = await underLoad(() => deployment.terraform.apply(described('1')));
    expect(good.failures).toEqual({});
    expect(Object.keys(good.versions)).toEqual(['1', '2']);
    expect(await generation()).not.toBe(before);
    expect(
      (await deployment.remains()).filter((name) => /-aiwm-1-[0-9a-f]{8}$/.test(name)),
    ).toHaveLength(1);
  });

  test.each<[string, DockerStack]>([
    [
      'a health check, which the provider would not see',
      { cluster: { health: { startTimeout: '7s' } } },
    ],
    [
      'memory, processors, port, variables and a backplane',
      {
        backplane: true,
        cluster: {
          limits: { memory: '256m', cpu: 0.5 },
          firstPort: 4000,
          environment: { COLOUR: 'blue' },
        },
      },
    ],
    ['its Redis', { backplane: true, redis: { maxMemory: '64m' } }],
  ])('rolled out in the same way: %s', async (_what, options) => {
    const before = await deployment.ids();
    const report = await underLoad(() => deployment.terraform.apply(described('1', options)));
    const { frontend, ...after } = await deployment.ids();
    expect(report.failures).toEqual({});
    expect(frontend).toBe(before.frontend);
    expect(Object.values(after).filter((id) => Object.values(before).includes(id))).toEqual([]);
  });
});
