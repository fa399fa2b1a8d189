// What a stack with a DockerPlatform becomes: what may reach what, and who may do what.
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack } from 'cdktf';
import { AiwmCluster, AiwmService, Secret, TlsCertificate } from 'cdktf-aiwm';
import { DockerPlatform } from 'cdktf-aiwm/docker';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { built, containersOf, DockerSite } from '../../../support/docker/docker-site';
import { newApp } from '../../../support/stack/site';
import {
  INSTANCES,
  LONG_RUNNING,
  everything,
  clustered,
  addressOf,
  generationOf,
  environmentOf,
  only,
} from '../../../support/docker/host-readings';

describe('reachability', () => {
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

  test('nginx receives the addresses of the instances, not those that the next plan draws', () => {
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

  test('the instances receive the URL of Redis', () => {
    for (const name of INSTANCES) {
      expect(new URL(withoutTemplates(environmentOf(containers[name]!).REDIS_URL!))).toMatchObject({
        protocol: 'redis:',
        hostname: `backplane-${generationOf(containers.Backplane_Redis!)}`,
        port: '6379',
      });
    }
  });
});

describe('capabilities', () => {
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

  test('only nginx and its delivery have capabilities', () => {
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

  test('keeps its alias under another name, so that existing resources can be destroyed', () => {
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

test('the synthesized stack contains no path of this machine', () => {
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

test('the default name of a platform is derived from its path', () => {
  const nameOf = (stackId: string, id: string) => {
    const { network } = new DockerPlatform(new TerraformStack(newApp(), stackId), id);
    return network.nameInput;
  };
  expect(nameOf('Stack', 'Platform')).toMatch(/^stack-platform-10\./);
  expect(nameOf('chat-prod', 'DockerHost')).toMatch(/^chat-prod-docker-host-10\./);
});

/** A text in which something stands for each expression. */
function withoutTemplates(text: string): string {
  return text.replace(/\$\{[^}]*\}/g, 'x');
}
