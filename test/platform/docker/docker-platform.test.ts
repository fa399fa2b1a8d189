// What a stack with a DockerPlatform becomes: what may reach what, who may do what, what a change replaces, and where
// no secret may be.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  Balancing,
  DockerPlatform,
  HealthProbe,
  RedisAdapterBackplane,
  RedisEngine,
  Secret,
  TlsCertificate,
  type AiwmClusterProps,
  type DockerPlatformProps,
} from 'cdktf-aiwm';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import fc from 'fast-check';
import { constructOf } from '../../support/addresses';
import {
  built,
  containersOf,
  DockerSite,
  type ContainerJson,
} from '../../support/docker/docker-site';
import { newApp } from '../../support/site';
import { temporaryFolder } from '../../support/temporary-folder';

const INSTANCES = ['Aiwm_Instance1', 'Aiwm_Instance2', 'Aiwm_Instance3'];
const LONG_RUNNING = [...INSTANCES, 'Backplane_Redis', 'Frontend_Nginx'];

const everything = (props?: DockerPlatformProps) =>
  built((site) => {
    site.platform(props);
    site.all();
  });

/** The containers of a cluster of its own. */
const clustered = (props: Partial<AiwmClusterProps> = {}, platform?: DockerPlatformProps) =>
  containersOf(
    built((site) => {
      site.platform(platform);
      site.front({ cluster: site.cluster(props) });
    }),
  );

const addressOf = ({ networks_advanced: [network] = [] }: ContainerJson) => network?.ipv4_address;
const generationOf = ({ labels = [] }: ContainerJson) =>
  labels.find(({ label }) => label === 'aiwm.generation')?.value;

