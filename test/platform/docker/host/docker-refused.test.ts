// Each wrong use of a DockerPlatform with its whole message, as a person reads it.
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  AiwmService,
  Balancing,
  Errors,
  RedisAdapterBackplane,
  Secret,
  TlsCertificate,
  type AiwmClusterProps,
} from 'cdktf-aiwm';
import { DockerPlatform, type DockerPlatformProps, type DockerPublish } from 'cdktf-aiwm/docker';
import { Construct } from 'constructs';
import { DockerSite } from '../../../support/docker/docker-site';
import { refusalOn } from '../../../support/stack/refusal';
import { newApp } from '../../../support/stack/site';
import { temporaryFolder } from '../../../support/machine/temporary-folder';

type Use = (site: DockerSite) => unknown;
type Case = readonly [name: string, property: string, use: Use];

const platform =
  (props: DockerPlatformProps): Use =>
  (site) =>
    site.platform(props);
const publish = (where: DockerPublish): Use => platform({ publish: where });
const cluster =
  (props: Partial<AiwmClusterProps>, of?: DockerPlatformProps): Use =>
  (site) => {
    site.platform(of);
    return site.cluster(props);
  };
/** A value that is known only at apply. */
const late = ({ scope }: DockerSite): TerraformVariable => new TerraformVariable(scope, 'late', {});
const other = () => new TerraformStack(newApp(), 'Other');

const NAMES: Case[] = [
  ['a name in upper case', 'name', platform({ name: 'Chat' })],
  ['a name with a dot', 'name', platform({ name: 'chat.prod' })],
  ['a name that begins with a hyphen', 'name', platform({ name: '-chat' })],
  ['a name that is too long', 'name', platform({ name: 'a'.repeat(41) })],
  ['an empty name', 'name', platform({ name: '' })],
  ['a name of two lines', 'name', platform({ name: 'chat\n' })],
  ['a name known only at apply', 'name', (site) => site.platform({ name: late(site).stringValue })],
  [
    'an id of the stack that makes no name',
    'name',
    () => new DockerPlatform(new TerraformStack(newApp(), 'my_stack'), 'Platform'),
  ],
  [
    'ids that make a name which is too long',
    'name',
    () => new DockerPlatform(new TerraformStack(newApp(), 'a'.repeat(40)), 'Platform'),
  ],
];

const ENGINE: Case[] = [
  ['a host without a scheme', 'host', platform({ host: 'host.example:2376' })],
  ['a host with another scheme', 'host', platform({ host: 'https://host.example' })],
  ['a host with a blank', 'host', platform({ host: 'ssh://deploy@host.example -v' })],
  ['an empty host', 'host', platform({ host: '' })],
  ['a drain that Terraform would not wait for', 'drainTimeout', platform({ drainTimeout: '16m' })],
  [
    'host and provider',
    'host',
    (site) =>
      site.platform({
        host: 'ssh://deploy@host.example',
        provider: new DockerProvider(site.scope, 'Engine'),
      }),
  ],
];

const LISTENERS: Case[] = [
  ['an IPv6 address to publish on', 'publish.address', platform({ publish: { address: '::' } })],
  ['the status page where nginx listens', 'statusPort', platform({ statusPort: 8443 })],
  [
    'the status page on a port of the host that clients use',
    'statusPort',
    platform({ hostNetwork: true, statusPort: 443 }),
  ],
];

const SUBNETS: Case[] = [
  ['a subnet that is too large', 'subnet', platform({ subnet: '10.0.0.0/8' })],
  ['a subnet that is too small', 'subnet', platform({ subnet: '10.0.0.0/24' })],
  ['a subnet that is public', 'subnet', platform({ subnet: '8.8.0.0/16' })],
  ['a subnet that is not aligned', 'subnet', platform({ subnet: '10.0.16.0/16' })],
  ['a subnet by the address of a host', 'subnet', platform({ subnet: '10.0.0.1/16' })],
  ['an IPv6 subnet', 'subnet', platform({ subnet: 'fd00::/64' })],
  [
    'a subnet known only at apply',
    'subnet',
    (site) => site.platform({ subnet: late(site).stringValue }),
  ],
];

