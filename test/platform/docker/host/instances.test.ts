// The containers of instances on DockerPlatform: how they run, what replaces them, and where no secret may be.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TerraformVariable } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  HealthProbe,
  RedisAdapterBackplane,
  Secret,
  type AiwmClusterProps,
} from 'cdktf-aiwm';
import type { DockerPlatformProps } from 'cdktf-aiwm/docker';
import fc from 'fast-check';
import { renderHealthCommand } from '../../../../lib/platform/docker/engine/health-command';
import { constructOf } from '../../../support/stack/addresses';
import { built, containersOf } from '../../../support/docker/docker-site';
import { temporaryFolder } from '../../../support/machine/temporary-folder';
import {
  INSTANCES,
  everything,
  clustered,
  addressOf,
  generationOf,
  environmentOf,
} from '../../../support/docker/host-readings';

describe('how an instance is run', () => {
  const { Aiwm_Instance2: instance } = clustered({
    environment: { GREETING: 'it\'s "fine"; really' },
    limits: { memory: '512m', cpu: 1.5 },
    stopGrace: '45s',
    health: { path: '/up', interval: '1m30s', timeout: '500ms', failures: 4, startTimeout: '2m' },
    heartbeat: { interval: '25s', timeout: '20s' },
  });

  test('with the variables of the contract and its own', () => {
    expect(environmentOf(instance!)).toEqual({
      AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
      AIWM_HEALTH_PATH: '/up',
      AIWM_PING_INTERVAL_MS: '25000',
      AIWM_PING_TIMEOUT_MS: '20000',
      GREETING: 'it\'s "fine"; really',
      HOST: '0.0.0.0',
      INSTANCE_ID: '2',
      PORT: '3003',
    });
  });

  // In another order they would be read back as a change.
  test('the variables are sorted', () => {
    expect(instance!.env).toEqual([...instance!.env!].sort());
  });

  test('within its limits, and without swap', () => {
    expect(instance).toMatchObject({
      memory: 512,
      memory_swap: 512,
      cpu_period: 100_000,
      cpu_quota: 150_000,
    });
    // A setting on which this version of the provider ends with a panic.
    expect(instance).not.toHaveProperty('cpus');
    for (const setting of ['memory', 'memory_swap', 'cpu_quota']) {
      expect(clustered().Aiwm_Instance1).not.toHaveProperty(setting);
    }
  });

  test.each([
    ['1g', 1024],
    ['6656k', 7],
    ['300m', 300],
  ])('memory of %s is %i MB', (memory, expected) => {
    expect(clustered({ limits: { memory } }).Aiwm_Instance1).toMatchObject({ memory: expected });
  });

  test('it may take as long to stop as it was given', () => {
    expect(instance).toMatchObject({ stop_timeout: 45, destroy_grace_seconds: 45 });
  });

  test('its health is asked for as the cluster says; all tries are within one check', () => {
    expect(instance!.healthcheck).toMatchObject({
      interval: '1m30s',
      // 60 s of watching, an interval, and the tries.
      timeout: '2m43s',
      retries: 1,
      start_period: '2m0s',
      test: renderHealthCommand(
        HealthProbe.node(),
        3003,
        {
          path: '/up',
          intervalMs: 90_000,
          timeoutMs: 500,
          failures: 4,
          startTimeoutMs: 120_000,
        },
        45_000,
      ),
    });
    expect(instance).toMatchObject({ init: true, wait: true });
  });

  test('or by another program', () => {
    const { Aiwm_Instance1: one } = clustered({}, { probe: HealthProbe.curl() });
    expect(one!.healthcheck!.test[0]).toBe('CMD-SHELL');
    expect(one!.healthcheck!.test[1]).toContain('http://127.0.0.1:3003/health');
  });

  // The Engine asks for the first time one interval after the start.
  test.each([
    [{}],
    [{ interval: '2m' }],
    [{ interval: '5m', startTimeout: '1m' }],
    [{ startTimeout: '1s' }],
  ])('an apply waits until it can have answered: %j', (health) => {
    const { wait_timeout: seconds, healthcheck } = clustered({ health }).Aiwm_Instance1!;
    const { interval, start_period: start } = healthcheck!;
    expect(seconds).toBeGreaterThanOrEqual(goSeconds(start) + goSeconds(interval));
  });

  test('Redis is waited for', () => {
    const containers = containersOf(everything());
    expect(containers.Backplane_Redis).toMatchObject({ wait: true });
    for (const name of INSTANCES) {
      expect(containers[name]!.depends_on!.map(constructOf)).toContain('Backplane_Redis');
    }
  });

  test('nginx receives the addresses when all instances are healthy', () => {
    const { Frontend_Delivery: delivery, Frontend_Nginx: nginx } = containersOf(everything());
    expect(delivery!.depends_on!.map(constructOf)).toEqual(INSTANCES);
    // Itself it does not wait for them, so that it is not replaced with them.
    expect(nginx!.depends_on ?? []).toEqual([]);
  });
});

