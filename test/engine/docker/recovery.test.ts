// What happens on Docker when something dies, hangs, starts slowly, or is removed behind Terraform's back.
import { cleanUp } from '../../support/machine/clean-up';
import { DockerDeployment, dockerProblem } from '../../support/docker/docker-deployment';
import { describeWithEngine } from '../../support/docker/engine';
import { SocketClients } from '../../support/front/socket-clients';
import { steadyRequests } from '../../support/front/steady-requests';
import { waitFor } from '../../support/machine/wait';

const images = [
  'aiwm-test/nginx:1.30',
  'aiwm-test/nginx:1.22',
  'aiwm-test/redis:7.0',
  'aiwm-test/node-chat:1',
  'aiwm-test/node-chat:slow',
] as const;

afterAll(cleanUp);

describeWithEngine('recovery on Docker', (engine) => {
  const problem = dockerProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
    return;
  }

  let deployment: DockerDeployment;
  let clients: SocketClients;
  let stopRequests: () => Promise<unknown>;
  const described = () => deployment.describe({ backplane: true });

  /** All are connected, with all instances, and hear of each other. */
  async function expectClientsBack(text: string, timeoutMs: number): Promise<void> {
    await clients.waitUntilConnected(timeoutMs).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await deployment.diagnosis()}`);
    });
    // Redis may be back a moment later than the clients.
    await waitFor(
      async () => {
        await clients.all[0]!.broadcast(text);
        return clients.receivers(text) === clients.all.length;
      },
      timeoutMs,
      () => `"${text}" reached ${clients.receivers(text)} of ${clients.all.length} clients`,
      500,
    );
  }

  beforeAll(async () => {
    deployment = await DockerDeployment.create(engine, ...images);
    await deployment.terraform.apply(described());
    clients = await SocketClients.connect(30, {
      url: deployment.url,
      ca: deployment.ca,
      transports: ['websocket'],
      reconnection: true,
    });
    await clients.waitUntilConnected();
    // As beside every service: nginx takes a peer that has failed for well again when a request to it ends well, and a
    // WebSocket does not end.
    stopRequests = steadyRequests(`${deployment.url}/dev/aiwm/instance`, 50, { ca: deployment.ca });
  });
  afterAll(async () => {
    await stopRequests();
    clients.close();
    await deployment.dispose();
  });

  test.each(['aiwm-2', 'backplane', 'frontend'])(
    'the main process of %s is killed: it is started again, and the clients are back',
    async (name) => {
      const before = await deployment.ids();
      await deployment.signal(name, 'SIGKILL');
      await waitFor(
        async () => (await deployment.container(name)).RestartCount === 1,
        10_000,
        `${name} was not restarted`,
      );
      await expectClientsBack(`after the end of ${name}`, 15_000);
      expect(await deployment.ids()).toEqual(before);
    },
  );

  test.each<[string, NodeJS.Signals, string, number]>([
    ['is stopped', 'SIGSTOP', 'aiwm-1', 1],
    ['blocks its event loop', 'SIGUSR2', 'aiwm-3', 1],
  ])('an instance that %s is started again within 30 s', async (_what, signal, name, restarts) => {
    const started = performance.now();
    await deployment.signal(name, signal);
    await deployment.waitUntilHealthy(name, restarts, 30_000);
    await expectClientsBack(`after ${signal}`, 30_000 - (performance.now() - started));
  });

  test('nothing of that is a change to Terraform', async () => {
    expect(await deployment.terraform.plan(described())).toEqual({});
  });

  test('what was removed or stopped is brought back by the next apply, and nothing else is touched', async () => {
    const before = await deployment.ids();
    await engine.docker('rm', '--force', before['aiwm-2']!);
    await engine.docker('stop', '--time', '1', before.backplane!);
    expect(await deployment.terraform.plan(described())).toEqual({
      Aiwm_Instance2: 'create',
      Backplane_Redis: 'create',
    });
    await deployment.terraform.applyPlan();
    const after = await deployment.ids();
    expect(after).toEqual({
      ...before,
      'aiwm-2': expect.any(String),
      backplane: expect.any(String),
    });
    await expectClientsBack('after the first removal', 20_000);

    await engine.docker('rm', '--force', before.frontend!);
    expect(await deployment.terraform.plan(described())).toEqual({
      Frontend_Delivery: 'replace',
      Frontend_Nginx: 'create',
    });
    await deployment.terraform.applyPlan();
    expect(await deployment.ids()).toEqual({ ...after, frontend: expect.any(String) });
    await expectClientsBack('after the second removal', 20_000);
    expect(await deployment.terraform.plan(described())).toEqual({});
  });

  test('an instance that starts slowly is given its time, and not restarted', async () => {
    await deployment.terraform.apply(
      deployment.describe({
        service: 'aiwm-test/node-chat:slow',
        backplane: true,
        cluster: { environment: { CHAT_SLOW_MS: '9000' }, health: { startTimeout: '30s' } },
      }),
    );
    const { 'aiwm-1': one, 'aiwm-2': two } = await deployment.containers();
    expect([one!.RestartCount, two!.RestartCount]).toEqual([0, 0]);
    await expectClientsBack('after a slow start', 10_000);
  });

  test('another nginx takes over, though it does not know what the one before was given', async () => {
    // `sticky` is in the configuration for 1.30, and 1.22 refuses it.
    await deployment.terraform.apply(
      deployment.describe({ backplane: true, platform: { nginxImage: 'aiwm-test/nginx:1.22' } }),
    );
    await expectClientsBack('after another nginx', 20_000);
  });
});
