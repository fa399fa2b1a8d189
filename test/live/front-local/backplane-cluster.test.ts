// Several instances that share a Redis Cluster by the sharded adapter: each event goes through one shard, and reaches
// every client that it is for.
import { Upstream } from 'cdktf-aiwm';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { request, requestJson } from '../../support/front/http';
import { RedisClusterBed } from '../../support/front/redis-cluster-bed';
import { RenderedFront } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { SocketClients } from '../../support/front/socket-clients';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const rooms = ['lobby', 'kitchen', 'garden', 'attic', 'cellar', 'balcony'];
const channelOf = (room: string) => `socket.io#/#room:${room}#`;

let redis: RedisClusterBed;
let instances: ChatInstances;
let front: RenderedFront;

beforeAll(async () => {
  redis = await RedisClusterBed.start();
  instances = await ChatInstances.start({
    redisUrl: redis.url,
    environment: { REDIS_CLUSTER: '1' },
  });
  front = await RenderedFront.start({
    upstream: Upstream.servers(instances.addresses, { backplane: true }),
  });
});

async function connect(count = 30): Promise<SocketClients> {
  const clients = await SocketClients.connect(count, {
    url: front.url,
    transports: ['websocket'],
  });
  const each = count / 3;
  expect(clients.countByInstance()).toEqual({ 1: each, 2: each, 3: each });
  return clients;
}

test('a broadcast reaches every client, whichever instance sends it', async () => {
  const clients = await connect();
  for (const id of ['1', '2', '3']) {
    await clients.all.find(({ instance }) => instance === id)?.broadcast(`from ${id}`);
    await clients.waitUntilReceived(`from ${id}`);
  }
  await request(`${front.url}/dev/aiwm/broadcast`, { body: { text: 'from REST' } });
  await clients.waitUntilReceived('from REST');
  clients.close();
});

test('a message to a room reaches its members on all instances and nobody else', async () => {
  const clients = await connect();
  const membersOf = (room: string) =>
    clients.all.filter((_, index) => Math.floor(index / 5) === rooms.indexOf(room));
  for (const room of rooms) {
    await Promise.all(membersOf(room).map((client) => client.join(room)));
  }
  // An instance subscribes when its first member joins, and does not wait for it.
  for (const room of rooms) {
    const areAllThere = async () => (await redis.shardSubscribers(channelOf(room))) === 3;
    await waitFor(areAllThere, 5_000, `not all instances listen to the ${room}`);
  }
  expect(new Set(membersOf('lobby').map(({ instance }) => instance)).size).toBe(3);
  await Promise.all(rooms.map((room) => membersOf(room)[0]?.say(room, `to the ${room}`)));
  for (const room of rooms) {
    const hasAll = () => membersOf(room).every((client) => client.received(`to the ${room}`));
    await waitFor(hasAll, 5_000, `not all in the ${room} have it`);
  }
  await sleep(200);
  expect(rooms.map((room) => clients.receivers(`to the ${room}`))).toEqual(rooms.map(() => 5));

  // Each node has some of the rooms, and no room is at two.
  const roomsByNode = (await redis.shardChannels()).map((channels) =>
    rooms.filter((room) => channels.includes(channelOf(room))),
  );
  expect(roomsByNode.flat().sort()).toEqual([...rooms].sort());
  expect(roomsByNode.filter(({ length }) => length === 0)).toEqual([]);
  clients.close();
});

test('no event has gone through more than one shard', async () => {
  const channels = (await redis.shardChannels()).flat();
  expect(channels.filter((channel) => channel === 'socket.io#/#')).toHaveLength(1);
  expect(await redis.classicSubscriptions()).toBe(0);
  expect(await redis.eventsBetweenNodes()).toBe(0);
});

test('an instance that is not told sends every event through every shard', async () => {
  const unaware = await ChatInstances.start({ count: 1, redisUrl: redis.url });
  await request(`${unaware.get(1).url}/dev/aiwm/broadcast`, { body: { text: 'to all' } });
  const isPassedOn = async () => (await redis.eventsBetweenNodes()) > 0;
  await waitFor(isPassedOn, 5_000, 'no event has left its node');
  expect(await redis.classicSubscriptions()).toBeGreaterThan(0);
  await unaware.stop();
});

test('a wrong password ends the start at once, with the reason', async () => {
  const [node] = redis.nodes;
  const started = performance.now();
  await expect(
    ChatInstances.start({
      count: 1,
      redisUrl: `redis://:wrong-one@127.0.0.1:${node!.port}`,
      environment: { REDIS_CLUSTER: '1' },
    }),
  ).rejects.toThrow(`cannot use Redis at 127.0.0.1:${node!.port}: WRONGPASS`);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('no log line shows the password', () => {
  for (const { child } of instances.all) {
    expect(child?.output()).toContain(`redis 127.0.0.1:${redis.nodes[0]!.port}: connected`);
    expect(child?.output()).not.toContain(redis.password);
  }
});

test('a master that is lost takes no instance along, and its replica takes over', async () => {
  const health = () =>
    Promise.all(
      instances.all.map(
        async ({ healthUrl }) => (await requestJson<{ status: string }>(healthUrl)).status,
      ),
    );
  const clients = await connect();
  const channels = await redis.shardChannels();
  const master = redis.nodes[channels.findIndex((each) => each.includes('socket.io#/#'))]!;
  await redis.startReplica(master);
  expect(await health()).toEqual(['ok', 'ok', 'ok']);

  await master.stop();
  const lost = performance.now();
  await waitFor(async () => !(await health()).includes('ok'), 5_000, 'not all have noticed');
  await clients.all[0]?.broadcast('alone');
  await waitFor(() => clients.receivers('alone') === 10, 5_000, 'not received');

  await waitFor(async () => !(await health()).includes('degraded'), 20_000, 'not well again');
  say(`a replica took over in ${Math.round(performance.now() - lost)} ms`);
  await clients.all[0]?.broadcast('together');
  await clients.waitUntilReceived('together');
  expect(clients.receivers('alone')).toBe(10);
  expect(clients.disconnects).toBe(0);
  expect(instances.all.map(({ child }) => child?.isRunning)).toEqual([true, true, true]);
  clients.close();
});
