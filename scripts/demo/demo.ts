import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortBlock, freePorts } from '../../test/support/machine/free-ports';
import { request } from '../../test/support/front/http';
import { SocketClients } from '../../test/support/front/socket-clients';
import type { ClientOptions } from '../../test/support/front/socket-clients';
import { waitFor } from '../../test/support/machine/wait';
import { CdktfStack } from './cdktf';
import { showDifference } from './difference';
import type { Stage } from './stage';
import { table } from './table';

const STACK = 'local-redis';
const CLIENTS = 60;
const INSTANCES = ['1', '2', '3'];

export async function demo(stage: Stage): Promise<void> {
  const root = process.cwd();
  const [https, http, redis] = (await freePorts(3)) as [number, number, number];
  const firstPort = await freePortBlock(INSTANCES.length);
  const logFile = join(tmpdir(), `cdktf-aiwm-demo-${process.pid}.log`);
  const stack = new CdktfStack(
    root,
    STACK,
    {
      AIWM_HTTPS_PORT: String(https),
      AIWM_HTTP_PORT: String(http),
      AIWM_REDIS_PORT: String(redis),
      AIWM_FIRST_PORT: String(firstPort),
    },
    logFile,
  );
  if (stack.isDeployed) {
    throw new Error(
      `${STACK} is deployed already, and the demo would end it. Destroy it first: npx cdktf destroy ${STACK}`,
    );
  }

  stage.next(`cdktf deploy ${STACK}: Redis, three instances, nginx with TLS`);
  stage.afterwards(async () => {
    if (stack.isDeployed) {
      stage.murmur('destroying what was deployed …');
      await stack.destroy((line) => stage.murmur(line));
    }
  });
  await stack.deploy((line) => stage.murmur(line));

  stage.next(`${2 * CLIENTS} Socket.IO clients over TLS, at https://localhost:${https}`);
  const clients = await connectClients(stage, root, https);

  stage.next('One client says something to all');
  const text = `hello to all ${Date.now()}`;
  await clients.defaults.all[0]!.broadcast(text);
  const everybody = [clients.defaults, clients.webSocketOnly];
  await Promise.all(everybody.map((group) => group.waitUntilReceived(text)));
  stage.check(`${2 * CLIENTS} of ${2 * CLIENTS} received it, on all ${INSTANCES.length} instances`);

  stage.next('An instance dies');
  await killInstance(stage, everybody, firstPort);

  stage.next('What leaving out the backplane would change in nginx.conf');
  stage.say(showDifference());

  stage.next(`cdktf destroy ${STACK}`);
  everybody.forEach((group) => group.close());
  await stack.destroy((line) => stage.murmur(line));
}

async function connectClients(
  stage: Stage,
  root: string,
  port: number,
): Promise<{ defaults: SocketClients; webSocketOnly: SocketClients }> {
  const ca = readFileSync(
    join(
      root,
      '.aiwm',
      `${STACK}-platform`,
      'nginx',
      'frontend',
      'current',
      'tls',
      'certificate.pem',
    ),
    'utf8',
  );
  const common: ClientOptions = { url: `https://localhost:${port}`, ca, reconnection: true };
  // Clients of as many networks, which Linux has on its loopback and macOS has not.
  const networks = process.platform === 'linux';
  const defaults = await SocketClients.connect(CLIENTS, (index) => ({
    ...common,
    ...(networks ? { localAddress: `127.0.${index + 1}.1` } : {}),
  }));
  const webSocketOnly = await SocketClients.connect(CLIENTS, {
    ...common,
    transports: ['websocket'],
  });
  stage.afterwards(() => [defaults, webSocketOnly].forEach((group) => group.close()));
  await Promise.all([defaults, webSocketOnly].map((group) => group.waitUntilConnected()));
  await defaults.waitUntilUpgraded();
  const row = (name: string, group: SocketClients): string[] => [
    name,
    ...INSTANCES.map((instance) => String(group.countByInstance()[instance] ?? 0)),
  ];
  stage.say(
    table([
      ['clients of', ...INSTANCES.map((instance) => `aiwm-${instance}`)],
      row('default transports', defaults),
      row('WebSocket only', webSocketOnly),
    ]),
  );
  stage.check(`${2 * CLIENTS} of ${2 * CLIENTS} connected, all of them on WebSocket now`);
  if (!networks) {
    stage.say(
      '(All come from one address here, so the sessions that began with long-polling share an instance.)',
    );
  }
  return { defaults, webSocketOnly };
}

async function killInstance(
  stage: Stage,
  groups: SocketClients[],
  firstPort: number,
): Promise<void> {
  const { body } = await request(`http://127.0.0.1:${firstPort + 1}/dev/aiwm/instance`);
  const { pid } = JSON.parse(body) as { pid: number };
  const all = groups.flatMap((group) => group.all);
  const served = all.filter(({ instance }) => instance === '2');
  const connections = new Map(served.map((client) => [client, client.instances.length]));
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  stage.say(`aiwm-2 (pid ${pid}) is killed; it served ${served.length} clients`);
  const isBack = (client: (typeof served)[number]): boolean =>
    client.connected && client.instances.length > connections.get(client)!;
  await waitFor(
    () => served.every(isBack) && all.every(({ connected }) => connected),
    30_000,
    () => `${served.filter((client) => !isBack(client)).length} clients are not back`,
  );
  stage.check(
    `all ${served.length} are back after ${((performance.now() - killedAt) / 1000).toFixed(1)} s; the other ${all.length - served.length} noticed nothing`,
  );
  const others = all.filter((client) => !connections.has(client));
  const dropped = others.filter(({ disconnects }) => disconnects.length > 0);
  if (dropped.length > 0) {
    throw new Error(`${dropped.length} clients of the other instances were dropped`);
  }
  await waitFor(
    async () =>
      (await request(`http://127.0.0.1:${firstPort + 1}/health`).catch(() => undefined))?.status ===
      200,
    15_000,
    'aiwm-2 does not come back',
  );
  stage.check(`aiwm-2 runs again after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
}