function environmentOf({ env = [] }: ContainerJson): Record<string, string> {
  return Object.fromEntries(
    env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function only(blocks: Readonly<Record<string, unknown>>): Record<string, unknown> {
  expect(Object.keys(blocks)).toHaveLength(1);
  return Object.values(blocks)[0] as Record<string, unknown>;
}

describe('what is reached from where', () => {
  const stack = everything();
  const containers = containersOf(stack);

  test('only nginx publishes ports: 80 and 443 on all addresses', () => {
    const published = Object.entries(containers).filter(([, { ports = [] }]) => ports.length > 0);
    expect(published.map(([name]) => name)).toEqual(['Frontend_Nginx']);
    expect(containers.Frontend_Nginx!.ports).toEqual([
      { internal: 8080, external: 80, ip: '0.0.0.0' },
      { internal: 8443, external: 443, ip: '0.0.0.0' },
    ]);
    expect(Object.values(containers).filter((each) => each.publish_all_ports)).toEqual([]);
  });

  test('at other ports and another address, still in the order in which the provider reads them', () => {
    const { Frontend_Nginx: nginx } = containersOf(
      everything({ publish: { address: '127.0.0.1', https: 443, http: 9000 } }),
    );
    expect(nginx!.ports).toEqual([
      { internal: 8080, external: 9000, ip: '127.0.0.1' },
      { internal: 8443, external: 443, ip: '127.0.0.1' },
    ]);
  });

  test.each([
    ['without TLS', undefined],
    ['behind somebody else’s', TlsCertificate.terminatedUpstream()],
  ])('%s the port for it is not published', (_, tls) => {
    const containersOfFront = containersOf(
      built((site) => {
        site.platform({ publish: { address: '127.0.0.1' } });
        site.front({ tls });
      }),
    );
    expect(containersOfFront.Frontend_Nginx!.ports).toEqual([
      { internal: 8080, external: 80, ip: '127.0.0.1' },
    ]);
  });

  test('all are in the one network of the platform, each at an address and under a name', () => {
    const { Frontend_Delivery: delivery, ...others } = containers;
    const places = Object.entries(others).map(([name, { networks_advanced: networks = [] }]) => {
      expect([name, networks.length]).toEqual([name, 1]);
      return networks[0]!;
    });
    const [network] = Object.keys(stack.resources('docker_network'));
    expect(new Set(places.map(({ name }) => name))).toEqual(
      new Set([`\${docker_network.${network}.name}`]),
    );
    expect(places.flatMap(({ aliases }) => aliases).sort()).toEqual(
      [
        'aiwm-1',
        'aiwm-2',
        'aiwm-3',
        `backplane-${generationOf(containers.Backplane_Redis!)}`,
        'frontend',
      ].sort(),
    );
    // nginx knows the instances by address. Redis is found by its name, wherever it is.
    const fixed = places.flatMap(({ ipv4_address: address }) => address ?? []);
    expect(new Set(fixed).size).toBe(4);
    expect(delivery).not.toHaveProperty('networks_advanced');
  });

  test('the network is a bridge whose gateway is its first address', () => {
    expect(only(stack.resources('docker_network'))).toMatchObject({
      name: 'stack-platform-10.119.128.0-17',
      driver: 'bridge',
      ipam_config: [{ subnet: '10.119.128.0/17', gateway: '10.119.128.1' }],
    });
    expect(addressOf(containers.Frontend_Nginx!)).toBe('10.119.128.2');
  });

  test('nginx is told the addresses that the instances have, and not what the next plan draws', () => {
    const configuration = stack.configuration();
    for (const name of INSTANCES) {
      expect(configuration).toMatch(
        new RegExp(
          `server "\\$\\{tolist\\(docker_container\\.${name}_\\w+\\.networks_advanced\\)\\.0\\.ipv4_address\\}:3003" `,
        ),
      );
    }
    expect(configuration).not.toContain('plantimestamp');
  });

  test('the instances are told where Redis is', () => {
    for (const name of INSTANCES) {
      expect(new URL(withoutTemplates(environmentOf(containers[name]!).REDIS_URL!))).toMatchObject({
        protocol: 'redis:',
        hostname: `backplane-${generationOf(containers.Backplane_Redis!)}`,
        port: '6379',
      });
    }
  });
});

describe('what each may do', () => {
  const containers = containersOf(everything());

  test.each(LONG_RUNNING)('%s: no more than it has to', (name) => {
    expect(containers[name]).toMatchObject({
      read_only: true,
      security_opts: ['no-new-privileges:true'],
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      restart: 'unless-stopped',
    });
    expect(containers[name]!.capabilities!.drop).toEqual(['ALL']);
    expect(containers[name]).not.toHaveProperty('privileged');
  });

  test('capabilities are added to nginx alone, and to what tells it', () => {
    const added = Object.entries(containers).map(([name, { capabilities }]) => [
      name,
      capabilities!.add,
    ]);
    expect(Object.fromEntries(added)).toEqual({
      Aiwm_Instance1: [],
      Aiwm_Instance2: [],
      Aiwm_Instance3: [],
      Backplane_Redis: [],
      Frontend_Nginx: ['CAP_CHOWN', 'CAP_SETGID', 'CAP_SETUID'],
      Frontend_Delivery: [
        'CAP_CHOWN',
        'CAP_KILL',
        'CAP_NET_BIND_SERVICE',
        'CAP_SETGID',
        'CAP_SETUID',
      ],
    });
  });

  // The provider reads them back with it and in this order; otherwise every plan replaces the container.
  test('their names have the prefix that the Engine gives them, in its order', () => {
    for (const { capabilities } of Object.values(containers)) {
      expect(capabilities!.add).toEqual([...capabilities!.add].sort());
      expect(capabilities!.add.filter((each) => !each.startsWith('CAP_'))).toEqual([]);
    }
  });

  test('the folders that can be written to are in memory, and end', () => {
    const folders = Object.fromEntries(
      LONG_RUNNING.map((name) => [name, Object.keys(containers[name]!.tmpfs!)]),
    );
    expect(folders).toEqual({
      Aiwm_Instance1: ['/tmp'],
      Aiwm_Instance2: ['/tmp'],
      Aiwm_Instance3: ['/tmp'],
      Backplane_Redis: expect.arrayContaining(['/tmp', '/data']),
      Frontend_Nginx: ['/tmp'],
    });
    for (const name of LONG_RUNNING) {
      // nginx holds bodies there that are larger than a buffer.
      const size = name === 'Frontend_Nginx' ? 2 ** 30 : 64 * 2 ** 20;
      for (const options of Object.values(containers[name]!.tmpfs!)) {
        expect(options.split(',')).toEqual(
          expect.arrayContaining(['nosuid', 'nodev', `size=${size}`]),
        );
      }
    }
  });

  test('an instance may be given others', () => {
    const { Aiwm_Instance1: instance } = clustered({}, { writableFolders: ['/tmp', '/srv/cache'] });
    expect(Object.keys(instance!.tmpfs!).sort()).toEqual(['/srv/cache', '/tmp']);
    expect(Object.keys(clustered({}, { writableFolders: [] }).Aiwm_Instance1!.tmpfs ?? {})).toEqual(
      [],
    );
  });

  test('nginx reads its configuration and cannot write it; the delivery can', () => {
    const mountOf = (name: string) => containers[name]!.mounts![0];
    expect(containers.Frontend_Nginx!.mounts).toHaveLength(1);
    expect(mountOf('Frontend_Nginx')).toMatchObject({ target: '/etc/aiwm', read_only: true });
    expect(mountOf('Frontend_Delivery')).toMatchObject({ target: '/etc/aiwm' });
    expect(mountOf('Frontend_Delivery')!.read_only).not.toBe(true);
    expect(mountOf('Frontend_Delivery')!.source).toBe(mountOf('Frontend_Nginx')!.source);
    expect(INSTANCES.filter((name) => containers[name]!.mounts)).toEqual([]);
  });

  test('nginx may open as many files as its connections take', () => {
    const { Frontend_Nginx: nginx } = containersOf(
      built((site) => site.front({ expectedConnections: 2000 })),
    );
    const [limit] = nginx!.ulimit as { name: string; soft: number; hard: number }[];
    expect(limit).toMatchObject({ name: 'nofile', soft: limit!.hard });
    expect(limit!.soft).toBeGreaterThan(4000);
  });

  test('Redis is its own user', () => {
    expect(containers.Backplane_Redis!.user).toBe('999:999');
  });

  // Its uploads would be refused by a read-only root, and what it makes is for nginx, whoever that is.
  test('the delivery is root in the namespaces of nginx, gains nothing, and runs once', () => {
    const { Frontend_Delivery: delivery } = containers;
    expect(delivery).toMatchObject({
      user: '0:0',
      security_opts: ['no-new-privileges:true'],
      must_run: false,
      attach: true,
      restart: 'no',
    });
    expect(delivery!.capabilities!.drop).toEqual(['ALL']);
    expect(delivery!.pid_mode).toMatch(
      /^container:\$\{docker_container\.Frontend_Nginx_\w+\.id\}$/,
    );
    expect(delivery!.network_mode).toBe(delivery!.pid_mode);
    expect(delivery!.image).toBe(containers.Frontend_Nginx!.image);
  });
});

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
      test: HealthProbe.node()._resolve(
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

  test('nginx is told when all of them are there', () => {
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
  test.each(named)('another $what is another one, for all', ({ cluster, platform }) => {
    const after = clustered(cluster, platform);
    for (const name of INSTANCES) {
      expect(generationOf(after[name]!)).not.toBe(generationOf(before[name]!));
    }
  });

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

  test('an instance that is taken out of the balancing stays what it is', () => {
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

describe('what a change of the front changes', () => {
  const before = containersOf(built((site) => site.front()));
  const changed = (build: (site: DockerSite) => unknown) => {
    const after = containersOf(built(build));
    return Object.keys(before).filter(
      (name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
    );
  };

  test('nothing, when nothing has changed', () => {
    expect(changed((site) => site.front())).toEqual([]);
  });

  test.each<[string, Parameters<DockerSite['front']>[0]]>([
    ['a timeout', { timeouts: { rest: '30s' } }],
    ['a limit', { maxBodySize: '5m' }],
    ['the balancing', { balancing: Balancing.hash('$arg_room') }],
    ['the certificate', { tls: TlsCertificate.fromFiles('a.pem', 'b.pem') }],
    ['a name', { alternativeNames: ['www.example.org'] }],
    ['how long connections may drain', { drainTimeout: '2h' }],
  ])('%s: the delivery, and nothing that serves', (_, props) => {
    expect(changed((site) => site.front(props))).toEqual(['Frontend_Delivery']);
  });

  test('an instance that is drained: the delivery, and nothing that serves', () => {
    expect(changed((site) => site.front({ cluster: site.cluster({ drained: ['1'] }) }))).toEqual([
      'Frontend_Delivery',
    ]);
  });

  test('another image of nginx: nginx and what it is told, and no instance', () => {
    expect(
      changed((site) => {
        site.platform({ nginxImage: 'nginx:1.30.4' });
        site.front();
      }),
    ).toEqual(expect.arrayContaining(['Frontend_Nginx']));
    expect(
      changed((site) => {
        site.platform({ nginxImage: 'nginx:1.30.4' });
        site.front();
      }).filter((name) => /Instance/.test(name)),
    ).toEqual([]);
  });
});

describe('the certificate', () => {
  const uploads = (tls: TlsCertificate) =>
    containersOf(built((site) => site.front({ tls }))).Frontend_Delivery!.upload!;

  test('from files is uploaded by name, for root alone, and noticed when it is renewed', () => {
    const [configuration, ...files] = uploads(TlsCertificate.fromFiles('tls/a.pem', '/k.pem'));
    expect(configuration!.file).toBe('/aiwm-release/nginx.conf');
    expect(files).toEqual([
      {
        file: '/aiwm-release/tls/certificate.pem',
        source: '../../../tls/a.pem',
        source_hash: '${filesha256("../../../tls/a.pem")}',
        permissions: '0600',
      },
      {
        file: '/aiwm-release/tls/key.pem',
        source: '/k.pem',
        source_hash: '${filesha256("/k.pem")}',
        permissions: '0600',
      },
    ]);
  });

  test('of its own is made where it is used, for the names of the front', () => {
    const stack = built((site) => site.front({ alternativeNames: ['www.example.org'] }));
    const { Frontend_Delivery: delivery } = containersOf(stack);
    expect(delivery!.upload).toHaveLength(1);
    expect(delivery!.entrypoint!.at(-1)).toContain(
      "names='DNS:chat.example.org,DNS:www.example.org'",
    );
  });

  test('of somebody else is not asked for', () => {
    const stack = built((site) => {
      site.platform({ publish: { address: '127.0.0.1' } });
      site.front({ tls: TlsCertificate.terminatedUpstream() });
    });
    const { Frontend_Delivery: delivery } = containersOf(stack);
    expect(delivery!.upload).toHaveLength(1);
    expect(delivery!.entrypoint!.at(-1)).not.toContain('openssl');
  });

  test('nginx.conf is delivered as it is rendered', () => {
    const stack = built((site) => site.front());
    expect(containersOf(stack).Frontend_Delivery!.upload![0]!.content).toBe(stack.configuration());
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

  test('no value is in what is synthesized, only where it is found', () => {
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

  test('an expression that reads one is in no name, label, command or check, as no hash may tell it', () => {
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

  test('a password that is made stays what it is', () => {
    const [made] = Object.entries(everything().resources('terraform_data')).filter(([name]) =>
      name.startsWith('Backplane_Password'),
    );
    expect(made![1]).toMatchObject({
      triggers_replace: { password: '${sensitive(uuid())}' },
      lifecycle: { ignore_changes: ['triggers_replace'] },
    });
  });

  test('another value is another generation, although nobody is told which', () => {
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

describe('the images', () => {
  const imagesOf = (props: DockerPlatformProps = {}, engine?: RedisEngine) => {
    const { Frontend_Nginx: nginx, Backplane_Redis: redis } = containersOf(
      built((site) => {
        site.platform(props);
        site.all({}, {}, { engine });
      }),
    );
    return { nginx: nginx!.image, redis: redis!.image };
  };

  test.each<[DockerPlatformProps, RedisEngine | undefined, Record<string, string>]>([
    [{}, undefined, { nginx: 'nginx:1.30', redis: 'redis:7.4' }],
    [{}, RedisEngine.VALKEY, { nginx: 'nginx:1.30', redis: 'valkey/valkey:8.1' }],
    [
      {
        nginxImage: 'registry.example:5000/nginx:1.22.1',
        redisImage: 'registry.example/redis:7.2',
      },
      undefined,
      { nginx: 'registry.example:5000/nginx:1.22.1', redis: 'registry.example/redis:7.2' },
    ],
  ])('%j, %s', (props, engine, expected) => {
    expect(imagesOf(props, engine)).toEqual(expected);
  });

  test('Valkey is asked by its own client', () => {
    const { Backplane_Redis: valkey } = containersOf(
      built((site) => site.all({}, {}, { engine: RedisEngine.VALKEY })),
    );
    expect(valkey!.entrypoint!.at(-1)).toContain('exec valkey-server ');
    expect(valkey!.healthcheck!.test.at(-1)).toContain('valkey-cli ping');
  });

  test('what nginx can do goes by the tag, or by the version that is said', () => {
    const traits = (props: DockerPlatformProps) => DockerSite.alone().platform(props).traits;
    expect(traits({ nginxImage: 'nginx:1.22.1-alpine' }).nginxVersion).toBe('1.22.1');
    expect(traits({ nginxImage: 'nginx:stable', nginxVersion: '1.30' }).nginxVersion).toBe('1.30');
    expect(traits({ nginxImage: 'nginx:1.22', nginxVersion: '1.26' }).nginxVersion).toBe('1.26');
  });

  test('an unprivileged one finds what it needs: ports above 1024 and folders of its own', () => {
    const stack = everything({ nginxImage: 'nginxinc/nginx-unprivileged:1.30' });
    const { Frontend_Nginx: nginx } = containersOf(stack);
    expect(nginx!.ports!.map(({ internal }) => internal)).toEqual([8080, 8443]);
    expect(nginx).not.toHaveProperty('user');
    const configuration = stack.configuration();
    expect(configuration).toMatch(/^pid \/tmp\/nginx\.pid;$/m);
    expect(configuration).not.toMatch(/^user /m);
    expect([...configuration.matchAll(/_temp_path ([^;]+);/g)].map(([, path]) => path)).not.toEqual(
      [],
    );
    for (const [, path] of configuration.matchAll(/_temp_path ([^;]+);/g)) {
      expect(path).toMatch(/^\/tmp\//);
    }
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

describe('in the network of its host', () => {
  const stack = everything({
    hostNetwork: true,
    statusPort: 9081,
    publish: { address: '192.0.2.7', https: 8443, http: 8080 },
  });
  const containers = containersOf(stack);

  test('nginx publishes nothing and listens itself, where it may', () => {
    const { Frontend_Nginx: nginx } = containers;
    expect(nginx!.network_mode).toBe('host');
    expect(nginx).not.toHaveProperty('ports');
    expect(nginx).not.toHaveProperty('networks_advanced');
    expect(nginx!.capabilities!.add).toEqual([
      'CAP_CHOWN',
      'CAP_NET_BIND_SERVICE',
      'CAP_SETGID',
      'CAP_SETUID',
    ]);
    expect(stack.configuration()).toContain('listen 192.0.2.7:8443 ssl');
    expect(stack.configuration()).toContain('listen 192.0.2.7:8080');
    expect(stack.configuration()).toContain('listen 127.0.0.1:9081');
    expect(containers.Frontend_Delivery!.entrypoint!.at(-1)).toContain(
      'http://127.0.0.1:9081/release',
    );
  });

  test('an IPv6 address is listened on in brackets', () => {
    expect(everything({ hostNetwork: true, publish: { address: '::' } }).configuration()).toContain(
      'listen [::]:443 ssl',
    );
  });

  test('the others stay in the network of their own', () => {
    for (const name of LONG_RUNNING.filter((each) => each !== 'Frontend_Nginx')) {
      expect(containers[name]).not.toHaveProperty('network_mode');
      expect(containers[name]!.networks_advanced).toHaveLength(1);
    }
  });

  test('clients are told apart by their addresses', () => {
    const balanced = (props: DockerPlatformProps) =>
      built((site) => {
        site.platform(props);
        site.front();
      }).configuration();
    expect(balanced({ hostNetwork: true })).toContain('ip_hash;');
    expect(balanced({ seesClientAddresses: true })).toContain('ip_hash;');
    expect(balanced({})).not.toContain('ip_hash;');
    expect(balanced({ hostNetwork: true, seesClientAddresses: false })).not.toContain('ip_hash;');
  });
});

describe('whether others can reach it', () => {
  test.each([
    [undefined, true],
    ['0.0.0.0', true],
    ['192.0.2.7', true],
    ['127.0.0.1', false],
    ['127.8.0.1', false],
  ])('published on %s: %s', (address, isPublic) => {
    expect(DockerSite.alone().platform({ publish: { address } }).traits.isPublic).toBe(isPublic);
  });

  test.each([
    ['::', true],
    ['::1', false],
  ])('in the network of its host, on %s: %s', (address, isPublic) => {
    const { traits } = DockerSite.alone().platform({ hostNetwork: true, publish: { address } });
    expect(traits.isPublic).toBe(isPublic);
  });
});

describe('the provider', () => {
  const providersOf = (stack: SynthesizedStack) => stack.json.provider!.docker as object[];
  const resources = (stack: SynthesizedStack) =>
    ['docker_container', 'docker_network', 'docker_volume', 'docker_image'].flatMap((type) =>
      Object.values(stack.resources(type)),
    );

  test('is one of its own, which all resources ask for', () => {
    const stack = everything({ host: 'ssh://deploy@host.example' });
    const alias = expect.stringMatching(/^Platform_Provider_[0-9A-F]{8}$/) as string;
    expect(providersOf(stack)).toEqual([{ alias, host: 'ssh://deploy@host.example' }]);
    const [provider] = providersOf(stack) as { alias: string }[];
    expect(new Set(resources(stack).map((each) => each.provider))).toEqual(
      new Set([`docker.${provider!.alias}`]),
    );
  });

  test('has the same alias under another name: what there is can be destroyed', () => {
    const [before, after] = ['chat', '1-talk'].map((name) => providersOf(everything({ name })));
    expect(before).toEqual(after);
  });

  test.each([
    'ssh://deploy@host.example:2222',
    'tcp://host.example:2376',
    'tcp://[fd00::5]:2376',
    'unix:///var/run/docker.sock',
    'npipe:////./pipe/docker_engine',
  ])('%s is an engine', (host) => {
    expect(providersOf(everything({ host }))).toMatchObject([{ host }]);
  });

  test('leaves it to DOCKER_HOST when no engine is named', () => {
    expect(Object.keys(providersOf(everything())[0]!)).toEqual(['alias']);
  });

  test('may be somebody’s own, with what the engine and its registries want', () => {
    const stack = built((site) => {
      const provider = new DockerProvider(site.scope, 'Engine', {
        host: 'tcp://host.example:2376',
        certPath: 'certs',
      });
      expect(site.platform({ provider }).provider).toBe(provider);
      site.all();
    });
    expect(providersOf(stack)).toEqual([{ host: 'tcp://host.example:2376', cert_path: 'certs' }]);
    expect(new Set(resources(stack).map(({ provider }) => provider))).toEqual(new Set(['docker']));
  });

  test('two platforms in one stack keep to themselves', () => {
    const stack = built(({ scope }) => {
      for (const id of ['Blue', 'Green']) {
        const platform = new DockerPlatform(scope, id);
        new AiwmCluster(scope, `${id}Aiwm`, {
          platform,
          service: AiwmService.image('registry.example/aiwm:1'),
        });
      }
    });
    expect(providersOf(stack)).toEqual(
      ['Blue', 'Green'].map((id) => ({
        alias: expect.stringMatching(new RegExp(`^${id}_Provider_`)) as string,
      })),
    );
    const names = resources(stack).map(({ name }) => String(name));
    expect(new Set(names).size).toBe(8);
    const addresses = Object.values(containersOf(stack)).map(addressOf);
    expect(new Set(addresses).size).toBe(6);
  });
});

test('what is synthesized is the same on every machine: no path of this one is in it', () => {
  const { resource } = built((site) =>
    site.all(
      {
        service: AiwmService.buildFrom('examples/chat-service'),
        secrets: { KEY: Secret.fromFile('keys/jwt') },
      },
      { tls: TlsCertificate.fromFiles('a.pem', 'b.pem') },
      { password: Secret.fromFile('password') },
    ),
  ).json;
  const text = JSON.stringify(resource);
  expect(text).not.toContain(process.cwd());
  for (const file of ['keys/jwt', 'password', 'a.pem', 'b.pem', 'examples/chat-service']) {
    expect(text).toContain(`../../../${file}`);
  }
});

test('a platform takes its default name from its place', () => {
  const nameOf = (stackId: string, id: string) => {
    const { network } = new DockerPlatform(new TerraformStack(newApp(), stackId), id);
    return network.nameInput;
  };
  expect(nameOf('Stack', 'Platform')).toMatch(/^stack-platform-10\./);
  expect(nameOf('chat-prod', 'DockerHost')).toMatch(/^chat-prod-docker-host-10\./);
});

function goSeconds(text: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return [...text.matchAll(/([\d.]+)(ms|[hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
    0,
  );
}

/** A text in which something stands for each expression. */
function withoutTemplates(text: string): string {
  return text.replace(/\$\{[^}]*\}/g, 'x');
}
