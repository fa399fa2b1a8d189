// nginx on DockerPlatform: what a change of the front changes, certificates, images and the network of the host.
import { Balancing, RedisEngine, TlsCertificate } from 'cdktf-aiwm';
import type { DockerPlatformProps } from 'cdktf-aiwm/docker';
import { built, containersOf, DockerSite } from '../../../support/docker/docker-site';
import { LONG_RUNNING, everything } from '../../../support/docker/host-readings';

describe('resources that a change of the front replaces', () => {
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

  test('another image of nginx replaces nginx and its delivery, and no instance', () => {
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

  test('the version of nginx is that of the tag, or the given one', () => {
    const traits = (props: DockerPlatformProps) => DockerSite.alone().platform(props).traits;
    expect(traits({ nginxImage: 'nginx:1.22.1-alpine' }).nginxVersion).toBe('1.22.1');
    expect(traits({ nginxImage: 'nginx:stable', nginxVersion: '1.30' }).nginxVersion).toBe('1.30');
    expect(traits({ nginxImage: 'nginx:1.22', nginxVersion: '1.26' }).nginxVersion).toBe('1.26');
  });

  test('an unprivileged image gets ports above 1024 and writable folders', () => {
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

  test('clients are identified by their addresses', () => {
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
