// Which instance serves a client: the same one again and again, another one while it is down, and its own when it is back.
import { Balancing, Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { freePortBlock } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { nginxBinaries } from '../../support/machine/nginx-binaries';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RenderedFront } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { SocketClients, type ClientOptions } from '../../support/front/socket-clients';
import { waitFor } from '../../support/machine/wait';

let instances: ChatInstances;

beforeAll(async () => {
  instances = await ChatInstances.start();
});
afterAll(cleanUp);

/** One address in each of 30 networks of 256 addresses. */
const networks = Array.from({ length: 30 }, (_, index) => `127.0.${index + 1}.1`);

/** Which instance serves a new client of each address. */
async function instancesFor(
  front: RenderedFront,
  addresses: readonly string[],
  more: Partial<ClientOptions> = {},
): Promise<(string | undefined)[]> {
  const clients = await SocketClients.connect(addresses.length, (index) => ({
    url: front.url,
    localAddress: addresses[index],
    transports: ['websocket'],
    ...more,
  }));
  clients.close();
  return clients.all.map(({ instance }) => instance);
}

/** Every client leaves and comes back once. */
async function reconnect(clients: SocketClients): Promise<void> {
  for (const { socket } of clients.all) {
    socket.disconnect();
    socket.connect();
  }
  await clients.waitUntilConnected();
}

/** The instances that each client has met, without repetitions. */
function instancesMet(clients: SocketClients): string[][] {
  return clients.all.map(({ instances }) => [...new Set(instances)]);
}

/** A hash is no lottery wheel: all three have clients, and none has nearly all of them. */
function expectSpread(counts: Record<string, number>, total: number): void {
  expect(Object.keys(counts)).toEqual(['1', '2', '3']);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(total);
  expect(Math.max(...Object.values(counts))).toBeLessThanOrEqual(total * 0.8);
}

describe('ip_hash', () => {
  let front: RenderedFront;

  beforeAll(async () => {
    front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses),
      failover: { failTimeout: '1s' },
    });
  });

  const connect = (more: Partial<ClientOptions> = {}) =>
    SocketClients.connect(networks.length, (index) => ({
      url: front.url,
      localAddress: networks[index],
      ...more,
    }));

  test('30 clients of 30 networks spread over 3 instances, and each of 10 reconnects of a client lands on its instance', async () => {
    const clients = await connect();
    expect(clients.failed).toEqual([]);
    expect(clients.countByInstance()).toEqual({ 1: 10, 2: 10, 3: 10 });
    await clients.waitUntilUpgraded();
    for (let round = 0; round < 10; round += 1) {
      await reconnect(clients);
    }
    expect(clients.all.map(({ instances: met }) => met.length)).toEqual(networks.map(() => 11));
    expect(instancesMet(clients).filter((met) => met.length !== 1)).toEqual([]);
    clients.close();
  });

  test('addresses of one network of 256 share an instance', async () => {
    const addresses = Array.from({ length: 30 }, (_, index) => `127.0.1.${index + 1}`);
    expect(new Set(await instancesFor(front, addresses)).size).toBe(1);
  });

  test('an instance is killed: its clients are served by others at once, and come home when it is back', async () => {
    const clients = await connect({ reconnection: true });
    const homes = clients.all.map(({ instance }) => instance);
    const homeless = networks.filter((_, index) => homes[index] === '2');
    expect(homeless.length).toBeGreaterThan(0);
    const killedAt = performance.now();
    await instances.get(2).kill();

    const others = await instancesFor(front, homeless);
    const othersAfter = performance.now() - killedAt;
    expect(others).not.toContain('2');
    expect(others).not.toContain(undefined);
    // Two refused connections at most stand before each answer, and the kernel refuses at once.
    expect(othersAfter).toBeLessThan(2_000);

    await waitFor(() => clients.disconnects === homeless.length, 5_000, 'not all have noticed');
    await clients.waitUntilConnected();
    const backAfter = performance.now() - killedAt;
    clients.all.forEach(({ instance, instances: met }, index) => {
      expect({ moved: instance !== homes[index], connections: met.length }).toEqual(
        homes[index] === '2' ? { moved: true, connections: 2 } : { moved: false, connections: 1 },
      );
    });
    // Socket.IO itself waits between 0.5 and 1.5 s before it tries again.
    expect(backAfter).toBeLessThan(8_000);

    await instances.get(2).start();
    await waitFor(
      async () => {
        const met = await instancesFor(front, networks);
        return met.every((instance, index) => instance === homes[index]);
      },
      15_000,
      'not all are home again',
    );
    await reconnect(clients);
    expect(clients.all.map(({ instance }) => instance)).toEqual(homes);
    clients.close();
    say(
      `${homeless.length} of 30 clients lost their instance: new clients served by others after ${Math.round(othersAfter)} ms, ` +
        `Socket.IO back after ${Math.round(backAfter)} ms`,
    );
  });
});