describe('a generation', () => {
  const before = clustered();

  test('two slots differ in name, number, address and alias, and in what they wait for', () => {
    const { Aiwm_Instance1: one, Aiwm_Instance2: two } = before;
    const { depends_on: waitsFor, ...other } = two!;
    const { depends_on: waitsForNothing, ...first } = one!;
    const [placeOfOne, placeOfTwo] = ['(64 + ', '(65 + '];
    const asOne = JSON.stringify(other)
      .split(placeOfTwo!)
      .join(placeOfOne)
      .replace(/aiwm-2/g, 'aiwm-1')
      .replace('INSTANCE_ID=2', 'INSTANCE_ID=1');
    expect(addressOf(two!)).not.toBe(addressOf(one!));
    expect(JSON.parse(asOne)).toEqual(first);
    expect(waitsForNothing).toEqual([]);
    expect(waitsFor).toEqual([expect.stringMatching(/^docker_container\.Aiwm_Instance1_/)]);
  });

  // Terraform stops the old ones in the opposite order, each when the one before has ended.
  test('one instance starts after another', () => {
    const { Aiwm_Instance1: one, Aiwm_Instance3: three } = before;
    expect(one!.depends_on).toEqual([]);
    expect(three!.depends_on).toEqual([
      expect.stringMatching(/^docker_container\.Aiwm_Instance2_/),
    ]);
  });

  test('the new one is there before the old one goes, under a name and at an address that each plan draws anew', () => {
    for (const name of INSTANCES) {
      expect(before[name]!.lifecycle).toEqual({
        create_before_destroy: true,
        ignore_changes: ['name', 'networks_advanced'],
      });
      expect(before[name]!.name).toContain('plantimestamp()');
      expect(addressOf(before[name]!)).toContain('plantimestamp()');
    }
  });

  test('is in a label of each', () => {
    const generation = generationOf(before.Aiwm_Instance1!)!;
    expect(generation).toMatch(/^[0-9a-f]{8}$/);
    expect(new Set(INSTANCES.map((name) => generationOf(before[name]!)))).toEqual(
      new Set([generation]),
    );
  });

  // Each of these the provider would ignore, or it is in no attribute that Terraform compares.
  const changes: [string, Partial<AiwmClusterProps>, DockerPlatformProps?][] = [
    ['image', { service: AiwmService.image('registry.example/aiwm:1.4.3') }],
    ['health path', { health: { path: '/up' } }],
    ['health interval', { health: { interval: '3s' } }],
    ['health timeout', { health: { timeout: '3s' } }],
    ['number of failures', { health: { failures: 4 } }],
    ['start timeout', { health: { startTimeout: '90s' } }],
    ['memory', { limits: { memory: '512m' } }],
    ['processors', { limits: { cpu: 0.5 } }],
    ['time to stop', { stopGrace: '10s' }],
    ['port', { firstPort: 3004 }],
    ['engine path', { enginePath: '/x/' }],
    ['heartbeat', { heartbeat: { interval: '10s', timeout: '10s' } }],
    ['variable', { environment: { STAGE: 'test' } }],
    ['secret', { secrets: { KEY: Secret.fromFile('key') } }],
    ['probe', {}, { probe: HealthProbe.wget() }],
    ['folder', {}, { writableFolders: ['/tmp', '/var/cache'] }],
    ['subnet', {}, { subnet: '10.9.0.0/16' }],
  ];

  const named = changes.map(([what, cluster, platform]) => ({ what, cluster, platform }));
  test.each(named)(
    'another $what is another generation, for all instances',
    ({ cluster, platform }) => {
      const after = clustered(cluster, platform);
      for (const name of INSTANCES) {
        expect(generationOf(after[name]!)).not.toBe(generationOf(before[name]!));
      }
    },
  );

  test('one instance more leaves the others as they are, byte for byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 63 }), (instances) => {
        const { Aiwm_Instance1: first, ...smaller } = clustered({ instances });
        const larger = clustered({ instances: instances + 1 });
        for (const [name, container] of Object.entries({ Aiwm_Instance1: first, ...smaller })) {
          if (/Instance/.test(name)) {
            expect(JSON.stringify(larger[name])).toBe(JSON.stringify(container));
          }
        }
        expect(larger).toHaveProperty(`Aiwm_Instance${instances + 1}`);
      }),
      { numRuns: 8 },
    );
  });

  test('a drained instance keeps its container', () => {
    const { Frontend_Delivery: _, ...after } = clustered({ drained: ['2'] });
    const { Frontend_Delivery: __, ...others } = before;
    expect(after).toEqual(others);
  });

  test('two clusters on one platform have addresses of their own', () => {
    const containers = containersOf(
      built((site) => {
        site.cluster();
        new AiwmCluster(site.scope, 'Other', {
          platform: site.platform(),
          service: AiwmService.image('registry.example/aiwm:1.4.2'),
        });
      }),
    );
    const addresses = Object.values(containers).map(addressOf);
    expect(addresses).toHaveLength(6);
    expect(new Set(addresses).size).toBe(6);
  });

  test('that only Terraform can name has a label that it computes', () => {
    const { Aiwm_Instance1: one } = containersOf(
      built((site) => {
        const late = new TerraformVariable(site.scope, 'late', {});
        site.front({ cluster: site.cluster({ environment: { STAGE: late.stringValue } }) });
      }),
    );
    expect(one!.env).toContain('STAGE=${var.late}');
    expect(generationOf(one!)).toContain('var.late');
  });
});

