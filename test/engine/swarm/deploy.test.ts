// A stack with a backplane on a real swarm of one node, by a real Terraform with the real plugin: up from nothing, used,
// looked at from outside, hurt, planned again, and taken away.
import { readFileSync } from 'node:fs';
import { testCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { dockerProblem } from '../../support/docker/docker-deployment';
import { describeWithSwarm } from '../../support/docker/engine';
import { SwarmDeployment, type SwarmStack } from '../../support/docker/swarm-deployment';
import { request } from '../../support/front/http';
import { SocketClients } from '../../support/front/socket-clients';
import { waitFor } from '../../support/machine/wait';

const images = ['aiwm-test/nginx:1.30', 'aiwm-test/valkey:7.2', 'aiwm-test/node-chat:1'] as const;

afterAll(cleanUp);

describeWithSwarm('DockerSwarmPlatform with a backplane, from nothing to nothing', (engine) => {
  const problem = dockerProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
    return;
  }

  let deployment: SwarmDeployment;
  let applied: string;
  const described = (platform: SwarmStack['platform'] = {}) =>
    deployment.describe({
      backplane: 'valkey',
      instances: 2,
      platform: {
        subnet: '10.201.0.0/16',
        frontConstraints: ['node.role == manager'],
        ...platform,
      },
      cluster: { limits: { memory: '256m', cpu: 1 } },
    });
  const clientsOf = (transports?: ('polling' | 'websocket')[]) =>
    SocketClients.connect(30, {
      url: deployment.url,
      ca: deployment.ca,
      withCredentials: true,
      reconnection: true,
      transports,
    });

  beforeAll(async () => {
    deployment = await SwarmDeployment.createByCdktf(engine, ...images);
    applied = await deployment.terraform.apply(described());
  });
  afterAll(() => deployment.dispose());

  test('30 clients with the default transports connect over TLS and stay on their instance', async () => {
    const clients = await clientsOf();
    expect(clients.failed.map((client) => client.report())).toEqual([]);
    await clients.waitUntilUpgraded();
    expect(clients.disconnects).toBe(0);
    clients.close();
  });

  test('WebSockets go to the instances in turn, and an event reaches all', async () => {
    const clients = await clientsOf(['websocket']);
    expect(clients.countByInstance()).toEqual({ '1': 15, '2': 15 });
    await clients.all[0]!.broadcast('to all');
    await clients.waitUntilReceived('to all');
    clients.close();
  });

  test('the cookie names the slot, so that it outlives the addresses of instances', async () => {
    const { headers } = await request(`${deployment.url}/dev/aiwm/chat/?EIO=4&transport=polling`, {
      ca: deployment.ca,
    });
    expect(String(headers['set-cookie'])).toMatch(/^aiwm_srv=[12]; .*httponly.*secure/i);
  });

  test('nothing but nginx is published, and nothing may do more than it has to', async () => {
    const names = Object.keys(await deployment.services());
    expect(names.sort()).toEqual(['aiwm-1', 'aiwm-2', 'backplane', 'frontend']);
    for (const name of names) {
      const { HostConfig: config } = await deployment.container(name);
      expect({
        name,
        readOnly: config.ReadonlyRootfs,
        drop: config.CapDrop,
        add: config.CapAdd ?? [],
        publishes: Object.keys(config.PortBindings ?? {}).length,
      }).toEqual({
        name,
        readOnly: true,
        drop: ['ALL'],
        add: [],
        publishes: name === 'frontend' ? 2 : 0,
      });
    }
  });

  test('no service, output or log tells a secret; its user alone can read it', async () => {
    const { terraform } = deployment;
    const key = readFileSync(testCertificate('chat.example.test').keyFile, 'utf8');
    const told = [
      applied,
      (await terraform.terraform('plan', '-destroy', '-refresh=false')).output,
      ...Object.values(await deployment.services()),
    ].join('\n');
    expect(told).not.toContain(key.split('\n')[1]!);
    expect(told).not.toContain(Buffer.from(key, 'utf8').toString('base64').slice(40, 120));
    const nginxId = (await deployment.container('frontend')).Id;
    expect(
      await engine.docker('exec', nginxId, 'stat', '-c', '%a %u', '/run/aiwm-tls/key.pem'),
    ).toBe('400 101');
    const { Id: id, Config: config } = await deployment.container('aiwm-1');
    const url = await engine.docker(
      ...['exec', id, 'node', '-p'],
      'require("fs").readFileSync(process.env.REDIS_URL_FILE, "utf8")',
    );
    const password = /^redis:\/\/:([^@]{20,})@backplane:6379$/.exec(url)![1]!;
    const logs = await Promise.all(
      ['aiwm-1', 'backplane', 'frontend'].map(async (name) =>
        engine.docker('logs', (await deployment.container(name)).Id),
      ),
    );
    const forms = [password, Buffer.from(url, 'utf8').toString('base64')];
    expect([told, ...logs].filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
    expect(config.Env.filter((line) => line.startsWith('REDIS_URL'))).toEqual([
      'REDIS_URL_FILE=/run/secrets/REDIS_URL',
    ]);
  });

  /** All are connected, and hear of each other. */
  async function expectBack(clients: SocketClients, text: string): Promise<void> {
    await clients.waitUntilConnected(20_000);
    // Redis may be back a moment later than the clients.
    await waitFor(
      async () => {
        await clients.all[0]!.broadcast(text);
        return clients.receivers(text) === clients.all.length;
      },
      20_000,
      () => `"${text}" reached ${clients.receivers(text)} of ${clients.all.length} clients`,
      500,
    );
  }

  test.each<[string, string, NodeJS.Signals, number]>([
    ['an instance that is killed', 'aiwm-2', 'SIGKILL', 15_000],
    ['Redis that is killed', 'backplane', 'SIGKILL', 15_000],
    ['nginx that is killed', 'frontend', 'SIGKILL', 15_000],
    ['an instance that hangs', 'aiwm-1', 'SIGSTOP', 30_000],
  ])('%s is replaced, and the clients are back', async (_what, name, signal, withinMs) => {
    const clients = await clientsOf(['websocket']);
    const before = (await deployment.container(name)).Id;
    await deployment.signal(name, signal);
    await deployment.waitUntilReplaced(name, before, withinMs);
    await expectBack(clients, `after the end of ${name}`);
    clients.close();
  });

  test('a second plan is empty, after all of that', async () => {
    expect(await deployment.terraform.plan(described())).toEqual({});
  });

  test.each([{ name: 'other' }, { encrypted: false }])(
    '%j is refused by the plan while the subnet stays',
    async (change) => {
      expect(await deployment.terraform.planInVain(described(change))).toContain(
        `the network ${deployment.name}-10-201-0-0-16-encrypted cannot change while its subnet stays the same. With another name or encryption, also give a subnet`,
      );
    },
  );

  test('another subnet, and none, are another network', async () => {
    for (const subnet of ['10.202.0.0/16', undefined]) {
      const plan = await deployment.terraform.plan(described({ subnet }));
      expect(plan.Platform_Network).toBe('replace');
    }
  });

  test('destroy leaves nothing', async () => {
    await deployment.terraform.destroy();
    expect(await deployment.remains()).toEqual([]);
    await expect(request(deployment.url, { ca: deployment.ca })).rejects.toThrow('ECONNREFUSED');
  });
});
