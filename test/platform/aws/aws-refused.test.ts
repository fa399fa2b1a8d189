// What AwsPlatform refuses: the meaning first, then the message, word for word.
import {
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  RedisEngine,
  Secret,
  TlsCertificate,
  Upstream,
  type AiwmClusterProps,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import {
  AwsEntry,
  AwsNetwork,
  type AwsEgress,
  type AwsNetworkProps,
  type AwsPlatformProps,
  type CpuArchitecture,
} from 'cdktf-aiwm/aws';
import { LocalPlatform } from 'cdktf-aiwm/local';
import { Fn, TerraformVariable, Token } from 'cdktf';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Construct } from 'constructs';
import { AwsSite, CERTIFICATE, TLS_SECRET } from '../../support/aws/aws-site';
import { refusalOn } from '../../support/stack/refusal';
import { servers } from '../../support/stack/site';

const refusal = (build: (site: AwsSite) => unknown): string =>
  refusalOn(AwsSite.alone(), build).message;

const platform = (props: Partial<AwsPlatformProps>) => refusal((site) => site.platform(props));
const front = (props: Partial<NginxWsFrontendProps>, on: Partial<AwsPlatformProps> = {}) =>
  refusal((site) => {
    site.platform(on);
    return site.front(props);
  });
const cluster = (props: Partial<AiwmClusterProps>) => refusal((site) => site.cluster(props));

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

const NETWORK = {
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
  privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
};
const network = (change: Partial<typeof NETWORK>) => ({ network: { ...NETWORK, ...change } });

function says(message: string, path: string, property: string): void {
  expect(message.startsWith(`Stack/${path}: ${property}: `) ? property : message).toBe(property);
  expect(message).toMatchSnapshot();
}

const tags = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, 'x']));

