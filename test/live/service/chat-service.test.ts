// The example service on its own: what it answers, refuses and survives, and how it starts and stops.
import { ChatInstances, chatServiceFolder } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { request, requestJson } from '../../support/front/http';
import { startChild } from '../../support/machine/process';
import { engineQuery, handshake } from '../../support/front/raw-websocket';
import { RedisBed } from '../../support/front/redis-bed';
import { SocketClients } from '../../support/front/socket-clients';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

describe('without a backplane', () => {
  let instances: ChatInstances;
  beforeAll(async () => {
    instances = await ChatInstances.start({ count: 1 });
  });
  afterAll(() => instances.stop());

  const connect = (count: number, more = {}) =>
    SocketClients.connect(count, { url: instances.get(1).url, ...more });

  test('the health endpoint counts clients and has no backplane', async () => {
    const clients = await connect(3);
    expect(await requestJson(instances.get(1).healthUrl)).toEqual({
      status: 'ok',
      instance: '1',
      clients: 3,
      backplane: 'none',
    });
    clients.close();
  });

  test('wrong requests are told so', async () => {
    const { url } = instances.get(1);
    const broadcast = `${url}/dev/aiwm/broadcast`;
    expect(await request(broadcast)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await request(broadcast, { body: 'no json' })).toMatchObject({ status: 400 });
    expect(await request(broadcast, { body: 'x'.repeat(100_000) })).toMatchObject({ status: 400 });
    expect(await request(broadcast, { body: { text: 7 } })).toMatchObject({ status: 400 });
    expect(await request(`${url}/nothing`)).toMatchObject({ status: 404 });
    const health = new URL(instances.get(1).healthUrl).pathname;
    expect(await request(`${url}${health}?probe=1`)).toMatchObject({ status: 200 });
  });

  test('wrong events are refused and end nothing', async () => {
    const clients = await connect(1);
    const [client] = clients.all;
    await expect(client?.join('../etc')).rejects.toThrow('a room is named by');
    await expect(client?.say('lobby', 'hi')).rejects.toThrow('join lobby first');
    await expect(client?.broadcast('')).rejects.toThrow('text has to be a string');
    client?.socket.emit('say');
    client?.socket.emit('join', null);
    await client?.join('lobby');
    expect(client?.connected).toBe(true);
    clients.close();
  });

  test('a graceful stop lets clients reconnect, and ends soon with code 0', async () => {
    const instance = instances.get(1);
    const { url } = instance;
    const webSocket = await connect(3, { transports: ['websocket'], reconnection: true });
    const polling = await SocketClients.connect(2, {
      url,
      transports: ['polling'],
      reconnection: true,
    });
    // One that never answers the closing handshake must not hold up the end.
    const { socket: deaf } = await handshake(`${url}/dev/aiwm/chat/${engineQuery}`);
    const started = performance.now();
    expect(await instance.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(webSocket.all[0]?.disconnects[0]?.reason).toBe('transport close');
    expect(webSocket.disconnects).toBe(3);
    expect(instance.child?.output()).toMatch(/SIGTERM: closing 6 connections.*\n.* stopped\n$/);
    await instance.start();
    await webSocket.waitUntilConnected();
    await polling.waitUntilConnected();
    deaf?.destroy();
    webSocket.close();
    polling.close();
  });

  test('a stop that is told to wait accepts clients for a while, then lets go of one after another', async () => {
    const more = { AIWM_SHUTDOWN_DELAY_MS: '1500', AIWM_STOP_GRACE_MS: '9500' };
    const waiting = await ChatInstances.start({ count: 1, environment: more });
    const instance = waiting.get(1);
    const options = { url: instance.url, transports: ['websocket'] as const };
    const early = await SocketClients.connect(4, options);
    const started = performance.now();
    const stopped = instance.child!.stop(15_000);
    await instance.child?.waitForLine(/accepting connections for 1500 ms more/);
    expect(await request(instance.healthUrl)).toMatchObject({ status: 200 });
    const late = await SocketClients.connect(1, options);
    expect(early.disconnects + late.disconnects).toBe(0);

    await instance.child?.waitForLine(/closing 5 connections/);
    await expect(request(instance.healthUrl)).rejects.toThrow();
    // Two seconds for five of them.
    await waitFor(() => early.disconnects > 0, 2_000, 'no client is let go');
    expect(early.disconnects).toBeLessThan(4);
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect(early.disconnects + late.disconnects).toBe(5);
    expect(performance.now() - started).toBeGreaterThan(1_500);
    expect(performance.now() - started).toBeLessThan(9_500);
  });

  test.each([
    ['no port', {}, 'PORT is not set: give the port to listen on, for example PORT=3003'],
    [
      'a port that is none',
      { PORT: '70000' },
      'PORT is "70000": give a whole number from 1 to 65535',
    ],
    [
      'a path that is none',
      { PORT: '3003', AIWM_ENGINE_PATH: 'chat' },
      'AIWM_ENGINE_PATH is "chat"',
    ],
    [
      'a Redis that is none',
      { PORT: '3003', REDIS_URL: 'x:geheim' },
      'REDIS_URL is not the address',
    ],
    [
      'a Redis that is none, in a file',
      { PORT: '3003', REDIS_URL_FILE: 'package.json' },
      'REDIS_URL is not the address',
    ],
    [
      'a flag that is none',
      { PORT: '3003', REDIS_URL: 'redis://127.0.0.1', REDIS_CLUSTER: 'yes' },
      'REDIS_CLUSTER is "yes"',
    ],
    [
      'a file that is not there',
      { PORT: '3003', REDIS_URL_FILE: 'none' },
      'REDIS_URL_FILE is "none", which cannot be read: ENOENT',
    ],
  ])('with %s an instance says so and ends', async (_, environment, message) => {
    const child = startChild({
      name: 'instance',
      command: process.execPath,
      args: ['server.js'],
      cwd: chatServiceFolder,
      environment: { PORT: undefined, ...environment },
    });
    expect(await child.waitForExit()).toEqual({ code: 1, signal: null });
    await child.waitForLine(/error/).catch(() => {});
    expect(child.output()).toContain(message);
    expect(child.output()).not.toContain('geheim');
    expect(child.output().trim().split('\n')).toHaveLength(1);
  });

  test('a taken port is told with its number', async () => {
    const child = startChild({
      name: 'instance',
      command: process.execPath,
      args: ['server.js'],
      cwd: chatServiceFolder,
      environment: { PORT: String(instances.get(1).port) },
    });
    const { port } = instances.get(1);
    await child.waitForLine(
      new RegExp(`cannot listen on 127.0.0.1:${port}: another process listens there`),
    );
    expect(await child.waitForExit()).toEqual({ code: 1, signal: null });
  });
});

describe('with a backplane', () => {
  let redis: RedisBed;
  let instances: ChatInstances;
  beforeAll(async () => {
    redis = await RedisBed.start();
    instances = await ChatInstances.start({ redisUrl: redis.url });
  });
  afterAll(async () => {
    await instances.stop();
    await redis.stop();
  });

  const connect = (count: number) =>
    SocketClients.connect(count, (index) => ({
      url: instances.get((index % 3) + 1).url,
      transports: ['websocket'],
    }));

  test('a room spans the instances and ends at its members', async () => {
    const clients = await connect(6);
    const [first, second, third] = clients.all;
    await Promise.all([first?.join('lobby'), second?.join('lobby'), third?.join('lobby')]);
    await third?.leave('lobby');
    await first?.say('lobby', 'members only');
    await waitFor(() => clients.receivers('members only') === 2, 5_000, 'members have not got it');
    await sleep(200);
    expect(clients.all.map((client) => client.received('members only'))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    clients.close();
  });

  test('without Redis each instance serves on alone, and together again when it is back', async () => {
    const health = () => requestJson<Record<string, unknown>>(instances.get(1).healthUrl);
    const clients = await connect(6);
    expect(await health()).toMatchObject({ status: 'ok', backplane: 'connected' });

    await redis.stop();
    await waitFor(async () => (await health()).status === 'degraded', 5_000, 'not noticed');
    expect(await health()).toMatchObject({ clients: 2, backplane: 'unreachable' });
    await clients.all[0]?.broadcast('alone');
    await waitFor(() => clients.receivers('alone') === 2, 5_000, 'not received');

    await redis.start();
    const isBack = async () => (await redis.subscribers()) === 3;
    await waitFor(isBack, 15_000, 'not all have subscribed again');
    await waitFor(async () => (await health()).status === 'ok', 5_000, 'not noticed');
    await clients.all[0]?.broadcast('together');
    await clients.waitUntilReceived('together');
    expect(clients.receivers('alone')).toBe(2);
    expect(clients.disconnects).toBe(0);
    expect(instances.all.map(({ child }) => child?.isRunning)).toEqual([true, true, true]);
    clients.close();
  });

  test('no log line shows the password', () => {
    for (const { child } of instances.all) {
      expect(child?.output()).toContain(`redis 127.0.0.1:${redis.port}: connected`);
      expect(child?.output()).not.toContain(redis.password);
    }
  });

  test('a wrong password ends the start at once, with the reason', async () => {
    const wrong = redis.url.replace(redis.password, 'wrong-one');
    const started = performance.now();
    await expect(ChatInstances.start({ count: 1, redisUrl: wrong })).rejects.toThrow(
      `cannot use Redis at 127.0.0.1:${redis.port}: WRONGPASS`,
    );
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
