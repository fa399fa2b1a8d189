// Deployments that cannot succeed: each fails with its reason, as a change of what runs and as a first deployment.
// What served before goes on serving, a good deployment succeeds afterwards, and destroy leaves nothing.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Secret, TlsCertificate } from 'cdktf-aiwm';
import { testCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { Deployment } from '../../support/agent/deployment';
import { freePort } from '../../support/machine/free-ports';
import { request, requestJson } from '../../support/front/http';
import { IdleWebSockets } from '../../support/front/raw-websocket';
import { smallStack, type SmallStack } from '../../support/agent/small-stack';

interface Case {
  readonly name: string;
  /** What goes wrong, in a stack with so many instances. */
  readonly stack: (deployment: Deployment, instances: number) => SmallStack;
  /** A port that somebody else listens on meanwhile. */
  readonly taken?: (deployment: Deployment, instances: number) => number;
  /** What the person who deploys has to read. */
  readonly reason: (deployment: Deployment) => string | RegExp;
  /** In a first deployment the instances are there by then. */
  readonly afterInstances?: true;
  /** As a change: instance 1 is stopped for its new version before that goes wrong. */
  readonly restarts?: true;
  /** The first of those that leave another resource half made. */
  readonly representative?: true;
}

const good = testCertificate('chat.example.test');
const other = testCertificate('other.example.test');
const cases: Case[] = [
  {
    name: 'a taken port of nginx',
    representative: true,
    stack: () => ({}),
    taken: ({ ports }) => ports.http,
    reason: () => 'is taken by ',
    afterInstances: true,
  },
  {
    name: 'a taken port of an instance',
    stack: (_, instances) => ({ instances: instances + 1 }),
    taken: ({ ports }, instances) => ports.firstInstance + instances,
    reason: () => 'is taken by ',
    afterInstances: true,
  },
  {
    name: 'a taken port of Redis',
    representative: true,
    stack: () => ({ backplane: true }),
    taken: ({ ports }) => ports.redis,
    reason: () => 'is taken by ',
  },
  {
    name: 'a missing certificate file',
    stack: ({ folder }) => ({
      front: { tls: TlsCertificate.fromFiles(join(folder, 'none.pem'), good.keyFile) },
    }),
    reason: () => /\/none\.pem(: no such file or directory| does not exist)/,
  },
  {
    name: 'a key that does not belong to the certificate',
    stack: () => ({
      front: { tls: TlsCertificate.fromFiles(good.certificateFile, other.keyFile) },
    }),
    reason: () =>
      `frontend: the key ${other.keyFile} does not belong to the certificate ${good.certificateFile}. ` +
      'Give the key that the certificate was issued for',
    afterInstances: true,
  },
  {
    name: 'a service that exits at once',
    representative: true,
    stack: () => ({ environment: { MODE: 'exit' } }),
    reason: () => '| Error: cannot open the database at db.internal:5432',
    restarts: true,
  },
  {
    name: 'a service that never gets healthy',
    stack: () => ({
      environment: { MODE: 'sick' },
      cluster: { health: { startTimeout: '1s' } },
    }),
    reason: ({ ports }) =>
      `GET http://127.0.0.1:${ports.firstInstance}/health was not answered as healthy within 1`,
    restarts: true,
  },
  {
    name: 'a directive that nginx refuses',
    stack: () => ({ front: { directives: { server: ['no_such_directive on;'] } } }),
    reason: () => '[emerg] unknown directive "no_such_directive"',
    afterInstances: true,
  },
  {
    name: 'a missing nginx',
    representative: true,
    stack: () => ({ platform: { nginx: 'no-such-nginx' } }),
    reason: () => 'no-such-nginx is not installed on this machine',
  },
  {
    name: 'a missing redis-server',
    stack: () => ({ backplane: true, platform: { redisServer: 'no-such-redis' } }),
    reason: () => 'no-such-redis is not installed on this machine',
  },
  {
    name: 'a missing working directory',
    stack: ({ folder }) => ({ workingDirectory: join(folder, 'none') }),
    reason: ({ folder }) =>
      `aiwm-1: the working directory ${join(folder, 'none')} does not exist. ` +
      "Correct the service's working directory",
  },
  {
    name: 'a missing secret file',
    stack: ({ folder }) => ({
      cluster: { secrets: { JWT_KEY: Secret.fromFile(join(folder, 'none.key')) } },
    }),
    reason: ({ folder }) =>
      `secrets.JWT_KEY: the file ${join(folder, 'none.key')} does not exist. Write the secret into it.`,
  },
  {
    name: 'a missing secret in the environment',
    stack: () => ({ cluster: { secrets: { JWT_KEY: Secret.fromEnvironment('NO_SUCH_SECRET') } } }),
    reason: () =>
      'the environment variable NO_SUCH_SECRET is not set where Terraform runs. Export it and deploy again.',
  },
];

/** Somebody else, who got the port first. */
async function take(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function withPortTaken<T>(port: number | undefined, work: () => Promise<T>): Promise<T> {
  const server = port === undefined ? undefined : await take(port);
  try {
    return await work();
  } finally {
    server?.close();
  }
}

/** Applies what cannot succeed, to a stack with so many instances; expects that the person who deploys reads why. */
async function applyInVain(
  deployment: Deployment,
  { stack, taken, reason }: Case,
  instances: number,
): Promise<string> {
  const port = taken?.(deployment, instances);
  const options = { instances, ...stack(deployment, instances) };
  const output = await withPortTaken(port, () =>
    deployment.applyInVain(smallStack(deployment, options)),
  );
  expect(output).toMatch(reason(deployment));
  if (port !== undefined) {
    expect(output).toContain(`port 127.0.0.1:${port} is taken by `);
  }
  return output;
}

describe('as a change of what runs, each fails with the reason, and what served before still serves:', () => {
  let deployment: Deployment;
  let webSockets: IdleWebSockets;
  let pids: Record<string, number>;

  async function expectServed(): Promise<void> {
    const { version } = await requestJson<{ version: string }>(`${deployment.url}/dev/aiwm/x`, {
      ca: deployment.ca,
    });
    expect(version).toBe('1');
  }

  beforeAll(async () => {
    deployment = await Deployment.create();
    // Not yet on its usual port, so that a change has one to move to.
    await deployment.apply(smallStack(deployment, { platform: { httpPort: await freePort() } }));
    pids = deployment.pids();
    webSockets = await IdleWebSockets.open(10, `${deployment.url}/dev/aiwm/chat/`, {
      ca: deployment.ca,
    });
  });

  afterAll(async () => {
    await cleanUp();
    await deployment.dispose();
  });

  test.each(cases.filter(({ restarts }) => !restarts))('$name', async (one) => {
    await applyInVain(deployment, one, 3);
    expect(deployment.pids()).toEqual(pids);
    await expectServed();
    expect({ open: webSockets.open, closed: webSockets.closed }).toEqual({ open: 10, closed: [] });
  });

  test.each(cases.filter(({ restarts }) => restarts))(
    '$name: instances 2 and 3 are untouched, and instance 1 is back on its old version',
    async (one) => {
      const { 'aiwm-1': before, ...others } = deployment.pids();
      const output = await applyInVain(deployment, one, 3);
      expect(output).toContain('aiwm-1 could not be updated to its new specification');
      expect(output).toContain('The old one is back and healthy.');
      const { 'aiwm-1': after, ...still } = deployment.pids();
      expect(after).not.toBe(before);
      expect(still).toEqual(others);
      expect(await requestJson(`${deployment.instanceUrl(1)}/`)).toMatchObject({ version: '1' });
      await expectServed();
    },
  );

  test('a good deployment succeeds afterwards, and the next one plans nothing', async () => {
    const { frontend } = deployment.pids();
    const describe = smallStack(deployment, { version: '2' });
    await deployment.apply(describe);
    expect(await deployment.plan(describe)).toEqual({});
    expect(deployment.pids()).toMatchObject({ frontend });
    expect(await requestJson(`${deployment.url}/dev/aiwm/x`, { ca: deployment.ca })).toMatchObject({
      version: '2',
    });
  });
});

describe('as a first deployment, each fails with the reason, and destroy leaves nothing:', () => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await Deployment.create();
  });
  afterEach(() => deployment.dispose());

  test.each(cases)('$name', async (one) => {
    await applyInVain(deployment, one, 1);
    expect(Object.keys(deployment.pids())).toEqual(one.afterInstances ? ['aiwm-1'] : []);
    await deployment.destroy();
    expect(deployment.remains()).toEqual([]);
  });

  test.each(cases.filter(({ representative }) => representative))(
    '$name, and a good deployment right after it',
    async (one) => {
      await applyInVain(deployment, one, 1);
      const describe = smallStack(deployment, { instances: 2 });
      await deployment.apply(describe);
      expect(await deployment.plan(describe)).toEqual({});
      expect(Object.keys(deployment.pids())).toEqual(['aiwm-1', 'aiwm-2', 'frontend']);
      expect((await request(`${deployment.url}/dev/aiwm/x`, { ca: deployment.ca })).status).toBe(
        200,
      );
    },
  );
});