describe('properties of the platform', () => {
  test('values at the limits are accepted', () => {
    const ranges = ['10.0.0.0/8', '10.0.0.5', '10.0.0.5/32', '10.128.0.0/9', '0.0.0.0/0'];
    ranges.push('fd00::/8', 'fd00:0:0:1::/64', 'fd00::5/128', '::/0', '::ffff:10.0.0.0/104');
    const entry = AwsEntry.nlb({ allowedRanges: ranges, ipv6: true, proxyProtocol: true });
    const key = 'Cost center: a/b=c+d-e@f_g.h'.padEnd(128, 'ä');
    const site = AwsSite.alone();
    const more = { [key]: ' '.padEnd(256, 'é'), empty: '' };
    expect(() =>
      site.platform({
        entry,
        tags: { ...tags(38), ...more },
        instanceEgress: [
          { port: 443, range: '::/0' },
          { port: 80, range: '0.0.0.0/0' },
          { port: 443, range: '10.0.0.0/8' },
        ],
      }),
    ).not.toThrow();
  });

  test.each<[string, Partial<AwsPlatformProps>]>([
    ['network.vpcId', network({ vpcId: 'my-vpc' })],
    ['network.publicSubnetIds[0]', network({ publicSubnetIds: ['a', 'b'] })],
    ['network.publicSubnetIds', network({ publicSubnetIds: ['subnet-0a1b2c3d4e5f60711'] })],
    ['network.privateSubnetIds', network({ privateSubnetIds: ['subnet-0a1b2c3d4e5f60721'] })],
    [
      'network.privateSubnetIds',
      { ...network({ privateSubnetIds: [] }), entry: AwsEntry.single() },
    ],
    [
      'network.privateSubnetIds[1]',
      network({ privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60721'] }),
    ],
    ['region', { region: 'Frankfurt' }],
    ['name', { name: 'Chat Room' }],
    ['name', { name: 'internal-chat' }],
    ['hostedZoneId', { hostedZoneId: 'example.org' }],
    ['cpuArchitecture', { cpuArchitecture: 'arm' as CpuArchitecture }],
    ['capacityProvider', { capacityProvider: 'FARGATE SPOT' }],
    ['capacityProvider', { capacityProvider: 'fargate' }],
    ['ecsCluster', { ecsCluster: 'company' }],
    ['ecsCluster', { ecsCluster: 'arn:aws:ecs:us-east-1:123456789012:cluster/company' }],
    [
      'containerInsights',
      {
        ecsCluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/company',
        containerInsights: true,
      },
    ],
    ['namespace.id', { namespace: { id: 'company', name: 'company.internal' } }],
    ['namespace.name', { namespace: { id: 'ns-0123456789abcdef', name: 'Company' } }],
    ['taskRole', { taskRole: 'chat' }],
    ['writablePaths[0]', { writablePaths: ['tmp'] }],
    ['instanceUser', { instanceUser: 'node' }],
    ['rollout.batchSize', { rollout: { batchSize: 0 } }],
    ['registryCredentials', { registryCredentials: 'docker.io' }],
    ['nginxInstanceType', { nginxInstanceType: 'small' }],
    ['imageId', { imageId: 'al2023' }],
    ['nginxVersion', { nginxVersion: '1.26' }],
    ['nginxVersion', { nginxVersion: '1.30.4' }],
    ['entry.maxHostAge', { entry: AwsEntry.nlb({ maxHostAge: '12h' }) }],
    ['entry.maxHostAge', { entry: AwsEntry.alb({ maxHostAge: '400d' }) }],
    ['firstBoot[0]', { firstBoot: ['dnf install -y\nrm -rf /'] }],
    ['firstBoot[1]', { firstBoot: ['set -u', 'TOKEN=${aws_ssm_parameter.token.value}'] }],
    ['firstBoot[0]', { firstBoot: [Fn.rawString('TOKEN=${TOKEN:-none}')] }],
    [
      'network.privateSubnetIds',
      network({ privateSubnetIds: Token.asList('${module.vpc.private_subnets}') }),
    ],
    ['repositoryArns[0]', { repositoryArns: ['aiwm'] }],
    ['kmsKeyArns[0]', { kmsKeyArns: ['alias/chat'] }],
    ['encryptionKeyArn', { encryptionKeyArn: 'alias/chat' }],
    ['encryptionKeyArn', { encryptionKeyArn: KEY.replace('eu-central-1', 'eu-west-1') }],
    ['permissionsBoundaryArn', { permissionsBoundaryArn: 'developers' }],
    ['rolePath', { rolePath: 'team/chat' }],
    ['alarmTopicArns[0]', { alarmTopicArns: ['arn:aws:sns:us-east-1:123456789012:ops'] }],
    ['alarmTopicArns[0]', { alarmTopicArns: ['ops@example.org'] }],
    ['hostDrain', { hostDrain: '7d' }],
    ['statusPort', { statusPort: 8443 }],
    ['statusPort', { statusPort: 443, entry: AwsEntry.single() }],
    ['logRetentionDays', { logRetentionDays: 31 }],
    ['tags.Name', { tags: { Name: 'chat' } }],
    ['tags.AWS:owner', { tags: { 'AWS:owner': 'chat' } }],
    ['tags', { tags: { ['a'.repeat(129)]: 'chat' } }],
    ['tags', { tags: { '': 'chat' } }],
    ['tags', { tags: { 'cost, center': 'chat' } }],
    ['tags.a', { tags: { a: 'a'.repeat(257) } }],
    ['tags.a', { tags: { a: 'one, two' } }],
    ['tags', { tags: tags(41) }],
    ['instanceEgress[0].range', { instanceEgress: [{ port: 5432, range: 'database' }] }],
    // Open anyway, and AWS has no rule twice.
    ['instanceEgress[0]', { instanceEgress: [{ port: 443, range: '0.0.0.0/0' }] }],
    [
      'instanceEgress[1]',
      {
        instanceEgress: [
          { port: 5432, range: 'fd00::/8' },
          { port: 5432, range: 'FD00:0::/8' },
        ],
      },
    ],
    ['nginxEgress[0]', { nginxEgress: [{ port: 443, range: '0.0.0.0/0' }] }],
    [
      'nginxEgress[1]',
      {
        nginxEgress: [
          { port: 3003, range: '10.0.0.5' },
          { port: 3003, range: '10.0.0.5/32' },
        ],
      },
    ],
    // Bits behind the prefix.
    ['instanceEgress[0].range', { instanceEgress: [{ port: 5432, range: '10.0.0.5/8' }] }],
    ['instanceEgress[0].range', { instanceEgress: [{ port: 5432, range: 'fd00:0:0:1::/48' }] }],
    ['nginxEgress[0].range', { nginxEgress: [{ port: 5432, range: '192.168.0.128/24' }] }],
    ['nginxEgress[0].range', { nginxEgress: [{ port: 3003, range: 'chat.internal' }] }],
    ['nginxEgress[0].port', { nginxEgress: [{ port: 65_536, range: '10.0.0.0/8' }] }],
    ['instanceEgress[0].port', { instanceEgress: [{ port: 0, range: '10.0.0.0/8' }] }],
  ])('%s', (property, props) => {
    says(platform(props), 'Platform', property);
  });

  test('a provider and a region', () => {
    const message = refusal((site) =>
      site.platform({ provider: new AwsProvider(site.scope, 'Aws', { region: 'eu-west-1' }) }),
    );
    says(message, 'Platform', 'region');
  });
});

describe('the entry', () => {
  test.each<[string, AwsEntry]>([
    ['entry.allowedRanges[0]', AwsEntry.nlb({ allowedRanges: ['everybody'] })],
    ['entry.allowedRanges', AwsEntry.single({ allowedRanges: [] })],
    ['entry.allowedRanges[1]', AwsEntry.alb({ allowedRanges: ['192.0.2.0/24', '10.1.0.0/8'] })],
    [
      'entry.allowedRanges[2]',
      AwsEntry.nlb({ allowedRanges: ['::/0', '10.0.0.0/8', '10.0.0.0/08'] }),
    ],
    ['entry.allowedRanges[0]', AwsEntry.single({ allowedRanges: ['2001:db8::1/32'] })],
    ['entry.idleTimeout', AwsEntry.nlb({ idleTimeout: '7d' })],
    ['entry.minHosts', AwsEntry.nlb({ minHosts: 0 })],
    ['entry.maxHosts', AwsEntry.nlb({ minHosts: 3, maxHosts: 2 })],
    ['entry.connectionsPerHost', AwsEntry.nlb({ connectionsPerHost: 10 })],
    // Dual-stack hides IPv6 clients behind one address, unless the load balancer names them.
    ['entry.ipv6', AwsEntry.nlb({ ipv6: true })],
    ['entry.accessLogs.bucket', AwsEntry.nlb({ accessLogs: { bucket: 's3://logs' } })],
    [
      'entry.accessLogs.prefix',
      AwsEntry.alb({ accessLogs: { bucket: 'company-logs', prefix: '/chat' } }),
    ],
    ['entry.idleTimeout', AwsEntry.alb({ idleTimeout: '2h' })],
    ['entry.webAclArn', AwsEntry.alb({ webAclArn: 'office-only' })],
    [
      'entry.webAclArn',
      AwsEntry.alb({
        webAclArn:
          'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/office/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
      }),
    ],
  ])('%s', (property, entry) => {
    says(platform({ entry }), 'Platform', property);
  });
});

describe('a network of its own', () => {
  const made = (scope: Construct, props: Partial<AwsNetworkProps> = {}) =>
    new AwsNetwork(scope, 'Network', {
      provider: new AwsProvider(scope, 'Aws', { region: 'eu-west-1' }),
      ...props,
    });

  test.each<[string, (site: AwsSite) => Partial<AwsPlatformProps>]>([
    ['a region, which the network has not', ({ scope }) => ({ network: made(scope) })],
    ['that of the environment', ({ scope }) => ({ network: made(scope), region: undefined })],
    [
      'another provider',
      ({ scope }) => ({
        network: made(scope),
        region: undefined,
        provider: new AwsProvider(scope, 'Other', { alias: 'other', region: 'eu-central-1' }),
      }),
    ],
  ])('in a platform with %s', (_, props) => {
    says(
      refusal((site) => site.platform(props(site))),
      'Platform',
      'network',
    );
  });

  test.each([
    ['network', AwsEntry.nlb({ ipv6: true, proxyProtocol: true })],
    ['application', AwsEntry.alb({ ipv6: true })],
  ])('without IPv6 behind a %s load balancer with it', (_, entry) => {
    const inIt = (site: AwsSite, own?: AwsEntry) => {
      const network = made(site.scope);
      const { provider } = network;
      return site.platform({ network, provider, region: undefined, entry: own });
    };
    says(
      refusal((site) => inIt(site, entry)),
      'Platform',
      'entry.ipv6',
    );
    expect(() => inIt(AwsSite.alone())).not.toThrow();
  });

  test.each<[string, Partial<AwsNetworkProps>]>([
    ['tags.Name', { tags: { Name: 'chat' } }],
    ['range', { range: '8.8.0.0/16' }],
    ['zones', { zones: 4 }],
    ['natGateways', { natGateways: 0 }],
    ['natGateways', { zones: 2, natGateways: 3 }],
    ['name', { name: 'Chat' }],
    ['flowLogBucketArn', { flowLogBucketArn: 'company-flow-logs' }],
    ['flowLogBucketArn', { flowLogBucketArn: 'arn:aws:s3:::company-flow-logs/chat' }],
  ])('%s', (property, props) => {
    says(
      refusal(({ scope }) => made(scope, props)),
      'Network',
      property,
    );
  });
});

describe('TLS', () => {
  test.each<[string, string, Partial<NginxWsFrontendProps>, Partial<AwsPlatformProps>]>([
    ['none', 'tls', { tls: undefined }, {}],
    [
      'files, whose key would be in the state',
      'tls',
      { tls: TlsCertificate.fromFiles('a', 'b') },
      {},
    ],
    ['self-signed', 'tls', { tls: TlsCertificate.selfSigned() }, {}],
    ['ACM without a load balancer', 'tls', {}, { entry: AwsEntry.single() }],
    [
      'a key for nginx behind a load balancer that speaks TLS',
      'tls',
      { tls: TlsCertificate.fromSecret(TLS_SECRET) },
      { entry: AwsEntry.alb() },
    ],
    ['a new certificate without a zone', 'tls', { tls: TlsCertificate.acm() }, {}],
    ['a certificate by its name', 'tls.certificateArn', { tls: TlsCertificate.acm('chat') }, {}],
    ['a secret by its name', 'tls.secretArn', { tls: TlsCertificate.fromSecret('chat') }, {}],
  ])('%s', (_, property, props, on) => {
    says(front(props, on), 'Frontend', property);
  });

  describe('of another region', () => {
    const elsewhere = (arn: string) => arn.replace('eu-central-1', 'us-east-1');
    const kinds: [string, TlsCertificate, AwsEntry][] = [
      ['certificateArn', TlsCertificate.acm(elsewhere(CERTIFICATE)), AwsEntry.nlb()],
      ['certificateArn', TlsCertificate.acm(elsewhere(CERTIFICATE)), AwsEntry.alb()],
      ['secretArn', TlsCertificate.fromSecret(elsewhere(TLS_SECRET)), AwsEntry.nlb()],
      ['secretArn', TlsCertificate.fromSecret(elsewhere(TLS_SECRET)), AwsEntry.single()],
    ];

    test.each(kinds)('%s', (property, tls, entry) => {
      says(front({ tls }, { entry }), 'Frontend', `tls.${property}`);
    });

    test('where the platform has its region from a provider', () => {
      const on = (region: string) => {
        const site = AwsSite.alone();
        const provider = new AwsProvider(site.scope, 'Aws', { region });
        site.platform({ provider, region: undefined });
        return () => site.front({ tls: TlsCertificate.acm(elsewhere(CERTIFICATE)) });
      };
      says(refusal(on('eu-west-1')), 'Frontend', 'tls.certificateArn');
      expect(on('us-east-1')).not.toThrow();
    });

    test('a value known only at apply is left to AWS', () => {
      const late = (site: AwsSite) => new TerraformVariable(site.scope, 'late', {}).stringValue;
      const site = AwsSite.alone();
      site.platform({ region: late(site) });
      expect(() => site.front()).not.toThrow();
      const other = AwsSite.alone();
      expect(() => other.front({ tls: TlsCertificate.acm(late(other)) })).not.toThrow();
      const environment = AwsSite.alone();
      environment.platform({ region: undefined });
      expect(() => environment.front()).not.toThrow();
    });
  });

  test('a certificate of AWS elsewhere', () => {
    const message = refusal((site) =>
      site.front({
        cluster: undefined,
        platform: new LocalPlatform(site.scope, 'Local'),
        upstream: servers(['10.0.0.1:3003']),
        tls: TlsCertificate.acm(CERTIFICATE),
      }),
    );
    expect(message).toContain('is not possible on LocalPlatform');
  });
});

describe('silence', () => {
  test('a heartbeat that the load balancer does not wait for, where it speaks TLS', () => {
    const message = refusal((site) =>
      site.front({ cluster: site.cluster({ heartbeat: { interval: '5m', timeout: '50s' } }) }),
    );
    says(message, 'Frontend', 'heartbeat');
    expect(message).toContain('350s');
  });

  test('the same at an application load balancer, which can wait longer', () => {
    const message = refusal((site) => {
      site.platform({ entry: AwsEntry.alb({ idleTimeout: '45s' }) });
      return site.front();
    });
    says(message, 'Frontend', 'heartbeat');
    expect(message).toContain('increase entry: AwsEntry.alb({ idleTimeout }) at Stack/Platform');
  });

  test('the same where TLS goes through', () => {
    const message = refusal((site) => {
      site.platform({ entry: AwsEntry.nlb({ idleTimeout: '60s' }) });
      return site.front({
        cluster: site.cluster({ heartbeat: { interval: '40s', timeout: '20s' } }),
        tls: TlsCertificate.fromSecret(TLS_SECRET),
      });
    });
    says(message, 'Frontend', 'heartbeat');
    expect(message).toContain('increase entry: AwsEntry.nlb({ idleTimeout }) at Stack/Platform');
  });
});

describe('servers that nginx may not connect to', () => {
  const before = (address: string, ...nginxEgress: AwsEgress[]) => {
    const site = AwsSite.alone();
    site.platform({ nginxEgress });
    const late = new TerraformVariable(site.scope, 'late', {}).stringValue;
    return () =>
      new NginxWsFrontend(site.scope, 'Frontend', {
        platform: site.platform(),
        upstream: servers([address.replace('<late>', late)]),
        serverName: 'chat.example.org',
        tls: TlsCertificate.acm(CERTIFICATE),
      });
  };

  test.each<[string, AwsEgress[]]>([
    ['10.0.1.5:3003', []],
    ['10.0.1.5:3003', [{ port: 3004, range: '10.0.0.0/16' }]],
    ['10.0.1.5:3003', [{ port: 3003, range: '10.0.2.0/24' }]],
    ['10.0.1.5:3003', [{ port: 3003, range: '10.0.1.4' }]],
    ['[fd00::5]:3003', [{ port: 3003, range: '10.0.0.0/16' }]],
    // What all hosts may connect to is IPv4.
    ['[fd00::5]:443', []],
    ['chat.internal:3003', [{ port: 3004, range: '10.0.0.0/16' }]],
    ['<late>:3003', []],
  ])('%s', (address, egress) => {
    says(refusal(before(address, ...egress)), 'Frontend', 'upstream');
  });

  test.each<[string, AwsEgress[]]>([
    ['10.0.1.5:3003', [{ port: 3003, range: '10.0.0.0/16' }]],
    ['10.0.1.5:3003', [{ port: 3003, range: '10.0.1.5' }]],
    ['[fd00::5]:3003', [{ port: 3003, range: 'fd00::/8' }]],
    ['10.0.1.5:443', []],
    ['chat.internal:3003', [{ port: 3003, range: '10.0.0.0/16' }]],
    ['<late>:3003', [{ port: 3003, range: '10.0.0.0/16' }]],
    ['<late>', []],
    ['127.0.0.1:3003', []],
    ['[::1]:3003', []],
    ['unix:/run/chat.sock', []],
  ])('%s may be', (address, egress) => {
    expect(before(address, ...egress)).not.toThrow();
  });

  test('not one that is out of service, and not the instances of the platform', () => {
    const site = AwsSite.alone();
    expect(() => site.front()).not.toThrow();
    const other = AwsSite.alone();
    const upstream = Upstream.servers(['10.0.1.5:443', { address: '10.0.1.6:3003', down: true }]);
    expect(() =>
      other.front({ cluster: undefined, platform: other.platform(), upstream }),
    ).not.toThrow();
  });
});

test('access logs of a load balancer that sees no TLS', () => {
  const entry = AwsEntry.nlb({ accessLogs: { bucket: 'company-logs' } });
  const tls = TlsCertificate.fromSecret(TLS_SECRET);
  says(front({ tls }, { entry }), 'Frontend', 'platform.entry.accessLogs');
});

describe('room for fewer connections than the threshold of scaling', () => {
  test.each([
    ['at a network load balancer', AwsEntry.nlb({ connectionsPerHost: 15_000 }), 14_999, 15_000],
    ['at an application load balancer', AwsEntry.alb(), 10_000, 20_000],
  ])('%s', (_, entry, expectedConnections, enough) => {
    says(front({ expectedConnections }, { entry }), 'Frontend', 'expectedConnections');
    const site = AwsSite.alone();
    site.platform({ entry });
    expect(() => site.front({ expectedConnections: enough })).not.toThrow();
  });
});

test('a PROXY protocol that the load balancer of the platform does not speak', () => {
  says(front({ proxyProtocol: true, trustedProxies: ['10.0.0.0/8'] }), 'Frontend', 'proxyProtocol');
});

describe('services', () => {
  test.each<[string, AiwmService]>([
    ['a command', AiwmService.command(['node', 'server.js'])],
    ['a folder to build', AiwmService.buildFrom('examples/chat-service')],
  ])('%s', (_, service) => {
    says(cluster({ service }), 'Aiwm', 'service');
  });

  test('first boot longer than AWS accepts', () => {
    const message = refusal((site) => {
      site.platform({ firstBoot: Array<string>(10).fill(`echo ${'a'.repeat(2000)}`) });
      return site.front();
    });
    // How long the platform's own part is does not matter here.
    says(message.replace(/\b\d+ bytes, /, '<n> bytes, '), 'Frontend', 'platform.firstBoot');
  });
});

describe('secrets', () => {
  test.each<[string, Secret]>([
    ['in a file', Secret.fromFile('key')],
    ['in the environment', Secret.fromEnvironment('KEY')],
    ['by a name', Secret.fromSecretsManager('jwt')],
  ])('%s', (_, secret) => {
    says(cluster({ secrets: { KEY: secret } }), 'Aiwm', 'secrets.KEY');
  });
});

describe('Redis', () => {
  const backplane = (
    props: Partial<RedisAdapterBackplaneProps>,
    on: Partial<AwsPlatformProps> = {},
  ) =>
    refusal((site) => {
      site.platform(on);
      return site.backplane(props);
    });

  test('without TLS', () => {
    const message = refusal((site) =>
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: 'redis://cache.internal:6379',
        }),
      }),
    );
    says(message, 'Aiwm', 'backplane');
  });

  describe('whose host is known only at apply', () => {
    const redis = (site: AwsSite, url: (host: string) => string) => {
      const { stringValue } = new TerraformVariable(site.scope, 'late', {});
      return site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: url(stringValue),
        }),
      });
    };

    test('without TLS', () => {
      says(
        refusal((site) => redis(site, (host) => `redis://${host}:6379`)),
        'Aiwm',
        'backplane',
      );
    });

    test.each(['', ':6379', '/0', ':6379/0'])('at a port that is closed: host%s', (rest) => {
      const message = refusal((site) => redis(site, (host) => `rediss://${host}${rest}`));
      expect(message).toContain(
        'instances may not connect to port 6379, where this Redis listens.',
      );
    });

    test('at a port that is open', () => {
      const site = AwsSite.alone();
      site.platform({ instanceEgress: [{ port: 6380, range: '10.0.0.0/16' }] });
      expect(() => redis(site, (host) => `rediss://${host}:6380/0`)).not.toThrow();
    });
  });

  test('at an address that is in no open range', () => {
    const message = refusal((site) => {
      site.platform({ instanceEgress: [{ port: 6379, range: '10.0.0.0/16' }] });
      return site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: 'rediss://10.1.0.7:6379',
        }),
      });
    });
    says(message, 'Aiwm', 'backplane');
  });

  test('at a port that instances may not connect to', () => {
    const withEgress = (site: AwsSite, ...ports: number[]) => {
      site.platform({ instanceEgress: ports.map((port) => ({ port, range: '10.0.0.0/16' })) });
      return site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: 'rediss://cache.internal:6380',
        }),
      });
    };
    says(
      refusal((site) => withEgress(site, 6379)),
      'Aiwm',
      'backplane',
    );
    expect(() => withEgress(AwsSite.alone(), 6380)).not.toThrow();
  });

  test('by a secret, where instances may connect to nothing but 443', () => {
    const secret = Secret.fromSecretsManager(TLS_SECRET);
    const message = refusal((site) =>
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', { secret }),
      }),
    );
    says(message, 'Aiwm', 'backplane');
  });

  test('options for a Redis that no backplane runs', () => {
    const site = AwsSite.alone();
    const platform = site.platform({ redis: { replicas: 2 } });
    expect(platform.node.validate()).toEqual([
      'redis: has no effect, because no backplane runs a Redis on this platform. Remove it, or run one in this stack: new RedisAdapterBackplane(this, "Backplane", { platform }).',
    ]);
    site.backplane();
    expect(platform.node.validate()).toEqual([]);
  });

  test('a password that Terraform cannot read', () => {
    says(
      backplane({ password: Secret.fromEnvironment('REDIS_PASSWORD') }),
      'Backplane',
      'password',
    );
  });

  test('more memory than the nodes that are known', () => {
    says(backplane({ maxMemory: '64g' }), 'Backplane', 'maxMemory');
  });

  test('nodes and replicas', () => {
    says(
      backplane({}, { redis: { nodeType: 't4g.small' } }),
      'Backplane',
      'platform.redis.nodeType',
    );
    says(backplane({}, { redis: { replicas: 6 } }), 'Backplane', 'platform.redis.replicas');
    says(
      backplane({}, { redis: { maintenanceWindow: 'sunday at 3' } }),
      'Backplane',
      'platform.redis.maintenanceWindow',
    );
  });

  test.each<[string, RedisEngine]>([
    ['6.2', RedisEngine.REDIS],
    ['7.4', RedisEngine.REDIS],
    ['8.0', RedisEngine.REDIS],
    ['7.0', RedisEngine.VALKEY],
    ['8', RedisEngine.VALKEY],
  ])('engineVersion %s of %s', (engineVersion, engine) => {
    const message = backplane({ engine }, { redis: { engineVersion } });
    says(message, 'Backplane', 'platform.redis.engineVersion');
  });

  test.each([
    ['none', { shards: 0 }],
    ['a half', { shards: 1.5 }],
    ['more than AWS has', { shards: 91, replicas: 0 }],
    ['more nodes than AWS has', { shards: 31, replicas: 2 }],
  ])('shards: %s', (_, redis) => {
    says(backplane({}, { redis }), 'Backplane', 'platform.redis.shards');
  });

  test('as many shards as AWS has', () => {
    for (const redis of [
      { shards: 90, replicas: 0 },
      { shards: 45 },
      { shards: 15, replicas: 5 },
    ]) {
      const site = AwsSite.alone();
      site.platform({ redis });
      expect(() => site.backplane()).not.toThrow();
    }
  });
});

test('subnets of a list that is known only at apply are named one by one', () => {
  const list = Token.asList('${module.vpc.private_subnets}');
  const site = AwsSite.alone();
  const subnets = [Fn.element(list, 0), Fn.element(list, 1)];
  site.platform(network({ privateSubnetIds: subnets }));
  expect(() => site.front()).not.toThrow();
});