const PORTS: Case[] = [
  ['a name to publish on', 'publish.address', publish({ address: 'localhost' })],
  ['an address with a port', 'publish.address', publish({ address: '127.0.0.1:443' })],
  ['an address with a zone', 'publish.address', publish({ address: 'fe80::1%eth0' })],
  ['port 0', 'publish.https', publish({ https: 0 })],
  ['a port above the last', 'publish.http', publish({ http: 65_536 })],
  ['half a port', 'publish.http', publish({ http: 80.5 })],
  ['one port for both', 'publish.http', publish({ https: 8443, http: 8443 })],
  ['the default of the other', 'publish.http', publish({ https: 80 })],
  ['a status port above the last', 'statusPort', platform({ statusPort: 70_000 })],
];

const IMAGES: Case[] = [
  ['an image with a blank', 'nginxImage', platform({ nginxImage: 'nginx :1.30' })],
  ['an image as a URL', 'nginxImage', platform({ nginxImage: 'https://docker.io/nginx:1.30' })],
  ['an empty image', 'nginxImage', platform({ nginxImage: '' })],
  ['a tag without a version', 'nginxVersion', platform({ nginxImage: 'nginx:stable' })],
  ['no tag', 'nginxVersion', platform({ nginxImage: 'registry.example:5000/nginx' })],
  [
    'a digest without a tag',
    'nginxVersion',
    platform({ nginxImage: `nginx@sha256:${'0123456789abcdef'.repeat(4)}` }),
  ],
  [
    'an image of Redis that is none',
    'redisImage',
    (site) => {
      site.platform({ redisImage: 'redis:7.4; reboot' });
      return site.backplane();
    },
  ],
  [
    'an image of the service that is none',
    'service.image',
    cluster({ service: AiwmService.image('registry.example/aiwm:1 4') }),
  ],
];

const SERVICES: Case[] = [
  ['a command', 'service', cluster({ service: AiwmService.command(['node', 'server.js']) })],
  [
    'a folder that is not there',
    'service.buildFolder',
    cluster({ service: AiwmService.buildFrom('services/none') }),
  ],
  [
    'a folder without a Dockerfile',
    'service.buildFolder',
    cluster({ service: AiwmService.buildFrom('examples') }),
  ],
  [
    'a Dockerfile that is not there',
    'service.buildFolder',
    cluster({
      service: AiwmService.buildFrom('examples/chat-service', { dockerfile: 'Dockerfile.prod' }),
    }),
  ],
  ['an empty folder', 'service.buildFolder', cluster({ service: AiwmService.buildFrom('') })],
  [
    'an empty Dockerfile',
    'service.dockerfile',
    cluster({ service: AiwmService.buildFrom('examples/chat-service', { dockerfile: '' }) }),
  ],
  [
    'an empty folder to write to',
    'platform.writableFolders[0]',
    cluster({}, { writableFolders: [''] }),
  ],
  [
    'a folder to write to, twice',
    'platform.writableFolders[1]',
    cluster({}, { writableFolders: ['/tmp', '/tmp'] }),
  ],
  // Docker wants the path of a mount from the root on.
  [
    'a folder to write to that is relative',
    'platform.writableFolders[0]',
    cluster({}, { writableFolders: ['cache'] }),
  ],
  ...['/', '/dev/shm', '/a/../b', '/tmp/'].map((folder): Case => [
    `a folder to write to that is ${folder}`,
    'platform.writableFolders[0]',
    cluster({}, { writableFolders: [folder] }),
  ]),
  ['less memory than Docker gives', 'limits.memory', cluster({ limits: { memory: '1k' } })],
  ['less of a processor than Docker gives', 'limits.cpu', cluster({ limits: { cpu: 0.001 } })],
];

const SECRETS: Case[] = [
  [
    'a secret from the environment',
    'secrets.TOKEN',
    cluster({ secrets: { TOKEN: Secret.fromEnvironment('CHAT_TOKEN') } }),
  ],
  [
    'a secret of another platform',
    'secrets.TOKEN',
    cluster({ secrets: { TOKEN: Secret.ofPlatform('vault', 'chat/token') } }),
  ],
  [
    'a secret that is nowhere',
    'secrets.TOKEN',
    cluster({ secrets: { TOKEN: Secret.fromFile('') } }),
  ],
  [
    'a password from the environment',
    'password',
    (site) => site.backplane({ password: Secret.fromEnvironment('REDIS_PASSWORD') }),
  ],
  [
    'a URL from the environment',
    'secrets.REDIS_URL',
    (site) =>
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          secret: Secret.fromEnvironment('REDIS_URL'),
        }),
      }),
  ],
  [
    'a certificate that is nowhere',
    'tls.certificateFile',
    (site) => site.front({ tls: TlsCertificate.fromFiles('', 'key.pem') }),
  ],
  [
    'a key that is nowhere',
    'tls.keyFile',
    (site) => site.front({ tls: TlsCertificate.fromFiles('certificate.pem', '') }),
  ],
];

