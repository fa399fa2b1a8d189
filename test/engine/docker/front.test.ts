// What the local platform's tests ask of a front in detail, asked of one on Docker: upgrades, paths, the log, limits.
import { readFileSync } from 'node:fs';
import type { WebSocket } from 'ws';
import { cleanUp } from '../../support/machine/clean-up';
import { DockerDeployment, dockerProblem } from '../../support/docker/docker-deployment';
import { describeWithEngine } from '../../support/docker/engine';
import { request } from '../../support/front/http';
import { engineQuery, handshake, openWebSocket } from '../../support/front/raw-websocket';
import { waitFor } from '../../support/machine/wait';

const images = ['aiwm-test/nginx:1.30', 'aiwm-test/node-chat:1'] as const;
const ORIGIN = 'https://app.example.test';
const FIRST_PORT = 3003;

afterAll(cleanUp);

describeWithEngine('a front on Docker', (engine) => {
  const problem = dockerProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
    return;
  }

  let deployment: DockerDeployment;
  const ask = (path: string, headers: Record<string, string> = {}) =>
    request(`${deployment.url}${path}`, { ca: deployment.ca, headers });
  const knock = (path: string, headers: Record<string, string> = {}) =>
    handshake(`${deployment.url}${path}${engineQuery}`, { ca: deployment.ca, headers });
  async function log(): Promise<string[]> {
    const { Id: id } = await deployment.container('frontend');
    return (await engine.docker('logs', id)).split('\n');
  }

  beforeAll(async () => {
    deployment = await DockerDeployment.create(engine, ...images);
    await deployment.terraform.apply(
      deployment.describe({
        front: { limits: { connectionsPerClient: 3 }, allowedOrigins: [ORIGIN] },
      }),
    );
  });
  afterAll(() => deployment.dispose());

  test('forwards no upgrade but that to a WebSocket, and keeps connections to the instances', async () => {
    const h2c = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMA' };
    expect((await ask('/dev/aiwm/instance', h2c)).status).toBe(200);
    for (let count = 0; count < 50; count += 1) {
      expect((await ask('/dev/aiwm/instance')).status).toBe(200);
    }
    const pid = (await deployment.container('frontend')).State.Pid;
    const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const toInstances = connectionsTo(pid, FIRST_PORT);
    expect(toInstances).toBeGreaterThan(0);
    expect(toInstances).toBeLessThanOrEqual(workers.length * 3);
  });

  test('routes what is its own, with and without the slash, and nothing beside', async () => {
    expect((await ask('/dev/aiwmfoo')).status).toBe(404);
    for (const path of ['/dev/aiwm/chat', '/dev/aiwm/chat/']) {
      const { status, socket } = await knock(path);
      socket?.destroy();
      expect({ path, status }).toEqual({ path, status: 101 });
    }
    expect((await ask('/dev/aiwm/health')).status).toBe(200);
  });

  test('logs the instance of a WebSocket and no token, and no health check', async () => {
    const { status, socket } = await handshake(
      `${deployment.url}/dev/aiwm/chat/${engineQuery}&token=swordfish`,
      { ca: deployment.ca },
    );
    socket?.destroy();
    expect(status).toBe(101);
    const closed = / 101 upstream=10\.\d+\.\d+\.\d+:3003 /;
    await waitFor(async () => (await log()).some((line) => closed.test(line)), 5000, 'no line');
    expect((await log()).filter((line) => /swordfish|aiwm\/health/.test(line))).toEqual([]);
  });

  test('refuses the 4th WebSocket of a client and lets its REST calls pass', async () => {
    const url = `${deployment.url}/dev/aiwm/chat/${engineQuery}`.replace('https:', 'wss:');
    const open: WebSocket[] = [];
    // Those of the tests before are counted until nginx has seen them end.
    const openOneMore = async () => open.push(await openWebSocket(url, { ca: deployment.ca }));
    await waitFor(async () => (await openOneMore()) === 3, 5000, 'three were not let in');
    expect(await knock('/dev/aiwm/chat/')).toMatchObject({ status: 429 });
    expect((await ask('/dev/aiwm/instance')).status).toBe(200);
    for (const socket of open) {
      socket.terminate();
    }
  });

  test('refuses a page of somebody else', async () => {
    const statusOf = async (headers: Record<string, string>) => {
      const { status, socket } = await knock('/dev/aiwm/chat/', headers);
      socket?.destroy();
      return status;
    };
    await waitFor(async () => (await statusOf({ Origin: ORIGIN })) === 101, 5000, 'not let in');
    expect(await statusOf({ Origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({})).toBe(101);
  });
});

/** How many connections a process has had to a port lately, from the table of its network. */
function connectionsTo(pid: number, port: number): number {
  const remote = new RegExp(`^ *\\d+: \\S+ [0-9A-F]+:${port.toString(16).padStart(4, '0')} `, 'i');
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .filter((line) => remote.test(line)).length;
}
