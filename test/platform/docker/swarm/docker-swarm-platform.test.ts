import {
  AiwmService,
  HealthProbe,
  RedisAdapterBackplane,
  Secret,
  TlsCertificate,
} from 'cdktf-aiwm';
import {
  servicesOf,
  synthesizeSwarm,
  SwarmSite,
  type ServiceJson,
} from '../../../support/docker/swarm-site';

function services(build: (site: SwarmSite) => unknown): Record<string, ServiceJson> {
  return servicesOf(synthesizeSwarm(build));
}

const whole = synthesizeSwarm((site) =>
  site.front({ cluster: site.cluster({ backplane: site.backplane() }) }),
);
const all = servicesOf(whole);

describe('every service', () => {
  test.each(Object.entries(all))(
    '%s may do no more than it has to, and comes back',
    (_, service) => {
      const { container_spec: container, restart_policy: restart } = service.task_spec;
      expect(container).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(container.cap_add).toBeUndefined();
      expect(container.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(restart).toEqual({ condition: 'any', delay: '1s', max_attempts: 0, window: '0s' });
      expect(service.endpoint_spec.mode).toBe('dnsrr');
    },
  );

  test.each(Object.entries(all))('%s has no options that the provider ends on', (_, service) => {
    const mounts = service.task_spec.container_spec.mounts;
    expect(mounts.map((mount) => Object.keys(mount).sort())).toEqual(
      mounts.map(() => ['target', 'type']),
    );
  });

  test.each(Object.entries(all))('%s goes back when a new one does not live', (_, service) => {
    expect(service.update_config).toMatchObject({ failure_action: 'rollback', parallelism: 1 });
    expect(service.rollback_config).toMatchObject({ failure_action: 'pause', parallelism: 1 });
  });
});

describe('instances', () => {
  test('one for each slot under a name that lasts, one after another', () => {
    const named = ['Aiwm_Instance1', 'Aiwm_Instance2', 'Aiwm_Instance3'].map((id) => all[id]!);
    expect(named.map(({ name }) => name)).toEqual([
      'chat-platform-aiwm-1',
      'chat-platform-aiwm-2',
      'chat-platform-aiwm-3',
    ]);
    expect(named.map(({ task_spec: task }) => task.networks_advanced[0]!.aliases)).toEqual([
      ['aiwm-1'],
      ['aiwm-2'],
      ['aiwm-3'],
    ]);
    expect(
      named.map(
        ({
          task_spec: {
            container_spec: { env },
          },
        }) => env!.INSTANCE_ID,
      ),
    ).toEqual(['1', '2', '3']);
    expect(
      named.map(({ depends_on: before = [] }) =>
        before.filter((id) => id.includes('Aiwm_Instance')),
      ),
    ).toEqual([
      [],
      ['docker_service.Aiwm_Instance1_EB31A2E3'],
      ['docker_service.Aiwm_Instance2_98B885F2'],
    ]);
    expect(named[0]!.depends_on).toContain('docker_service.Backplane_Redis_5CB0A8E5');
    expect(named.map(({ update_config: update }) => update.order)).toEqual([
      'start-first',
      'start-first',
      'start-first',
    ]);
  });

  test('limits, health, stop and writable folders as they are asked for', () => {
    const { Aiwm_Instance1: one } = services((site) => {
      site.platform({
        probe: HealthProbe.wget(),
        writableFolders: ['/tmp', '/var/cache'],
        monitor: '20s',
      });
      return site.cluster({
        limits: { memory: '512m', cpu: 0.5 },
        stopGrace: '90s',
        health: { interval: '5s', timeout: '1s', failures: 2, startTimeout: '60s' },
      });
    });
    const { resources, container_spec: container } = one!.task_spec;
    expect(resources).toEqual({ limits: { memory_bytes: 536_870_912, nano_cpus: 500_000_000 } });
    expect(container).toMatchObject({ stop_grace_period: '1m30s' });
    expect(container.mounts.map(({ target }) => target)).toEqual(['/tmp', '/var/cache']);
    // In the provider's own words, or every plan would have a change.
    expect(container.healthcheck).toMatchObject({
      interval: '5s',
      timeout: '1m14s',
      retries: 1,
      start_period: '1m',
    });
    expect((container.healthcheck.test as string[])[1]).toContain('wget');
    expect(one!.update_config.monitor).toBe('20s');
    // There and back: start, watch, stop.
    expect(one!.converge_config).toEqual({ delay: '7s', timeout: '6m40s' });
  });

  test("a stop grace below the provider's minimum is raised", () => {
    const { Aiwm_Instance1: one } = services((site) => site.cluster({ stopGrace: '2s' }));
    expect(one!.task_spec.container_spec.stop_grace_period).toBe('10s');
  });

  test('an image by its digest where a registry knows one, so that all nodes run the same', () => {
    expect(all.Aiwm_Instance1!.task_spec.container_spec.image).toBe(
      '${coalesce(docker_image.Aiwm_Image_127687F2.repo_digest, docker_image.Aiwm_Image_127687F2.name)}',
    );
    expect(
      Object.values(whole.resources('docker_image')).map(({ name, keep_locally: kept }) => [
        name,
        kept,
      ]),
    ).toEqual([
      ['registry.example/aiwm:1.4.2', true],
      ['redis:7.4', true],
      ['nginx:1.30', true],
    ]);
  });
});

test("a variable's value is no template of Swarm", () => {
  const { Aiwm_Instance1: instance } = services((site) =>
    site.cluster({ environment: { GREETING: 'Hi {{name}}', PLAIN: '{ } }}' } }),
  );
  expect(instance!.task_spec.container_spec.env).toMatchObject({
    GREETING: 'Hi {{"{{"}}name}}',
    PLAIN: '{ } }}',
  });
});

describe('secrets', () => {
  const stack = synthesizeSwarm((site) =>
    site.cluster({
      backplane: site.backplane({ password: Secret.fromFile('/run/keys/redis') }),
      secrets: { JWT_KEY: Secret.fromFile('/run/keys/jwt') },
      environment: { COLOUR: 'blue' },
    }),
  );

  test('an instance receives the path of a file that only its user can read', () => {
    const { env, secrets } = servicesOf(stack).Aiwm_Instance1!.task_spec.container_spec;
    expect(env).toEqual({
      AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
      AIWM_HEALTH_PATH: '/health',
      COLOUR: 'blue',
      HOST: '0.0.0.0',
      INSTANCE_ID: '1',
      JWT_KEY_FILE: '/run/secrets/JWT_KEY',
      PORT: '3003',
      REDIS_URL_FILE: '/run/secrets/REDIS_URL',
    });
    expect(secrets).toMatchObject([
      { file_name: '/run/secrets/JWT_KEY', file_mode: 256, file_uid: '1000', file_gid: '1000' },
      { file_name: '/run/secrets/REDIS_URL', file_mode: 256, file_uid: '1000', file_gid: '1000' },
    ]);
  });

  test("a value stands in docker_secret alone, and is no plan's to show", () => {
    const holders = Object.entries(stack.json.resource!).flatMap(([type, blocks]) =>
      Object.values(blocks).map((block) => [type, JSON.stringify(block)] as const),
    );
    const read = holders.filter(([, text]) => text.includes('/run/keys/'));
    expect(read.map(([type]) => type)).toEqual(['docker_secret', 'docker_secret', 'docker_secret']);
    expect(read.filter(([, text]) => !text.includes('sensitive('))).toEqual([]);
  });

  test('a new one is there before the old one goes, and its time of birth is no change', () => {
    const secrets = [
      ...Object.values(whole.resources('docker_secret')),
      ...Object.values(whole.resources('docker_config')),
    ];
    expect(secrets).toHaveLength(5);
    for (const { name, lifecycle } of secrets) {
      expect(name).toMatch(
        /^chat-platform-[\w-]+-\$\{formatdate\("YYYYMMDDhhmmss", timestamp\(\)\)\}$/,
      );
      expect(lifecycle).toEqual({ create_before_destroy: true, ignore_changes: ['name'] });
    }
  });

  test('a Redis that exists needs none', () => {
    const { Aiwm_Instance1: one } = services((site) =>
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: 'redis://cache.example:6379',
        }),
      }),
    );
    expect(one!.task_spec.container_spec.env).toMatchObject({
      REDIS_URL: 'redis://cache.example:6379',
    });
    expect(one!.task_spec.container_spec.secrets ?? []).toEqual([]);
  });
});

