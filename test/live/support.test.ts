// The harness itself: what the other live tests stand on has to do what it says.
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { testCertificate } from '../support/certificate';
import { ChatInstances, chatServiceFolder } from '../support/chat-instances';
import { EchoServer } from '../support/echo-server';
import { freePort, freePortBlock, freePorts } from '../support/free-ports';
import { request, requestJson } from '../support/http';
import { localAgent } from '../support/local-agent';
import { NginxBed } from '../support/nginx-bed';
import { startChild, stopAllChildren } from '../support/process';
import {
  engineQuery,
  exchange,
  handshake,
  IdleWebSockets,
  openWebSocket,
} from '../support/raw-websocket';
import { RedisBed } from '../support/redis-bed';
import { SocketClients } from '../support/socket-clients';
import { sleep, waitFor } from '../support/wait';

const chatPath = '/dev/aiwm/chat/';

afterAll(stopAllChildren);

interface InstanceAnswer {
  readonly instance: string;
  readonly connection: { readonly id: number; readonly request: number };
  readonly headers: Record<string, string>;
}

describe('ports and processes', () => {
  test('free ports are different, and a block is a row', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    const first = await freePortBlock(3);
    const servers = await Promise.all(
      [0, 1, 2].map((offset) => EchoServer.start({ port: first + offset })),
    );
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('a child that ends early is told with its output', async () => {
    const child = startChild({
      name: 'sample',
      command: 'sh',
      args: ['-c', 'echo no luck; exit 3'],
    });
    await expect(child.waitForLine(/ready/)).rejects.toThrow(
      /sample ended before there was a line like \/ready\/; its last lines:\n {2}no luck/,
    );
    expect(await child.waitForExit()).toEqual({ code: 3, signal: null });
  });

  test('a program that does not exist is told by name', async () => {
    const child = startChild({ name: 'sample', command: 'no-such-program' });
    await expect(child.waitForLine(/ready/)).rejects.toThrow('spawn no-such-program ENOENT');
  });

  test('a child that ignores SIGTERM is killed', async () => {
    const child = startChild({
      name: 'deaf',
      command: process.execPath,
      args: [
        '-e',
        "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
      ],
    });
    await child.waitForLine(/up/);
    expect(await child.stop(300)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('children and folders do not outlive a test process that is killed', async () => {
    const script = `
      const { startChild } = require('./test/support/process');
      const { temporaryFolder } = require('./test/support/temporary-folder');
      const child = startChild({ name: 'sleeper', command: 'sleep', args: ['600'] });
      console.log('child', child.pid, temporaryFolder('reaped'));
      setInterval(() => {}, 1000);
    `;
    const owner = startChild({
      name: 'owner',
      command: process.execPath,
      args: ['--import', 'tsx', '-e', script],
      cwd: `${__dirname}/../..`,
    });
    const [, pid, folder = ''] = await owner.waitForLine(/child (\d+) (\S+)/);
    expect(existsSync(folder)).toBe(true);
    await owner.kill();
    await waitFor(() => !existsSync(`/proc/${pid}`), 5_000, `process ${pid} is still there`);
    await waitFor(() => !existsSync(folder), 5_000, `${folder} is still there`);
  });
});

describe('raw WebSockets', () => {
  let server: EchoServer;
  beforeAll(async () => {
    server = await EchoServer.start({ name: 'one' });
  });
  afterAll(() => server.stop());

  test('a handshake is seen from both sides, with the chosen address', async () => {
    const { status, headers, socket } = await handshake(`http://${server.address}/a?b=1`, {
      headers: { Origin: 'https://app.example.test' },
      localAddress: '127.0.7.1',
    });
    expect({ status, server: headers['x-server'] }).toEqual({ status: 101, server: 'one' });
    expect(socket?.localAddress).toBe('127.0.7.1');
    expect(server.requests.at(-1)).toMatchObject({
      url: '/a?b=1',
      headers: { origin: 'https://app.example.test', upgrade: 'websocket' },
    });
    socket?.destroy();
  });

  test('a refusal has its status and body', async () => {
    const refusing = await EchoServer.start({ status: 403 });
    const answer = await handshake(`http://${refusing.address}/`, { headers: { Upgrade: 'h2c' } });
    expect(answer.socket).toBeUndefined();
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ headers: { upgrade: 'h2c' } });
    await refusing.stop();
  });

  test('a text comes back', async () => {
    const socket = await openWebSocket(`ws://${server.address}/`);
    expect((await exchange(socket, 'hello')).text).toBe('hello');
    socket.terminate();
  });

  test('idle WebSockets are counted while they are open and when they are closed', async () => {
    const idle = await IdleWebSockets.open(200, `http://${server.address}/`);
    expect({ opened: idle.opened, open: idle.open, refused: idle.refused }).toEqual({
      opened: 200,
      open: 200,
      refused: {},
    });
    [...server.webSockets].slice(0, 50).forEach((socket) => socket.terminate());
    await waitFor(() => idle.closed.length === 50, 5_000, 'not 50 closed');
    expect(idle.open).toBe(150);
    idle.close();
    await waitFor(() => server.webSockets.size === 0, 5_000, 'the server still holds some');
    expect(idle.closed).toHaveLength(50);
  });

  test('one that nobody answers is counted as refused', async () => {
    const port = await freePort();
    const idle = await IdleWebSockets.open(3, `http://127.0.0.1:${port}/`);
    expect(idle.refused).toEqual({ ECONNREFUSED: 3 });
  });
});

describe('chat instances without a backplane', () => {
  let instances: ChatInstances;
  beforeAll(async () => {
    instances = await ChatInstances.start({ pingIntervalMs: 400, pingTimeoutMs: 400 });
  });
  afterAll(() => instances.stop());

  const connect = (count: number, more = {}) =>
    SocketClients.connect(count, (index) => ({
      url: instances.get((index % 3) + 1).url,
      localAddress: `127.0.${index + 1}.1`,
      ...more,
    }));

  test('clients of many networks connect, upgrade, and know who serves them', async () => {
    const clients = await connect(30);
    expect(clients.failed).toHaveLength(0);
    await clients.waitUntilUpgraded();
    expect(clients.countByInstance()).toEqual({ 1: 10, 2: 10, 3: 10 });
    expect(clients.reports()[4]).toMatchObject({ address: '127.0.5.1', transport: 'websocket' });
    clients.disconnect();
  });

  test('a broadcast stays on its instance', async () => {
    const clients = await connect(6, { transports: ['websocket'] });
    await clients.all[0]?.broadcast('local');
    await waitFor(() => clients.receivers('local') === 2, 5_000, 'not received');
    await sleep(300);
    expect(clients.receivers('local')).toBe(2);
    clients.disconnect();
  });

  test('the health endpoint counts clients and has no backplane', async () => {
    const clients = await connect(3);
    expect(await requestJson(instances.get(1).healthUrl)).toEqual({
      status: 'ok',
      instance: '1',
      clients: 1,
      backplane: 'none',
    });
    clients.disconnect();
  });

  test('a request over a kept connection can be told from one over a new connection', async () => {
    const url = `${instances.get(2).url}/dev/aiwm/instance`;
    const agent = localAgent(url, {}, { keepAlive: true, maxSockets: 1 });
    const first = await requestJson<InstanceAnswer>(url, { agent });
    const second = await requestJson<InstanceAnswer>(url, { agent });
    const other = await requestJson<InstanceAnswer>(url);
    expect(second.connection).toEqual({ ...first.connection, request: 2 });
    expect(other.connection.id).not.toBe(first.connection.id);
    agent.destroy();
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
    clients.disconnect();
  });

  test('an idle Socket.IO connection is kept by its pongs, a silent one is not', async () => {
    const url = `${instances.get(1).url}${chatPath}${engineQuery}`;
    const polite = await IdleWebSockets.open(5, url, { socketIo: true });
    const silent = await IdleWebSockets.open(5, url);
    await silent.waitUntilClosed(3_000);
    expect(polite.open).toBe(5);
    polite.close();
  });

  test('a paused instance answers nobody until it goes on', async () => {
    const instance = instances.get(3);
    instance.pause();
    await expect(request(instance.healthUrl, { timeoutMs: 300 })).rejects.toThrow(/timeout/);
    instance.resume();
    expect(await request(instance.healthUrl)).toMatchObject({ status: 200 });
  });

  test('after a crash and a new start its clients are back by themselves', async () => {
    const clients = await connect(6, { reconnection: true });
    await instances.get(2).kill();
    await waitFor(() => clients.failed.length === 2, 5_000, 'nobody noticed');
    await instances.get(2).start();
    await clients.waitUntilConnected();
    expect(clients.disconnects).toBe(2);
    clients.disconnect();
  });

  test('a graceful stop lets clients reconnect, and ends at once with code 0', async () => {
    const clients = await connect(3, { reconnection: true });
    const polling = await SocketClients.connect(2, {
      url: instances.get(1).url,
      transports: ['polling'],
      reconnection: true,
    });
    // One that does not answer the closing handshake must not delay the end much.
    const silent = await IdleWebSockets.open(1, `${instances.get(1).url}${chatPath}${engineQuery}`);
    const started = performance.now();
    expect(await instances.get(1).stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(clients.all[0]?.disconnects.map(({ reason }) => reason)).toEqual(['transport close']);
    await instances.get(1).start();
    await clients.waitUntilConnected();
    await polling.waitUntilConnected();
    for (const group of [clients, polling, silent]) {
      'disconnect' in group ? group.disconnect() : group.close();
    }
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
    const { port } = instances.get(1);
    await expect(ChatInstances.start({ ports: [port] })).resolves.toBeDefined();
  });
});