describe('ip_hash behind a trusted proxy', () => {
  let front: RenderedFront;

  beforeAll(async () => {
    front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses),
      trustedProxies: ['127.0.0.1'],
    });
  });

  const connect = (forwardedFor: (index: number) => string, localAddress = '127.0.0.1') =>
    SocketClients.connect(30, (index) => ({
      url: front.url,
      localAddress,
      headers: { 'X-Forwarded-For': forwardedFor(index) },
    }));

  test('30 clients of 30 networks spread, and each of 10 reconnects of a client lands on its instance', async () => {
    const clients = await connect((index) => `198.51.${index + 1}.7`);
    expect(clients.failed).toEqual([]);
    expect(clients.countByInstance()).toEqual({ 1: 10, 2: 10, 3: 10 });
    expect(clients.reports()[4]?.address).toBe('198.51.5.7');
    for (let round = 0; round < 10; round += 1) {
      await reconnect(clients);
    }
    expect(instancesMet(clients).filter((met) => met.length !== 1)).toEqual([]);
    clients.close();
  });

  test('an address that a client invents before the real one moves nobody', async () => {
    const clients = await connect((index) => `203.0.${index + 1}.9, 198.51.100.7`);
    expect(new Set(clients.all.map(({ instance }) => instance)).size).toBe(1);
    expect(clients.reports()[4]?.address).toBe('198.51.100.7');
    clients.close();
  });

  test('somebody who is no trusted proxy is believed nothing', async () => {
    const clients = await connect((index) => `198.51.${index + 1}.7`, '127.0.9.1');
    expect(new Set(clients.all.map(({ instance }) => instance)).size).toBe(1);
    expect(clients.reports()[4]?.address).toBe('127.0.9.1');
    clients.close();
  });
});

describe('hash by a header', () => {
  let front: RenderedFront;

  beforeAll(async () => {
    front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses),
      balancing: Balancing.hash('$http_x_session_id'),
    });
  });

  test('60 sessions behind one address spread, and stay through reconnects', async () => {
    const clients = await SocketClients.connect(60, (index) => ({
      url: front.url,
      headers: { 'X-Session-Id': `session-${index}` },
    }));
    expect(clients.failed).toEqual([]);
    expectSpread(clients.countByInstance(), 60);
    for (let round = 0; round < 3; round += 1) {
      await reconnect(clients);
    }
    expect(instancesMet(clients).filter((met) => met.length !== 1)).toEqual([]);
    clients.close();
  });

  test('a client keeps its instance when its address changes', async () => {
    const met = await instancesFor(front, networks, { headers: { 'X-Session-Id': 'roaming' } });
    expect(new Set(met).size).toBe(1);
  });

  test('clients without the header are kept by their address', async () => {
    const clients = await SocketClients.connect(30, (index) => ({
      url: front.url,
      localAddress: networks[index],
    }));
    expect(clients.failed).toEqual([]);
    expectSpread(clients.countByInstance(), 30);
    for (let round = 0; round < 10; round += 1) {
      await reconnect(clients);
    }
    expect(instancesMet(clients).filter((met) => met.length !== 1)).toEqual([]);
    clients.close();
  });
});