describe('Redis', () => {
  test('is the only one at its name, and nothing reveals its password', () => {
    const redis = all.Backplane_Redis!;
    expect(redis.update_config.order).toBe('stop-first');
    expect(redis.endpoint_spec.ports).toBeUndefined();
    expect(redis.task_spec.container_spec.env).toBeUndefined();
    expect(redis.task_spec.container_spec.secrets).toMatchObject([
      { file_uid: '999', file_mode: 256 },
    ]);
    expect(redis.task_spec.networks_advanced[0]!.aliases).toEqual(['backplane']);
  });
});

describe('nginx', () => {
  const nginx = all.Frontend_Nginx!;

  test('is published by its node', () => {
    expect(nginx.endpoint_spec.ports).toEqual([
      { protocol: 'tcp', publish_mode: 'host', published_port: 80, target_port: 8080 },
      { protocol: 'tcp', publish_mode: 'host', published_port: 443, target_port: 8443 },
    ]);
    expect(nginx.update_config.order).toBe('stop-first');
  });

  test('has no port for TLS where a proxy speaks it', () => {
    const { Frontend_Nginx: plain } = services((site) =>
      site.front({ tls: TlsCertificate.terminatedUpstream() }),
    );
    expect(plain!.endpoint_spec.ports).toHaveLength(1);
  });

  test('closes open connections after the drain, and has time to exit', () => {
    const { Frontend_Nginx: drained } = services((site) => {
      site.platform({ frontDrain: '20s' });
      return site.front();
    });
    expect(nginx.task_spec.container_spec).toMatchObject({
      stop_signal: 'SIGQUIT',
      stop_grace_period: '12s',
    });
    expect(drained!.task_spec.container_spec.stop_grace_period).toBe('30s');
    expect(whole.configuration()).toContain('worker_shutdown_timeout 2000ms;');
  });

  test('goes where it may go', () => {
    const { Frontend_Nginx: edge } = services((site) => {
      site.platform({ fronts: 2, frontConstraints: ['node.labels.edge == true'] });
      return site.front();
    });
    expect(edge!.mode.replicated.replicas).toBe(2);
    expect(edge!.task_spec.placement).toEqual({ constraints: ['node.labels.edge == true'] });
    expect(edge!.lifecycle).toEqual({ ignore_changes: ['task_spec[0].placement[0].platforms'] });
  });

  test('is created after the test of its configuration, and after the instances', () => {
    const test = 'docker_container.Frontend_Test_C3A00D8A';
    expect(nginx.depends_on).toEqual(
      expect.arrayContaining([test, 'docker_service.Aiwm_Instance3_1A53FDB1']),
    );
    for (const type of ['docker_config', 'docker_secret']) {
      const front = Object.entries(whole.resources(type)).filter(([name]) =>
        name.startsWith('Frontend'),
      );
      expect(front.map(([, { depends_on: before }]) => before)).toEqual(front.map(() => [test]));
    }
  });

  test('has converged when it serves its configuration', () => {
    const { env, healthcheck } = nginx.task_spec.container_spec;
    expect(env!.AIWM_RELEASE).toBe(
      '${substr(sha256(docker_config.Frontend_Configuration_9CA2D0A5.data), 0, 12)}',
    );
    expect((healthcheck.test as string[])[1]).toMatch(/= "\$AIWM_RELEASE" \]$/);
  });

  test('makes a certificate of its own in memory', () => {
    const { Frontend_Nginx: own } = services((site) =>
      site.front({ tls: TlsCertificate.selfSigned() }),
    );
    const { mounts, command, secrets } = own!.task_spec.container_spec;
    expect(mounts.map(({ target }) => target)).toEqual(['/tmp', '/run/aiwm-tls']);
    expect((command as string[])[2]).toContain("names='DNS:chat.example.org'");
    expect(secrets ?? []).toEqual([]);
  });
});

