// Every text that a platform takes, with what a shell, Terraform, nginx, Docker or Systems Manager would read as its own:
// it is refused, with the construct and the property named.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { AiwmService, Errors, TlsCertificate } from 'cdktf-aiwm';
import {
  AwsDnsRouting,
  AwsDnsValidation,
  AwsEntry,
  AwsNetwork,
  type AwsPlatformProps,
} from 'cdktf-aiwm/aws';
import {
  DockerPlatform,
  DockerSwarmPlatform,
  type DockerPlatformProps,
  type DockerSwarmPlatformProps,
} from 'cdktf-aiwm/docker';
import { TerraformStack } from 'cdktf';
import { AwsSite } from '../support/aws/aws-site';
import { DockerSite } from '../support/docker/docker-site';
import { newApp } from '../support/stack/site';

const TEXTS: readonly string[] = [
  '',
  ' ',
  'x; touch /tmp/owned',
  '$(touch /tmp/owned)',
  '`touch /tmp/owned`',
  "x'y",
  'x"y',
  'x\\',
  'x\ny',
  'x\u0000y',
  'x\u2028y',
  '${path.module}',
  'x%{if true}y%{endif}',
  'x{{ .Node.Hostname }}y',
  'x&&y',
  'x|y',
  'x>y',
  '-rm',
  '--config/x',
  '../x',
  '*',
  'é',
  'x'.repeat(5000),
];

/** A property, and what is built with a text in it. */
type Place = readonly [property: string, build: (text: string) => unknown];

const onAws = (property: string, props: (text: string) => Partial<AwsPlatformProps>): Place => [
  property,
  (text) => AwsSite.alone().platform(props(text)),
];

const network = {
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
  privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
};

const AWS: Place[] = [
  onAws('name', (name) => ({ name })),
  onAws('region', (region) => ({ region })),
  onAws('hostedZoneId', (hostedZoneId) => ({ hostedZoneId })),
  onAws('dns.hostedZoneId', (hostedZoneId) => ({ dns: { hostedZoneId } })),
  onAws('dns.validation.hostedZoneId', (text) => ({
    dns: { validation: AwsDnsValidation.zone(text) },
  })),
  onAws('dns.routing.identifier', (identifier) => ({
    dns: { hostedZoneId: 'Z0123456789ABCDEFGHIJ', routing: AwsDnsRouting.latency({ identifier }) },
  })),
  onAws('network.vpcId', (vpcId) => ({ network: { ...network, vpcId } })),
  onAws('network.publicSubnetIds[1]', (text) => ({
    network: { ...network, publicSubnetIds: [network.publicSubnetIds[0]!, text] },
  })),
  onAws('network.privateSubnetIds[1]', (text) => ({
    network: { ...network, privateSubnetIds: [network.privateSubnetIds[0]!, text] },
  })),
  onAws('capacityProvider', (capacityProvider) => ({ capacityProvider })),
  onAws('ecsCluster', (ecsCluster) => ({ ecsCluster })),
  onAws('namespace.id', (id) => ({ namespace: { id, name: 'company.internal' } })),
  onAws('namespace.name', (name) => ({ namespace: { id: 'ns-0123456789abcdef', name } })),
  onAws('taskRole', (taskRole) => ({ taskRole })),
  onAws('writablePaths[0]', (text) => ({ writablePaths: [text] })),
  onAws('instanceUser', (instanceUser) => ({ instanceUser })),
  onAws('registryCredentials', (registryCredentials) => ({ registryCredentials })),
  onAws('nginxInstanceType', (nginxInstanceType) => ({ nginxInstanceType })),
  onAws('imageId', (imageId) => ({ imageId })),
  onAws('repositoryArns[0]', (text) => ({ repositoryArns: [text] })),
  onAws('kmsKeyArns[0]', (text) => ({ kmsKeyArns: [text] })),
  onAws('alarmTopicArns[0]', (text) => ({ alarmTopicArns: [text] })),
  onAws('hostDrain', (hostDrain) => ({ hostDrain })),
  onAws('instanceEgress[0].range', (range) => ({ instanceEgress: [{ port: 5432, range }] })),
  onAws('nginxEgress[0].range', (range) => ({ nginxEgress: [{ port: 5432, range }] })),
  onAws('httpsEgress[0].range', (range) => ({ httpsEgress: [{ range }] })),
  onAws('httpsEgress[0].prefixListId', (prefixListId) => ({ httpsEgress: [{ prefixListId }] })),
  onAws('httpsEgress[0].securityGroupId', (text) => ({ httpsEgress: [{ securityGroupId: text }] })),
  onAws('dnsServers[0]', (text) => ({ dnsServers: [text] })),
  onAws('nginxSecurityGroupIds[0]', (text) => ({ nginxSecurityGroupIds: [text] })),
  onAws('instanceSecurityGroupIds[0]', (text) => ({ instanceSecurityGroupIds: [text] })),
  ...[AwsEntry.nlb, AwsEntry.alb, AwsEntry.single].map((entry) =>
    onAws('entry.allowedRanges[0]', (text) => ({ entry: entry({ allowedRanges: [text] }) })),
  ),
  onAws('entry.idleTimeout', (idleTimeout) => ({ entry: AwsEntry.nlb({ idleTimeout }) })),
  onAws('entry.idleTimeout', (idleTimeout) => ({ entry: AwsEntry.alb({ idleTimeout }) })),
  onAws('entry.webAclArn', (webAclArn) => ({ entry: AwsEntry.alb({ webAclArn }) })),
  [
    'platform.redis.nodeType',
    (nodeType) => {
      const site = AwsSite.alone();
      site.platform({ redis: { nodeType } });
      return site.backplane();
    },
  ],
  ['tls.certificateArn', (text) => AwsSite.alone().front({ tls: TlsCertificate.acm(text) })],
  ['tls.secretArn', (text) => AwsSite.alone().front({ tls: TlsCertificate.fromSecret(text) })],
  ['service.image', (text) => AwsSite.alone().cluster({ service: AiwmService.image(text) })],
  ...(['name', 'range'] as const).map((property): Place => [
    property,
    (text) => {
      const { scope } = AwsSite.alone();
      const provider = new AwsProvider(scope, 'Provider', { region: 'eu-central-1' });
      return new AwsNetwork(scope, 'Network', { provider, [property]: text });
    },
  ]),
];

