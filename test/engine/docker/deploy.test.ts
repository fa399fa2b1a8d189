// A stack on a real Docker Engine, by a real Terraform with the real plugin: up from nothing, used, planned again,
// looked at from outside, and taken away.
import { TlsCertificate } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import {
  DockerDeployment,
  dockerProblem,
  type Inspected,
} from '../../support/docker/docker-deployment';
import { describeWithEngine } from '../../support/docker/engine';
import type { ImageName } from '../../support/docker/image-recipes';
import { request } from '../../support/front/http';
import { SocketClients } from '../../support/front/socket-clients';

afterAll(cleanUp);

interface Variant {
  readonly nginx: ImageName;
  readonly redis: ImageName | undefined;
  /** The openssl of an image with the nginx of another Debian does not run. */
  readonly selfSigned: boolean;
}

const variants: Variant[] = [
  { nginx: 'aiwm-test/nginx:1.22', redis: 'aiwm-test/redis:7.0', selfSigned: true },
  { nginx: 'aiwm-test/nginx-unprivileged:1.30', redis: undefined, selfSigned: false },
];

describeWithEngine('DockerPlatform, from nothing to nothing', (engine) => {
  describe.each(variants)('$nginx, backplane $redis', ({ nginx, redis, selfSigned }) => {
    const images: ImageName[] = [nginx, 'aiwm-test/node-chat:1', ...(redis ? [redis] : [])];
    const problem = dockerProblem(...images);
    if (problem) {
      test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
      return;
    }

    let deployment: DockerDeployment;
    let ca: string;
    let applied: string;
    const describeStack = (stack: Parameters<ReturnType<DockerDeployment['describe']>>[0]) =>
      deployment.describe({
        backplane: redis !== undefined,
        platform: { nginxImage: nginx, publish: { address: '127.0.0.1' } },
        front: selfSigned ? { tls: TlsCertificate.selfSigned() } : {},
      })(stack);

    beforeAll(async () => {
      deployment = await DockerDeployment.createByCdktf(engine, ...images);
      applied = await deployment.terraform.apply(describeStack);
      const { Id: id } = await deployment.container('frontend');
      ca = selfSigned
        ? await engine.docker('exec', id, 'cat', '/etc/aiwm/current/tls/certificate.pem')
        : deployment.ca;
    });
    afterAll(() => deployment.dispose());

    test('30 clients with the default transports connect over TLS and stay on their instance', async () => {
      const clients = await SocketClients.connect(30, {
        url: deployment.url,
        ca,
        withCredentials: true,
      });
      expect(clients.failed.map((client) => client.report())).toEqual([]);
      await clients.waitUntilUpgraded();
      expect(clients.disconnects).toBe(0);
      clients.close();
    });

    test(
      redis
        ? 'WebSockets go to the instances in turn, and an event reaches all'
        : 'an event reaches the clients of its instance',
      async () => {
        const clients = await SocketClients.connect(30, {
          url: deployment.url,
          ca,
          transports: ['websocket'],
        });
        expect(clients.connected).toHaveLength(30);
        const [sender] = clients.all;
        await sender!.broadcast('to all');
        if (redis) {
          expect(clients.countByInstance()).toEqual({ '1': 10, '2': 10, '3': 10 });
          await clients.waitUntilReceived('to all');
        } else {
          expect(sender!.received('to all')).toBe(true);
          // Random cookies: 30 clients on one of three instances would be a wonder.
          expect(Object.keys(clients.countByInstance()).length).toBeGreaterThan(1);
        }
        clients.close();
      },
    );

    test('plain HTTP leads to HTTPS, with the published port', async () => {
      const { status, headers } = await request(
        `http://localhost:${deployment.terraform.ports.http}/x`,
      );
      expect({ status, location: headers.location }).toEqual({
        status: 308,
        location: `${deployment.url}/x`,
      });
    });

    test('a second plan is empty', async () => {
      expect(await deployment.terraform.plan(describeStack)).toEqual({});
    });

    test('nothing is published but nginx, and nothing may do more than it has to', async () => {
      const containers = await deployment.containers();
      const all = ['aiwm-1', 'aiwm-2', 'aiwm-3', 'frontend', ...(redis ? ['backplane'] : [])];
      expect(Object.keys(containers).sort()).toEqual(all.sort());
      const { ports } = deployment.terraform;
      for (const [name, { HostConfig: config }] of Object.entries(containers)) {
        const isNginx = name === 'frontend';
        expect({ name, ...rights(config) }).toEqual({
          name,
          readOnly: true,
          drop: ['ALL'],
          add: isNginx ? ['CAP_CHOWN', 'CAP_SETGID', 'CAP_SETUID'] : [],
          options: ['no-new-privileges:true'],
          privileged: false,
          ports: isNginx ? [String(ports.http), String(ports.https)] : [],
        });
      }
    });

    test('no label, command or log tells the password of Redis, and nothing can read the key but nginx', async () => {
      const containers = await deployment.containers();
      const told = await Promise.all(
        Object.values(containers).map(async ({ Id: id, Config: config }) =>
          JSON.stringify([
            config.Labels,
            config.Entrypoint,
            config.Cmd,
            await engine.docker('logs', id),
          ]),
        ),
      );
      if (redis) {
        const password = /redis:\/\/:([^@]+)@/.exec(
          containers['aiwm-1']!.Config.Env.find((line) => line.startsWith('REDIS_URL='))!,
        )![1]!;
        expect(password.length).toBeGreaterThan(20);
        expect(told.filter((text) => text.includes(password))).toEqual([]);
        expect(applied).not.toContain(password);
        expect((await deployment.terraform.terraform('plan', '-destroy')).output).not.toContain(
          password,
        );
      }
      expect(
        await engine.docker(
          ...['exec', '-u', '65534', containers.frontend!.Id, 'sh', '-c'],
          'cat /etc/aiwm/current/tls/key.pem /etc/aiwm/self-signed/key.pem 2> /dev/null || echo unreadable',
        ),
      ).toBe('unreadable');
    });

    test('destroy leaves nothing', async () => {
      await deployment.terraform.destroy();
      expect(await deployment.remains()).toEqual([]);
      await expect(request(deployment.url, { ca })).rejects.toThrow('ECONNREFUSED');
    });
  });
});

function rights(config: Inspected['HostConfig']) {
  return {
    readOnly: config.ReadonlyRootfs,
    drop: config.CapDrop,
    add: [...(config.CapAdd ?? [])].sort(),
    options: config.SecurityOpt,
    privileged: config.Privileged,
    ports: Object.values(config.PortBindings ?? {}).flatMap((bindings) =>
      bindings.map(({ HostPort: port }) => port),
    ),
  };
}
