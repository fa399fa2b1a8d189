// The harness itself: what the other live tests stand on has to do what it says.
import { existsSync } from 'node:fs';
import { testCertificate } from '../../support/front/certificate';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { freePort, freePortBlock, freePorts } from '../../support/machine/free-ports';
import { request, requestJson } from '../../support/front/http';
import { localAgent } from '../../support/front/local-agent';
import { NginxBed } from '../../support/front/nginx-bed';
import { startChild } from '../../support/machine/process';
import {
  engineQuery,
  exchange,
  handshake,
  IdleWebSockets,
  openWebSocket,
} from '../../support/front/raw-websocket';
import { RedisBed } from '../../support/front/redis-bed';
import { SocketClients } from '../../support/front/socket-clients';
import { sleep, waitFor } from '../../support/machine/wait';

const chatPath = '/dev/aiwm/chat/';

afterAll(cleanUp);

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
    await Promise.all(servers.map((server) => server.close()));
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
      const { startChild } = require('./test/support/machine/process');
      const { temporaryFolder } = require('./test/support/machine/temporary-folder');
      const child = startChild({ name: 'sleeper', command: 'sleep', args: ['600'] });
      console.log('child', child.pid, temporaryFolder('reaped'));
      setInterval(() => {}, 1000);
    `;
    const owner = startChild({
      name: 'owner',
      command: process.execPath,
      args: ['--import', 'tsx', '-e', script],
      cwd: `${__dirname}/../../..`,
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
  afterAll(() => server.close());

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
    await refusing.close();
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
    clients.close();
  });

  test('a broadcast stays on its instance', async () => {
    const clients = await connect(6, { transports: ['websocket'] });
    await clients.all[0]?.broadcast('local');
    await waitFor(() => clients.receivers('local') === 2, 5_000, 'not received');
    await sleep(300);
    expect(clients.receivers('local')).toBe(2);
    clients.close();
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
    await expect(request(instance.healthUrl, { timeoutMs: 300 })).rejects.toThrow(
      'no answer in 300 ms',
    );
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
    clients.close();
  });
});

describe('chat instances with a backplane', () => {
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

  test('every instance has subscribed', async () => {
    expect(await redis.subscribers()).toBe(3);
  });

  test('a broadcast reaches the clients of every instance, over Socket.IO and REST', async () => {
    const clients = await connect(6);
    await clients.all[0]?.broadcast('to all');
    await clients.waitUntilReceived('to all');
    const url = `${instances.get(3).url}/dev/aiwm/broadcast`;
    expect(await requestJson(url, { body: { text: 'by REST' } })).toEqual({
      sent: true,
      instance: '3',
    });
    await clients.waitUntilReceived('by REST');
    expect(clients.all[0]?.messages.at(-1)).toEqual({
      text: 'by REST',
      from: 'rest',
      instance: '3',
      room: null,
    });
    clients.close();
  });
});

describe('nginx', () => {
  const name = 'api.example.test';
  const { ca, ...certificate } = testCertificate(name);
  let instances: ChatInstances;
  let nginx: NginxBed;
  let port: number;

  const configuration = (more = '') => `
    worker_processes 2;
    worker_shutdown_timeout 2s;
    pid nginx.pid;
    error_log logs/error.log notice;
    events { worker_connections 1024; }
    http {
      client_body_temp_path temp/body;
      access_log logs/access.log;
      ${more}
      map $http_upgrade $connection_upgrade { websocket upgrade; default ""; }
      upstream aiwm { ip_hash; ${instances.addresses.map((address) => `server ${address};`).join(' ')} }
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate tls/certificate.pem;
        ssl_certificate_key tls/key.pem;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Real-IP $remote_addr;
        location / { proxy_pass http://aiwm; }
      }
      server {
        listen unix:status.sock;
        access_log off;
        location = /release { include release.conf; }
        location = /connections { stub_status; }
      }
    }
  `;

  beforeAll(async () => {
    instances = await ChatInstances.start();
    port = await freePort();
    nginx = await NginxBed.start({ configuration: configuration(), certificate });
  });
  afterAll(async () => {
    await nginx.stop();
    await instances.stop();
  });

  test('clients of 30 networks come in by TLS and name, and ip_hash spreads them', async () => {
    const clients = await SocketClients.connect(30, (index) => ({
      url: `https://${name}:${port}`,
      ca,
      localAddress: `127.0.${index + 1}.1`,
    }));
    expect(clients.failed).toHaveLength(0);
    await clients.waitUntilUpgraded();
    expect(Object.keys(clients.countByInstance())).toEqual(['1', '2', '3']);
    expect(clients.reports()[6]).toMatchObject({ address: '127.0.7.1' });
    expect((await nginx.status()).active).toBeGreaterThanOrEqual(30);
    clients.close();
    await nginx.waitForAccessLog(/127\.0\.7\.1 .*transport=websocket.* 101 /);
  });

  test('a client that does not trust the authority fails, and says why', async () => {
    const clients = await SocketClients.connect(1, { url: `https://${name}:${port}` });
    expect(clients.reports()[0]).toMatchObject({ connected: false });
    expect(clients.reports()[0]?.error).toMatch(
      /^xhr poll error: .*(unable to verify|self-signed)/,
    );
    clients.close();
  });

  test('requests choose Host and address', async () => {
    const answer = await requestJson<InstanceAnswer>(
      `https://127.0.0.1:${port}/dev/aiwm/instance`,
      {
        ca,
        host: name,
        localAddress: '127.0.9.9',
      },
    );
    expect(answer.headers['x-real-ip']).toBe('127.0.9.9');
  });

  test('a reload brings new workers, and the old ones end with their connections', async () => {
    const idle = await IdleWebSockets.open(20, `https://${name}:${port}${chatPath}${engineQuery}`, {
      ca,
      socketIo: true,
    });
    const release = await nginx.release();
    await nginx.reload(configuration('server_tokens off;'));
    expect(await nginx.release()).not.toBe(release);
    expect(nginx.workers().filter(({ shuttingDown }) => !shuttingDown)).toHaveLength(2);
    expect(nginx.workers().some(({ shuttingDown }) => shuttingDown)).toBe(true);
    expect(idle.open).toBe(20);
    await idle.waitUntilClosed(5_000);
    await waitFor(() => nginx.workers().length === 2, 5_000, 'old workers are still there');
  });

  test('a configuration that nginx refuses changes nothing', async () => {
    const release = await nginx.release();
    const workers = nginx.workers();
    await expect(nginx.reload(configuration('no_such_directive;'))).rejects.toThrow(
      'unknown directive "no_such_directive"',
    );
    expect(await nginx.release()).toBe(release);
    expect(nginx.workers()).toEqual(workers);
  });
});
