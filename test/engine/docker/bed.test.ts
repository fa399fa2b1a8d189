// The test bed itself: an Engine, images, and clients with addresses of their own have to do what they say.
import { cleanUp } from '../../support/machine/clean-up';
import { ClientNetwork, clientNetworkProblem } from '../../support/docker/client-network';
import { describeWithEngine } from '../../support/docker/engine';
import type { ImageName } from '../../support/docker/image-recipes';
import { ensureImages, imageProblem } from '../../support/docker/images';
import { pluginOf, pluginProblem } from '../../support/docker/plugins';
import { freePort } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { engineQuery } from '../../support/front/raw-websocket';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

describe('plugins of Terraform', () => {
  test('the bindings say which one they were made for', () => {
    expect(pluginOf('@cdktf/provider-docker')).toEqual({
      source: 'kreuzwerker/docker',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  });

  const problem = pluginProblem('@cdktf/provider-docker');
  (problem ? test.skip : test)(
    `terraform init gets the plugin for Docker${problem ? `: ${problem}` : ''}`,
    () => {},
  );
});

describeWithEngine('a Docker Engine for tests', (engine) => {
  const nginx: ImageName = 'aiwm-test/nginx:1.22';
  const chat: ImageName = 'aiwm-test/node-chat:1';
  const name = `aiwm-bed-${process.pid}`;
  const problem = imageProblem(nginx) ?? imageProblem(chat);
  if (problem) {
    test.skip(`images: ${problem}`, () => {});
    return;
  }

  let chatPort: number;
  beforeAll(async () => {
    await ensureImages(engine, nginx, chat);
    chatPort = await freePort();
    await engine.docker(
      ...['run', '--detach', '--name', `${name}-chat`, '--init', '--read-only', '--cap-drop=ALL'],
      ...['--publish', `${chatPort}:3003`, '--env', 'PORT=3003', '--env', 'HOST=0.0.0.0'],
      ...['--env', 'INSTANCE_ID=1', chat],
    );
  });
  afterAll(async () => {
    await engine.docker('rm', '--force', name).catch(() => {});
    await engine.docker('rm', '--force', `${name}-chat`).catch(() => {});
  });

  test('an image that is there is left alone', async () => {
    const before = await engine.docker('image', 'inspect', '--format', '{{.Id}}', nginx, chat);
    await ensureImages(engine, nginx, chat);
    expect(await engine.docker('image', 'inspect', '--format', '{{.Id}}', nginx, chat)).toBe(
      before,
    );
  });

  test('the chat service runs, and needs nothing but node', async () => {
    const probe =
      "fetch('http://127.0.0.1:3003/health').then(async (r) => console.log(r.status, r.headers.get('x-chat-version'), await r.text()))";
    const answer = await waitFor(
      () => engine.docker('exec', `${name}-chat`, 'node', '-e', probe),
      10_000,
      'the service does not answer',
    );
    expect(answer).toMatch(/^200 1 \{"status":"ok"/);
    await expect(engine.docker('exec', `${name}-chat`, 'sh')).rejects.toThrow(/sh/);
  });

  describe('a published port', () => {
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      await engine.docker('run', '--detach', '--name', name, '--publish', `${port}:80`, nginx);
      await waitFor(
        async () => (await request(`http://localhost:${port}/`)).status === 200,
        10_000,
        'nginx does not answer',
      );
    });

    test('answers on loopback, where the client is seen as the gateway', async () => {
      const { Gateway: gateway } = (
        await engine.inspect<{ NetworkSettings: { Gateway: string } }>(name)
      ).NetworkSettings;
      const { body } = await request(`http://localhost:${port}/address`);
      expect(body).toBe(gateway);
    });

    const obstacle = clientNetworkProblem();
    const withNetwork = obstacle ? test.skip : test;
    const why = obstacle ? `: ${obstacle}` : '';

    withNetwork(`answers clients in a namespace, each seen by its own address${why}`, async () => {
      const network = await ClientNetwork.create(3);
      const clients = await network.startClients();
      const seen = await Promise.all(
        network.addresses.map((_, index) =>
          clients.ask('request', `http://api.example.test:${port}/address`, index),
        ),
      );
      expect(seen.map(({ body }) => body)).toEqual(network.addresses);
      // To ip_hash an address is its first three numbers.
      const networks = network.addresses.map((address) => address.replace(/\.\d+$/, ''));
      expect(new Set(networks).size).toBe(3);
      await clients.close();
      await network.close();
    });

    withNetwork(`serves Socket.IO clients and a steady load from there${why}`, async () => {
      const url = `http://localhost:${chatPort}`;
      const network = await ClientNetwork.create(5);
      const clients = await network.startClients();

      const group = await clients.ask('connect', 10, { url, transports: ['websocket'] });
      await clients.ask('broadcast', group, 'hello');
      await clients.ask('waitUntilReceived', group, 'hello');
      const reports = await clients.ask('report', group);
      expect(reports.map(({ address }) => address?.replace('::ffff:', ''))).toEqual([
        ...network.addresses,
        ...network.addresses,
      ]);
      expect(reports.every(({ connected, disconnects }) => connected && disconnects === 0)).toBe(
        true,
      );

      const idle = await clients.ask('openIdle', 50, `${url}/dev/aiwm/chat/${engineQuery}`, {
        socketIo: true,
      });
      expect(await clients.ask('idleReport', idle)).toEqual({ opened: 50, open: 50, refused: {} });

      const load = await clients.ask('startLoad', { url, perSecond: 200 });
      await sleep(1_000);
      const { requests, handshakes, failures, instances, versions } = await clients.ask(
        'stopLoad',
        load,
      );
      expect(failures).toEqual({});
      expect(requests + handshakes).toBeGreaterThan(150);
      expect(instances).toEqual(
        Object.fromEntries(network.addresses.map((address) => [address, ['1']])),
      );
      expect(versions).toEqual({ '1': requests });

      await clients.close();
      await network.close();
      await expect(clients.ask('report', group)).rejects.toThrow(/has ended/);
    });
  });

  const isSwarmTried = engine.isOwn;
  (isSwarmTried ? test : test.skip)(
    `it can be a swarm of one node${isSwarmTried ? '' : ': this Engine is somebody’s, and is left as it is'}`,
    async () => {
      const state = await engine.docker('info', '--format', '{{.Swarm.LocalNodeState}}');
      if (state !== 'active') {
        await engine.docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
      }
      // Which it stays until it ends: another test process may have services there.
      expect(await engine.docker('node', 'ls', '--format', '{{.Status}} {{.ManagerStatus}}')).toBe(
        'Ready Leader',
      );
    },
  );
});
