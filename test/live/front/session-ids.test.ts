// Sessions whose ids say where they live: clients that keep no cookies and share one address, with Socket.IO's default
// transports, find their instance with every request.
import { Balancing, Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { freePortBlock } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { nginxBinaries } from '../../support/machine/nginx-binaries';
import { RenderedFront, type FrontOptions } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { SocketClients } from '../../support/front/socket-clients';

let instances: ChatInstances;
const marked = (options = {}) =>
  Upstream.servers(instances.addresses, {
    healthPath: '/health',
    marksSessionIds: true,
    ...options,
  });

beforeAll(async () => {
  instances = await ChatInstances.start({ marksSessionIds: true });
});
afterAll(cleanUp);

const recent = nginxBinaries().available.find(({ name }) => name === '1.30');

const fronts: [string, () => FrontOptions][] = [
  ['with a backplane', () => ({ upstream: marked({ backplane: true }) })],
  ['in rotation', () => ({ upstream: marked(), balancing: Balancing.roundRobin() })],
];
if (recent) {
  fronts.push([
    "by nginx's own cookie, which these clients do not keep",
    () => ({
      upstream: marked(),
      balancing: Balancing.cookie(),
      nginxVersion: recent.version,
      executable: recent.executable,
    }),
  ]);
}

describe.each(fronts)('%s', (name, options) => {
  test.each([
    ['default transports', undefined],
    ['long-polling alone', ['polling'] as const],
    ['WebSocket alone', ['websocket'] as const],
  ])('90 of 90 clients of one address, %s', async (transportsName, transports) => {
    const front = await RenderedFront.start(options());
    const clients = await SocketClients.connect(90, {
      url: front.url,
      localAddress: '127.0.0.1',
      transports,
    });
    expect(clients.failed).toEqual([]);
    if (transports === undefined) {
      await clients.waitUntilUpgraded();
    }
    const counts = clients.countByInstance();
    say(`${name}, ${transportsName}: ${JSON.stringify(counts)}`);
    for (const id of ['1', '2', '3']) {
      expect(counts[id]).toBeGreaterThanOrEqual(29);
      expect(counts[id]).toBeLessThanOrEqual(31);
    }
    clients.close();
    await front.stop();
  });
});

test('an instance that is drained keeps the sessions that it has, and gets no new ones', async () => {
  const firstPort = await freePortBlock(3);
  await ChatInstances.start({
    ports: [firstPort, firstPort + 1, firstPort + 2],
    marksSessionIds: true,
  });
  const cluster = { instances: 3, firstPort, backplane: true, marksSessionIds: true };
  const front = await RenderedFront.start({ cluster });
  const clients = await SocketClients.connect(30, { url: front.url, transports: ['polling'] });
  expect(clients.failed).toEqual([]);
  const before = clients.all.map(({ instance }) => instance);
  expect(new Set(before).size).toBe(3);
  await front.reload({ cluster: { ...cluster, drained: ['2'] } });
  // Each of these is a request of its session, by long-polling.
  await Promise.all(clients.all.map((client) => client.join('room')));
  expect(clients.disconnects).toBe(0);
  const fresh = await SocketClients.connect(20, { url: front.url });
  expect(fresh.failed).toEqual([]);
  expect(Object.keys(fresh.countByInstance())).toEqual(['1', '3']);
  clients.close();
  fresh.close();
});

test('a forged id chooses among our instances, and nothing else', async () => {
  const front = await RenderedFront.start({ upstream: marked({ backplane: true }) });
  for (const sid of [
    '1.forged',
    '99.x',
    '127.0.0.1:22',
    'aiwm_backend_1',
    '1.',
    '%31.x',
    '1.x&sid=2.y',
  ]) {
    const { status, body } = await request(
      `${front.url}/dev/aiwm/chat/?EIO=4&transport=polling&sid=${sid}`,
    );
    expect({ status, body }).toEqual({
      status: 400,
      body: expect.stringContaining('Session ID unknown'),
    });
  }
});
