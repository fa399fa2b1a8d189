// Several instances that share a Redis: any client reaches any instance, and a message reaches every client.
import { Balancing, ClientTransport, Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { request } from '../../support/front/http';
import { NginxBed } from '../../support/front/nginx-bed';
import { RedisBed } from '../../support/front/redis-bed';
import { RenderedFront } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { SocketClients, type ClientOptions } from '../../support/front/socket-clients';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const manyNetworks = (index: number) => `127.0.${index + 1}.1`;
const oneAddress = () => '127.0.0.1';

function connect(
  url: string,
  addressOf: (index: number) => string,
  more: Partial<ClientOptions> = {},
): Promise<SocketClients> {
  return SocketClients.connect(90, (index) => ({
    url,
    localAddress: addressOf(index),
    ...more,
  }));
}

describe('with a backplane', () => {
  let instances: ChatInstances;
  /** Clients may use long-polling, as Socket.IO's do by default. */
  let front: RenderedFront;
  let webSocketFront: RenderedFront;

  beforeAll(async () => {
    const redis = await RedisBed.start();
    instances = await ChatInstances.start({ redisUrl: redis.url });
    const upstream = Upstream.servers(instances.addresses, { backplane: true });
    front = await RenderedFront.start({ upstream });
    webSocketFront = await RenderedFront.start({
      upstream,
      clientTransports: [ClientTransport.WEBSOCKET],
    });
  });

  test('90 of 90 clients with default transports connect, from 90 networks', async () => {
    const clients = await connect(front.url, manyNetworks);
    expect(clients.connected).toHaveLength(90);
    await clients.waitUntilUpgraded();
    const counts = clients.countByInstance();
    expect(Object.keys(counts)).toEqual(['1', '2', '3']);
    say(`default transports, 90 networks: ${JSON.stringify(counts)}`);
    clients.close();
  });

  test('90 of 90 clients with default transports connect, from one address', async () => {
    const clients = await connect(front.url, oneAddress);
    expect(clients.connected).toHaveLength(90);
    await clients.waitUntilUpgraded();
    expect(clients.countByTransport()).toEqual({ websocket: 90 });
    say(`default transports, one address: ${JSON.stringify(clients.countByInstance())}`);
    clients.close();
  });

  test.each([
    ['one address', oneAddress],
    ['90 networks', manyNetworks],
  ])('websocket-only clients from %s spread 30/30/30', async (_, addressOf) => {
    const clients = await connect(front.url, addressOf, { transports: ['websocket'] });
    expect(clients.countByInstance()).toEqual({ 1: 30, 2: 30, 3: 30 });
    clients.close();
  });

  test('clients that try WebSocket first spread as well', async () => {
    const clients = await connect(front.url, oneAddress, { transports: ['websocket', 'polling'] });
    expect(clients.countByInstance()).toEqual({ 1: 30, 2: 30, 3: 30 });
    clients.close();
  });

  test('a front for websocket-only clients spreads them 30/30/30', async () => {
    const clients = await connect(webSocketFront.url, oneAddress, { transports: ['websocket'] });
    expect(clients.countByInstance()).toEqual({ 1: 30, 2: 30, 3: 30 });
    clients.close();
  });

  test.each([
    ['one address', oneAddress],
    ['90 networks', manyNetworks],
  ])('90 of 90 clients that only poll connect, from %s', async (_, addressOf) => {
    const clients = await connect(front.url, addressOf, { transports: ['polling'] });
    expect(clients.connected).toHaveLength(90);
    const [client] = clients.all;
    await client?.broadcast('by polling');
    await clients.waitUntilReceived('by polling');
    expect(clients.countByTransport()).toEqual({ polling: 90 });
    clients.close();
  });

  test('sessions kept by a cookie spread clients that poll from one address', async () => {
    const cookieFront = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses, { backplane: true }),
      balancing: Balancing.roundRobin({ sessionAffinity: Balancing.cookie() }),
      tls: true,
    });
    const { url, ca } = cookieFront;
    const polling = await connect(url, oneAddress, { ca, withCredentials: true });
    expect(polling.connected).toHaveLength(90);
    expect(Object.keys(polling.countByInstance())).toEqual(['1', '2', '3']);
    const direct = await connect(url, oneAddress, { ca, transports: ['websocket'] });
    expect(direct.countByInstance()).toEqual({ 1: 30, 2: 30, 3: 30 });
    say(`cookie, one address: ${JSON.stringify(polling.countByInstance())}`);
    polling.close();
    direct.close();
  });

  test('by least connections, an instance that is back gets the new clients', async () => {
    const leastFront = await RenderedFront.start({
      upstream: Upstream.servers(instances.addresses, { backplane: true }),
      balancing: Balancing.leastConnections(),
      clientTransports: [ClientTransport.WEBSOCKET],
      failover: { failTimeout: '1s' },
    });
    const clients = await connect(leastFront.url, oneAddress, { transports: ['websocket'] });
    const { '2': homeless = 0, ...others } = clients.countByInstance();
    // Questions under way count as well, so 90 at once come out nearly even.
    expect(Math.max(homeless, ...Object.values(others))).toBeLessThan(36);
    await instances.get(2).kill();
    await waitFor(() => clients.failed.length === homeless, 5_000, 'not all have noticed');
    await instances.get(2).start();
    const fresh = await SocketClients.connect(20, {
      url: leastFront.url,
      transports: ['websocket'],
    });
    expect(fresh.countByInstance()).toEqual({ 2: 20 });
    clients.close();
    fresh.close();
  });

  test('a broadcast reaches every client on every instance, whoever sends it', async () => {
    const clients = await connect(front.url, oneAddress, { transports: ['websocket'] });
    const polling = await SocketClients.connect(30, (index) => ({
      url: front.url,
      localAddress: manyNetworks(index),
      transports: ['polling'],
    }));
    expect(Object.keys(polling.countByInstance())).toEqual(['1', '2', '3']);
    await clients.all[0]?.broadcast('from a client');
    await clients.waitUntilReceived('from a client');
    await polling.waitUntilReceived('from a client');
    const { status } = await request(`${front.url}/dev/aiwm/broadcast`, {
      body: { text: 'from REST' },
    });
    expect(status).toBe(200);
    await clients.waitUntilReceived('from REST');
    await polling.waitUntilReceived('from REST');
    clients.close();
    polling.close();
  });

  test('a message to a room reaches its members on all instances and nobody else', async () => {
    const clients = await connect(front.url, oneAddress, { transports: ['websocket'] });
    const members = ['1', '2', '3'].flatMap((id) =>
      clients.all.filter(({ instance }) => instance === id).slice(0, 3),
    );
    expect(members).toHaveLength(9);
    await Promise.all(members.map((client) => client.join('lobby')));
    await members[0]?.say('lobby', 'to the room');
    await waitFor(() => clients.receivers('to the room') === 9, 5_000, 'not all have it');
    await sleep(300);
    expect(clients.receivers('to the room')).toBe(9);
    clients.close();
  });

  test('one pool in rotation, written by hand, fails for default transports', async () => {
    const { configuration } = front.rendered;
    const asked = 'set $aiwm_asked_pool $aiwm_pool;';
    expect(configuration.split(asked)).toHaveLength(2);
    const altered = configuration.replace(asked, 'set $aiwm_asked_pool aiwm_backend;');
    await front.stop();
    const nginx = await NginxBed.start({ configuration: altered });
    const clients = await connect(front.url, manyNetworks);
    const reasons = clients.reports().filter(({ error }) => error?.includes('Session ID unknown'));
    say(`one pool in rotation: ${clients.failed.length} of 90 clients fail`);
    expect(clients.failed.length).toBeGreaterThan(45);
    expect(reasons.length).toBeGreaterThan(45);
    clients.close();
    await nginx.stop();
  });
});

describe('without a backplane', () => {
  test('a broadcast does not cross instances', async () => {
    const instances = await ChatInstances.start();
    const front = await RenderedFront.start({ upstream: Upstream.servers(instances.addresses) });
    const clients = await SocketClients.connect(30, (index) => ({
      url: front.url,
      localAddress: manyNetworks(index),
    }));
    const counts = clients.countByInstance();
    expect(Object.keys(counts)).toEqual(['1', '2', '3']);
    const sender = clients.all[0];
    const neighbours = counts[sender?.instance ?? ''] ?? 0;
    await sender?.broadcast('hello');
    await waitFor(() => clients.receivers('hello') === neighbours, 5_000, 'not all have it');
    await sleep(300);
    expect(clients.receivers('hello')).toBe(neighbours);
    expect(neighbours).toBeLessThan(30);
    clients.close();
  });
});