describe('the network', () => {
  const network = (props: Parameters<SwarmSite['platform']>[0]) =>
    Object.values(synthesizeSwarm((site) => site.platform(props)).resources('docker_network'))[0];

  test("is out of the swarm's own pool, and encrypted: Redis' password and all messages go from node to node in it", () => {
    expect(network({})).toMatchObject({
      name: 'chat-platform-encrypted',
      driver: 'overlay',
      options: { encrypted: 'true' },
    });
    expect(network({})).not.toHaveProperty('ipam_config');
  });

  test('may be one of your own, and unencrypted; a changed one has another name', () => {
    expect(network({ subnet: '10.77.0.0/16' })).toMatchObject({
      name: 'chat-platform-10-77-0-0-16-encrypted',
      ipam_config: [{ subnet: '10.77.0.0/16', gateway: '10.77.0.1' }],
      options: { encrypted: 'true' },
      lifecycle: { create_before_destroy: true, ignore_changes: ['name', 'options'] },
    });
    const plain = network({ subnet: '10.77.0.0/16', encrypted: false });
    expect(plain.name).toBe('chat-platform-10-77-0-0-16');
    expect(plain).not.toHaveProperty('options');
  });

  test('out of the pool of the swarm it may have another name beside the old one', () => {
    expect(network({ encrypted: false }).lifecycle).toEqual({ create_before_destroy: true });
    expect(network({}).lifecycle).toEqual({
      create_before_destroy: true,
      ignore_changes: ['options'],
    });
  });
});

test('names that are too long for Docker are cut, and still differ', () => {
  const { Aiwm_Instance1: one, Aiwm_Instance2: two } = services((site) => {
    site.platform({ name: 'a'.repeat(40) });
    return site.cluster({
      service: AiwmService.image('aiwm:1'),
      secrets: { [`S${'X'.repeat(60)}`]: Secret.fromFile('a') },
    });
  });
  expect(one!.name).toBe(`${'a'.repeat(40)}-aiwm-1`);
  expect(two!.name).not.toBe(one!.name);
  const stack = synthesizeSwarm((site) => {
    site.platform({ name: 'a'.repeat(40) });
    return site.cluster({ secrets: { [`S${'X'.repeat(60)}`]: Secret.fromFile('a') } });
  });
  const [secret] = Object.values(stack.resources('docker_secret'));
  expect(String(secret!.name).replace(/\$\{.*\}$/, 'YYYYMMDDhhmmss').length).toBeLessThanOrEqual(
    64,
  );
});