describe('affinity by cookie', () => {
  let front: RenderedFront;

  beforeAll(async () => {
    front = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses),
      balancing: Balancing.cookie(),
      tls: true,
      // Before nginx had one of its own.
      nginxVersion: '1.22',
    });
  });

  const issued = /^aiwm_srv=([0-9a-f]{32}); Path=\/; HttpOnly; Secure; SameSite=Lax$/;

  /** The cookie of a new client. */
  const newCookie = async () => {
    const { headers } = await request(`${front.url}/dev/aiwm/instance`, { ca: front.ca });
    const [, value = ''] = issued.exec(headers['set-cookie']?.[0] ?? '') ?? [];
    return `aiwm_srv=${value}`;
  };

  test('60 clients behind one address that keep cookies connect, upgrade and spread', async () => {
    const clients = await SocketClients.connect(60, {
      url: front.url,
      ca: front.ca,
      withCredentials: true,
    });
    expect(clients.failed).toEqual([]);
    await clients.waitUntilUpgraded();
    expect(clients.countByTransport()).toEqual({ websocket: 60 });
    expectSpread(clients.countByInstance(), 60);
    clients.close();
  });

  test('each of 10 reconnects with the cookie lands on the same instance', async () => {
    const cookies = await Promise.all(networks.slice(0, 12).map(newCookie));
    expect(new Set(cookies).size).toBe(12);
    const clients = await SocketClients.connect(12, (index) => ({
      url: front.url,
      ca: front.ca,
      headers: { Cookie: cookies[index] ?? '' },
    }));
    expect(clients.failed).toEqual([]);
    for (let round = 0; round < 10; round += 1) {
      await reconnect(clients);
    }
    expect(instancesMet(clients).filter((met) => met.length !== 1)).toEqual([]);
    clients.close();
  });

  test('it is handed out HttpOnly and Secure, once, also with a 101', async () => {
    const url = `${front.url}/dev/aiwm/chat/${engineQuery}`;
    const first = await handshake(url, { ca: front.ca });
    expect(first.status).toBe(101);
    expect(first.headers['set-cookie']).toEqual([expect.stringMatching(issued)]);
    first.socket?.destroy();

    const [, value = ''] = issued.exec(first.headers['set-cookie']?.[0] ?? '') ?? [];
    const headers = { Cookie: `other=1; aiwm_srv=${value}` };
    const second = await handshake(url, { ca: front.ca, headers });
    expect(second).toMatchObject({ status: 101 });
    expect(second.headers['set-cookie']).toBeUndefined();
    second.socket?.destroy();
    const rest = await request(`${front.url}/dev/aiwm/instance`, { ca: front.ca, headers });
    expect(rest.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    ['another word', 'instance-2'],
    ['nothing', ''],
    ['upper case', 'A'.repeat(32)],
    ['33 digits', '0'.repeat(33)],
    ['a value and more', `${'0'.repeat(32)}"`],
  ])('a forged one (%s) is replaced', async (_, forged) => {
    const { status, headers } = await request(`${front.url}/dev/aiwm/instance`, {
      ca: front.ca,
      headers: { Cookie: `aiwm_srv=${forged}` },
    });
    expect(status).toBe(200);
    expect(headers['set-cookie']).toEqual([expect.stringMatching(issued)]);
    expect(headers['set-cookie']?.[0]).not.toContain(forged || 'aiwm_srv=;');
  });

  test('a client that keeps none cannot use long-polling: the test above can fail', async () => {
    const clients = await SocketClients.connect(30, {
      url: front.url,
      ca: front.ca,
      transports: ['polling'],
    });
    const unknown = clients.reports().filter(({ error }) => error?.includes('Session ID unknown'));
    expect(unknown.length).toBeGreaterThan(15);
    clients.close();
  });
});