const scope = () => new TerraformStack(newApp(), 'Stack');

const on =
  <Props>(make: (scope: TerraformStack, props: Props) => unknown) =>
  (property: string, props: (text: string) => Props): Place => [
    property,
    (text) => make(scope(), props(text)),
  ];

const onDocker = on<DockerPlatformProps>((at, props) => new DockerPlatform(at, 'Platform', props));

const DOCKER: Place[] = [
  onDocker('name', (name) => ({ name })),
  onDocker('host', (host) => ({ host })),
  onDocker('subnet', (subnet) => ({ subnet })),
  onDocker('nginxImage', (nginxImage) => ({ nginxImage })),
  onDocker('publish.address', (address) => ({ publish: { address } })),
  [
    'nginxVersion',
    (nginxVersion) => {
      const site = DockerSite.alone();
      site.platform({ nginxVersion });
      return site.front();
    },
  ],
  ['service.image', (text) => DockerSite.alone().cluster({ service: AiwmService.image(text) })],
  [
    'redisImage',
    (redisImage) => {
      const site = DockerSite.alone();
      site.platform({ redisImage });
      return site.backplane();
    },
  ],
  [
    'platform.writableFolders[0]',
    (text) => {
      const site = DockerSite.alone();
      site.platform({ writableFolders: [text] });
      return site.cluster();
    },
  ],
];

const onSwarm = on<DockerSwarmPlatformProps>(
  (at, props) => new DockerSwarmPlatform(at, 'Platform', props),
);

const SWARM: Place[] = [
  onSwarm('name', (name) => ({ name })),
  onSwarm('host', (host) => ({ host })),
  onSwarm('subnet', (subnet) => ({ subnet })),
  onSwarm('nginxImage', (nginxImage) => ({ nginxImage })),
  onSwarm('frontConstraints[0]', (text) => ({ frontConstraints: [text] })),
  onSwarm('frontDrain', (frontDrain) => ({ frontDrain })),
  onSwarm('instanceUser', (instanceUser) => ({ instanceUser })),
  onSwarm('writableFolders[0]', (text) => ({ writableFolders: [text] })),
  onSwarm('monitor', (monitor) => ({ monitor })),
];

describe.each([
  ['AwsPlatform', AWS],
  ['DockerPlatform', DOCKER],
  ['DockerSwarmPlatform', SWARM],
])('%s', (_, places) => {
  test.each(places)('%s', (property, build) => {
    const taken = TEXTS.filter((text) => refusalOf(() => build(text)) !== property);
    expect(taken).toEqual([]);
  });
});

/** The property that was refused; what came instead. */
function refusalOf(build: () => unknown): string | undefined {
  try {
    build();
    return undefined;
  } catch (error) {
    if (!Errors.isValidationError(error)) {
      return String(error);
    }
    return /^\S+: (\S+): /.exec((error as Error).message)?.[1];
  }
}