describe('secrets', () => {
  const folder = temporaryFolder('secrets');
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const file = write('token', 'hunter2\n');
  const password = write('password', 'swordfish\n');
  const stack = built((site) =>
    site.all(
      { secrets: { TOKEN: Secret.fromFile(file) } },
      {},
      {
        password: Secret.fromFile(password),
      },
    ),
  );
  const containers = containersOf(stack);

  test('the synthesized stack contains the path of a secret, never its value', () => {
    const text = JSON.stringify(stack.json);
    expect(text).not.toMatch(/hunter2|swordfish/);
    expect(environmentOf(containers.Aiwm_Instance1!).TOKEN).toContain(`file("${file}")`);
  });

  test('Terraform shows none of them: each is marked as sensitive', () => {
    const values = INSTANCES.flatMap((name) => {
      const { TOKEN: token, REDIS_URL: url } = environmentOf(containers[name]!);
      return [token!, url!];
    }).concat(environmentOf(containers.Backplane_Redis!).AIWM_REDIS_PASSWORD!);
    expect(values.filter((value) => !/\$\{.*sensitive\(/.test(value))).toEqual([]);
  });

  test('no name, label, command or check reads a secret', () => {
    const told = Object.values(containers).map(({ env: _, ...rest }) => JSON.stringify(rest));
    expect(told.filter((text) => /file\(|sensitive\(/.test(text))).toEqual([]);
  });

  test('the password of Redis is in the environment of Redis, and in the REDIS_URL of instances alone', () => {
    const generated = everything();
    const where = Object.entries(containersOf(generated)).flatMap(([name, container]) =>
      Object.entries(environmentOf(container))
        .filter(([, value]) => value.includes('Backplane_Password'))
        .map(([variable]) => `${name} ${variable}`),
    );
    expect(where.sort()).toEqual([
      'Aiwm_Instance1 REDIS_URL',
      'Aiwm_Instance2 REDIS_URL',
      'Aiwm_Instance3 REDIS_URL',
      'Backplane_Redis AIWM_REDIS_PASSWORD',
    ]);
    const others = Object.values(containersOf(generated)).map(({ env: _, ...rest }) =>
      JSON.stringify(rest),
    );
    expect(others.filter((text) => text.includes('Backplane_Password'))).toEqual([]);
  });

  test('a generated password does not change', () => {
    const [made] = Object.entries(everything().resources('terraform_data')).filter(([name]) =>
      name.startsWith('Backplane_Password'),
    );
    expect(made![1]).toMatchObject({
      triggers_replace: { password: '${sensitive(uuid())}' },
      lifecycle: { ignore_changes: ['triggers_replace'] },
    });
  });

  test('another value is another generation, without revealing it', () => {
    for (const name of ['Aiwm_Instance1', 'Backplane_Redis']) {
      expect(generationOf(containers[name]!)).toMatch(/terraform_data\.\w+_SecretsVersion_\w+\.id/);
    }
    const versions = Object.entries(stack.resources('terraform_data')).filter(([name]) =>
      name.includes('SecretsVersion'),
    );
    expect(versions).toHaveLength(2);
    for (const [, { triggers_replace: values }] of versions) {
      expect(JSON.stringify(values)).toMatch(/sha256\(jsonencode\(.*file\(/);
    }
  });

  test('the URL of a Redis elsewhere is read from its file', () => {
    const { Aiwm_Instance1: one } = containersOf(
      built((site) =>
        site.cluster({
          backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
            secret: Secret.fromFile(file),
          }),
        }),
      ),
    );
    expect(environmentOf(one!).REDIS_URL).toMatch(/^\$\{sensitive\(.*file\("/);
  });
});

describe('a service that is built', () => {
  const folder = (files: Readonly<Record<string, string>>) => {
    const path = temporaryFolder('build');
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), content);
    }
    return path;
  };
  const FILES = { Dockerfile: 'FROM a\n', 'docker/Dockerfile': 'FROM b\n', 'server.js': '1' };
  const buildOf = (path: string, options?: { dockerfile: string }) => {
    const stack = built((site) =>
      site.front({ cluster: site.cluster({ service: AiwmService.buildFrom(path, options) }) }),
    );
    const [name, image] = Object.entries(stack.resources('docker_image'))[0]! as [
      string,
      { name: string; build: { context: string; dockerfile: string }; lifecycle: unknown },
    ];
    return { name, image, containers: containersOf(stack) };
  };
  const path = folder(FILES);
  const { name, image, containers } = buildOf(path);

  test('is named after its content, and built before it runs', () => {
    expect(image).toMatchObject({
      name: expect.stringMatching(/^stack-platform-aiwm:[0-9a-f]{12}$/),
      build: { context: path, dockerfile: 'Dockerfile' },
      lifecycle: { create_before_destroy: true },
    });
    for (const each of INSTANCES) {
      expect(containers[each]!.image).toBe(image.name);
      expect(containers[each]!.depends_on).toContain(`docker_image.${name}`);
    }
  });

  test('from a relative folder starts where the app runs', () => {
    const { image: relative } = buildOf('examples/chat-service');
    expect(relative.build.context).toBe('../../../examples/chat-service');
  });

  test('another content is another image and another generation', () => {
    const after = buildOf(folder({ ...FILES, 'server.js': '2' }));
    expect(after.image.name).not.toBe(image.name);
    expect(generationOf(after.containers.Aiwm_Instance1!)).not.toBe(
      generationOf(containers.Aiwm_Instance1!),
    );
    expect(buildOf(folder(FILES)).image.name).toBe(image.name);
  });

  test('so is another Dockerfile of the same folder', () => {
    const after = buildOf(path, { dockerfile: 'docker/Dockerfile' });
    expect(after.image.build.dockerfile).toBe('docker/Dockerfile');
    expect(after.image.name).not.toBe(image.name);
  });
});

function goSeconds(text: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return [...text.matchAll(/([\d.]+)(ms|[hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
    0,
  );
}