const recent = nginxBinaries().available.find(({ name }) => name === '1.30');
const whenRecent = recent ? describe : describe.skip;

whenRecent(
  `affinity by nginx's own sticky, from 1.29.6${recent ? '' : ': no nginx 1.30, npm run setup'}`,
  () => {
    let front: RenderedFront;

    beforeAll(async () => {
      front = await RenderedFront.start({
        upstream: Upstream.servers(instances.addresses),
        balancing: Balancing.cookie(),
        tls: true,
        nginxVersion: recent?.version,
        executable: recent?.executable,
      });
    });

    const issued = /^aiwm_srv=([0-9a-f]+);/;

    test('60 clients behind one address that keep cookies connect, upgrade and spread', async () => {
      const clients = await SocketClients.connect(60, {
        url: front.url,
        ca: front.ca,
        withCredentials: true,
      });
      expect(clients.failed).toEqual([]);
      await clients.waitUntilUpgraded();
      expectSpread(clients.countByInstance(), 60);
      clients.close();
    });

    test('it is HttpOnly and Secure, comes with a 101 as well, and keeps a client on its instance', async () => {
      const url = `${front.url}/dev/aiwm/chat/${engineQuery}`;
      const { status, headers, socket } = await handshake(url, { ca: front.ca });
      socket?.destroy();
      expect(status).toBe(101);
      const [cookie = ''] = headers['set-cookie'] ?? [];
      expect(cookie).toMatch(issued);
      expect(cookie.toLowerCase().split('; ').slice(1).sort()).toEqual([
        'httponly',
        'path=/',
        'samesite=lax',
        'secure',
      ]);
      const clients = await SocketClients.connect(5, {
        url: front.url,
        ca: front.ca,
        headers: { Cookie: cookie.split(';')[0] ?? '' },
      });
      for (let round = 0; round < 10; round += 1) {
        await reconnect(clients);
      }
      expect(new Set(instancesMet(clients).flat()).size).toBe(1);
      clients.close();
    });

    test('a forged one is replaced', async () => {
      const { status, headers, socket } = await handshake(
        `${front.url}/dev/aiwm/chat/${engineQuery}`,
        { ca: front.ca, headers: { Cookie: 'aiwm_srv=instance-2' } },
      );
      socket?.destroy();
      expect(status).toBe(101);
      expect(headers['set-cookie']).toEqual([expect.stringMatching(issued)]);
    });
  },
);

test('an instance that is drained moves its own clients and no others', async () => {
  const firstPort = await freePortBlock(3);
  await Promise.all(
    [1, 2, 3].map((id) => EchoServer.start({ port: firstPort + id - 1, name: String(id) })),
  );
  const cluster = { instances: 3, firstPort };
  const front = await RenderedFront.start({ cluster });
  const serversMet = () =>
    Promise.all(
      networks.map(async (localAddress) => {
        const url = `${front.url}/dev/aiwm/chat/${engineQuery}`;
        const { headers, socket } = await handshake(url, { localAddress });
        socket?.destroy();
        return headers['x-server'];
      }),
    );
  const before = await serversMet();
  expect(new Set(before)).toEqual(new Set(['1', '2', '3']));
  await front.reload({ cluster: { ...cluster, drained: ['2'] } });
  expect(front.rendered.configuration).toMatch(new RegExp(`${firstPort + 1} .*down;`));
  const during = await serversMet();
  during.forEach((server, index) => {
    expect({ server, moved: server !== before[index] }).toEqual({
      server: expect.stringMatching(/^[13]$/),
      moved: before[index] === '2',
    });
  });
  await front.reload({ cluster });
  expect(await serversMet()).toEqual(before);
});