const PLACES: Case[] = [
  [
    'two fronts',
    'platform',
    (site) => {
      const { platform: shared } = site.cluster({ instances: 1 });
      const [one, two] = ['One', 'Two'].map((id) => new DockerSite(new Construct(site.scope, id)));
      const front = { cluster: undefined, platform: shared };
      one!.front({ ...front, cluster: one!.cluster({ platform: shared }) });
      return two!.front({ ...front, cluster: two!.cluster({ platform: shared }) });
    },
  ],
  [
    'two Redis',
    'platform',
    (site) => {
      site.backplane();
      return new RedisAdapterBackplane(site.scope, 'Other', { platform: site.platform() });
    },
  ],
  [
    'instances on a platform of another stack',
    'platform',
    (site) => site.cluster({ platform: new DockerPlatform(other(), 'Platform') }),
  ],
  [
    'a Redis on a platform of another stack',
    'platform',
    (site) => site.backplane({ platform: new DockerPlatform(other(), 'Platform') }),
  ],
  [
    'a front on a platform of another stack',
    'platform',
    (site) =>
      site.front({
        cluster: site.cluster(),
        platform: new DockerPlatform(other(), 'Platform'),
      }),
  ],
];

const FRONTS: Case[] = [
  [
    'ip_hash where all clients have one address',
    'balancing',
    (site) => site.front({ balancing: Balancing.ipHash() }),
  ],
  ['no TLS where others can reach it', 'tls', (site) => site.front({ tls: undefined })],
];

describe.each([
  ['names', NAMES],
  ['the engine', ENGINE],
  ['subnets', SUBNETS],
  ['ports', PORTS],
  ['where nginx listens', LISTENERS],
  ['images', IMAGES],
  ['services', SERVICES],
  ['secrets', SECRETS],
  ['places', PLACES],
  ['fronts', FRONTS],
])('%s', (_, cases) => {
  test.each(cases)('%s', (_name, property, use) => {
    const error = refusalOn(DockerSite.alone(), use);
    expect(Errors.isValidationError(error)).toBe(true);
    expect(error).toMatchObject({ property, constructPath: expect.any(String) });
    expect(error.message).toContain(`: ${property}: `);
    expect(error.message).toMatchSnapshot();
  });
});

describe('without @cdktf/provider-docker', () => {
  const binding = '@cdktf/provider-docker/lib/container';
  const failWith = (error: Error) =>
    jest.doMock(binding, () => {
      throw error;
    });
  // Loaded anew, as a program would that has none of it yet.
  const platformThrows = () => {
    let error: Error | undefined;
    jest.isolateModules(() => {
      error = refusalOn(DockerSite.alone(), ({ scope }) => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- with the mock of this test
        const library = require('cdktf-aiwm/docker') as typeof import('cdktf-aiwm/docker');
        return new library.DockerPlatform(scope, 'Platform');
      });
    });
    return error!;
  };
  afterEach(() => {
    jest.dontMock(binding);
  });

  test('the message says what to install', () => {
    failWith(
      Object.assign(new Error(`Cannot find module '${binding}'`), { code: 'MODULE_NOT_FOUND' }),
    );
    expect(platformThrows().message).toMatchSnapshot();
  });

  test('an error inside the package is passed on unchanged', () => {
    failWith(new Error('its own fault'));
    expect(platformThrows().message).toBe('its own fault');
  });

  test('the library can be loaded, as it is needed for no other platform', () => {
    failWith(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' }));
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- with the mock of this test
      const library = require('cdktf-aiwm/docker') as typeof import('cdktf-aiwm/docker');
      expect(library.DockerPlatform).toBeDefined();
    });
  });
});

// A folder that a test makes is on this machine alone; its path must be in no snapshot.
test('an empty folder is reported by its path', () => {
  const folder = temporaryFolder('empty');
  expect(() => DockerSite.alone().cluster({ service: AiwmService.buildFrom(folder) })).toThrow(
    `there is no Dockerfile in "${folder}"`,
  );
});
