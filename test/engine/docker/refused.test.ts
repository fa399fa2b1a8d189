// Deployments to Docker that cannot succeed: each fails with its reason, and destroy leaves nothing.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { TlsCertificate } from 'cdktf-aiwm';
import { testCertificate } from '../../support/front/certificate';
import {
  DockerDeployment,
  dockerProblem,
  type DockerStack,
} from '../../support/docker/docker-deployment';
import { describeWithEngine, type Engine } from '../../support/docker/engine';

const images = [
  'aiwm-test/nginx:1.30',
  'aiwm-test/node-chat:1',
  'aiwm-test/node-chat:slow',
] as const;

interface Case {
  readonly name: string;
  readonly stack: (deployment: DockerDeployment) => DockerStack;
  /** Something that is in the way; answers what takes it away. */
  readonly obstacle?: (deployment: DockerDeployment) => Promise<() => Promise<unknown>>;
  /** What the person who deploys has to read. */
  readonly reason: RegExp;
}

const good = testCertificate('chat.example.test');
const other = testCertificate('other.example.test');

const cases: Case[] = [
  {
    name: 'an image of the service that does not exist',
    stack: () => ({ service: 'localhost:1/no-such-image:1' }),
    reason: /unable to pull image localhost:1\/no-such-image:1/i,
  },
  {
    name: 'a taken port',
    stack: () => ({}),
    obstacle: async ({ terraform }) => {
      const server = createServer((socket) => socket.destroy());
      server.listen(terraform.ports.https, '0.0.0.0');
      await once(server, 'listening');
      return async () => server.close();
    },
    reason: /listen tcp4 0\.0\.0\.0:\d+: bind: address already in use/,
  },
  {
    name: 'a subnet that another network has',
    stack: () => ({ platform: { subnet: '10.201.0.0/16' } }),
    obstacle: async ({ engine, name }) => {
      const network = `other-${name}`;
      await engine.docker('network', 'create', '--subnet', '10.201.128.0/24', network);
      return () => engine.docker('network', 'rm', network);
    },
    // The engine says it in several ways.
    reason: /networks have overlapping IPv4|Pool overlaps with other one on this address space/,
  },
  {
    name: 'an engine that is not there',
    stack: () => ({ platform: { host: 'tcp://127.0.0.1:1' } }),
    reason: /Cannot connect to the Docker daemon at tcp:\/\/127\.0\.0\.1:1/,
  },
  {
    name: 'a certificate that is not there',
    stack: ({ terraform }) => ({
      front: { tls: TlsCertificate.fromFiles(join(terraform.folder, 'none.pem'), good.keyFile) },
    }),
    reason: /none\.pem/,
  },
  {
    name: 'a key of another certificate',
    stack: () => ({
      front: { tls: TlsCertificate.fromFiles(good.certificateFile, other.keyFile) },
    }),
    reason: /key values mismatch/,
  },
];

describeWithEngine('a first deployment to Docker that cannot succeed', (engine: Engine) => {
  const problem = dockerProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
    return;
  }

  test.each(cases)('$name', async ({ stack, obstacle, reason }) => {
    const deployment = await DockerDeployment.create(engine, ...images);
    const clear = await obstacle?.(deployment);
    try {
      const options = { instances: 1, ...stack(deployment) };
      expect(await deployment.terraform.applyInVain(deployment.describe(options))).toMatch(reason);
    } finally {
      await clear?.();
      await deployment.dispose();
    }
  });

  test('instances that were not well in time are in the way of the same apply until they are taken away', async () => {
    const deployment = await DockerDeployment.create(engine, ...images);
    const stack = deployment.describe({
      service: 'aiwm-test/node-chat:slow',
      instances: 1,
      cluster: { environment: { CHAT_SLOW_MS: '60000' }, health: { startTimeout: '1s' } },
    });
    try {
      const notWell = 'container failed to be in healthy state';
      expect(await deployment.terraform.applyInVain(stack)).toContain(notWell);
      const label = (await deployment.container('aiwm-1')).Config.Labels['aiwm.generation'];
      // As the documentation says.
      const failed = await engine.docker('ps', '-q', '--filter', `label=aiwm.generation=${label}`);
      await engine.docker('rm', '--force', ...failed.split('\n'));
      expect(await deployment.terraform.applyInVain(stack)).toContain(notWell);
    } finally {
      await deployment.dispose();
    }
  });
});
