import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { Check } from '../../validation/check';
import { resolveDuration } from '../../validation/duration';
import { withAlias } from '../../terraform/provider-alias';
import { resourceName } from '../../terraform/names';
import { PlatformClaims } from '../platform-claims';
import { Secret } from '../../model/secret';
import { TlsKind } from '../../model/tls-certificate';
import type {
  InstancesSpec,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from '../contract';
import type { IPlatform } from '../platform';
import type { ResolvedEntry } from './aws-entry';
import { AwsEntry } from './aws-entry';
import type { HostPlace } from './base/aws-context';
import { AwsPlace } from './base/aws-context';
import { AwsNetwork } from './aws-network';
import type { AwsEgress, AwsPlatformProps } from './aws-platform-props';
import {
  AMI_ID,
  INSTANCE_TYPE,
  KEY_ARN,
  NAME,
  REGION,
  REPOSITORY_ARN,
  SHELL_LINE,
  SUBNET_ID,
  TOPIC_ARN,
  VPC_ID,
  ZONE_ID,
} from './base/text-rules';
import type { AwsBindings } from './base/bindings';
import { loadBindings } from './base/bindings';
import { checkEgress, checkPeers, HTTPS_ANYWHERE } from './network/egress';
import type { Front } from './front/front';
import { runFront } from './front/front';
import { HostImage } from './hosts/host-image';
import { CROWDED } from './monitoring/metrics';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from './base/ports';
import { REDIS_SECRET, runReplicationGroup } from './redis/replication-group';
import { redisAlarms } from './monitoring/redis-alarms';
import { checkRegion } from './base/region';
import { releaseBucket } from './hosts/release-bucket';
import type { Ports } from './network/security-rules';
import { allow, allowTo, lastingGroup, port, rangeId } from './network/security-rules';
import { runSlots } from './instances/instances';
import { checkTags } from './base/tags';

const PLATFORM = 'AwsPlatform';

/** By the load balancer, if any: only a network one lets TLS through, and without one there is nobody to use ACM's. */
const TLS_KINDS = {
  network: [TlsKind.ACM, TlsKind.SECRETS_MANAGER],
  application: [TlsKind.ACM],
  none: [TlsKind.SECRETS_MANAGER],
};

/** The line of nginx.org's packages on the hosts. */
const NGINX_VERSION = '1.30';

/** AWS has fixed it where a network load balancer speaks TLS. */
const TLS_IDLE_SECONDS = 350;

/** What CloudWatch knows. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/**
 * AWS: a network load balancer, a group of hosts with nginx, a host for every instance at an address that outlives it, and
 * ElastiCache. Hosts are reached by nobody: what they run is delivered through S3 and Systems Manager, host by host, and
 * taken back where it fails.
 *
 * @example
 * const platform = new AwsPlatform(this, "Platform", {
 *   network: { vpcId, publicSubnetIds, privateSubnetIds },
 *   region: "eu-central-1",
 *   hostedZoneId: "Z0123456789ABCDEFGHIJ",
 * });
 */
export class AwsPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The provider of all resources. */
  public readonly provider: AwsProvider;
  /** Where hosts get their releases from. */
  public readonly bucket: S3Bucket;
  /** The group of the hosts with nginx. */
  public readonly nginxSecurityGroup: SecurityGroup;
  /** The group of the hosts with instances. */
  public readonly instanceSecurityGroup: SecurityGroup;

  private readonly check: Check = new Check(this);
  private readonly bindings: AwsBindings;
  private readonly place: AwsPlace;
  private readonly entry: ResolvedEntry;
  private readonly hosts: HostPlace;
  private readonly instanceType: string;
  private readonly nginxInstanceType: string;
  private readonly repositoryArns: string[];
  private readonly alarmTopicArns: string[];
  private readonly hostDrainSeconds: number;
  private readonly statusPort: number;
  private readonly trustedProxies: string[];
  private readonly nginxEgress: AwsEgress[];
  private readonly instanceEgress: AwsEgress[];
  private front?: Front;
  private redisGroup?: ElasticacheReplicationGroup;
  private redisUrlVersion?: string;
  private readonly slotHosts: Instance[] = [];

  private readonly claims = new PlatformClaims(this, PLATFORM);

  /** @throws ValidationError naming the property that is wrong */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: AwsPlatformProps,
  ) {
    super(scope, id);
    const { check } = this;
    this.bindings = loadBindings(check);
    this.entry = (props.entry ?? AwsEntry.nlb())._resolve(check);
    this.checkNetwork();
    this.checkOwnNetwork();
    const name = check.text(
      'name',
      props.name ?? `${TerraformStack.of(this).node.id.toLowerCase()}-${resourceName(this)}`,
      NAME,
    );
    this.node.addValidation({ validate: () => this.unusedOptions() });
    this.instanceType = check.text(
      'instanceType',
      props.instanceType ?? 't4g.small',
      INSTANCE_TYPE,
    );
    this.nginxInstanceType = check.text(
      'nginxInstanceType',
      props.nginxInstanceType ?? 't4g.small',
      INSTANCE_TYPE,
    );
    this.repositoryArns = check.texts('repositoryArns', props.repositoryArns ?? [], REPOSITORY_ARN);
    this.hostDrainSeconds = Math.ceil(
      resolveDuration(check, 'hostDrain', props.hostDrain ?? '15m', '30s', '1h').milliseconds /
        1000,
    );
    this.statusPort = this.checkStatusPort();
    this.provider = this.chooseProvider();
    this.alarmTopicArns = check.texts('alarmTopicArns', props.alarmTopicArns ?? [], TOPIC_ARN);
    this.alarmTopicArns.forEach((arn, index) =>
      checkRegion(check, `alarmTopicArns[${index}]`, arn, this.provider),
    );
    const webAclArn = this.entry.balancer?.webAclArn;
    if (webAclArn !== undefined) {
      checkRegion(check, 'entry.webAclArn', webAclArn, this.provider);
    }
    if (props.hostedZoneId !== undefined) {
      check.text('hostedZoneId', props.hostedZoneId, ZONE_ID);
    }
    this.place = new AwsPlace(
      this.bindings,
      this.provider,
      name,
      checkTags(check, props.tags),
      props.network,
    );
    this.bucket = releaseBucket(this, this.place);
    this.nginxSecurityGroup = lastingGroup(
      this,
      'NginxSecurityGroup',
      this.place,
      'nginx',
      'Hosts with nginx.',
    );
    this.instanceSecurityGroup = lastingGroup(
      this,
      'InstanceSecurityGroup',
      this.place,
      'instances',
      'Hosts with instances of the service.',
    );
    this.nginxEgress = checkEgress(check, 'nginxEgress', props.nginxEgress);
    this.instanceEgress = checkEgress(check, 'instanceEgress', props.instanceEgress);
    this.openWaysOut();
    this.trustedProxies = this.balancerAddresses();
    this.hosts = {
      place: this.place,
      bucket: this.bucket,
      image: new HostImage(
        this,
        this.place,
        props.imageId === undefined ? undefined : check.text('imageId', props.imageId, AMI_ID),
      ),
      nginxGroup: this.nginxSecurityGroup,
      instanceGroup: this.instanceSecurityGroup,
      logRetentionDays: this.checkRetention(),
      kmsKeyArns: check.texts('kmsKeyArns', props.kmsKeyArns ?? [], KEY_ARN),
      firstBoot: check
        .list('firstBoot', props.firstBoot ?? [])
        .map((line, index) => check.text(`firstBoot[${index}]`, line, SHELL_LINE)),
    };
    this.traits = {
      name: PLATFORM,
      sharesAddress: false,
      isPublic: true,
      seesClientAddresses: true,
      nginxVersion: NGINX_VERSION,
      tlsKinds: TLS_KINDS[this.entry.balancer?.kind ?? 'none'],
    };
  }

  /** Where names have to lead: the name of the load balancer, or the address of the one host. Undefined without a front. */
  public get entryAddress(): string | undefined {
    return this.front?.entryAddress;
  }

  /** The load balancer of the front; undefined without one. */
  public get loadBalancer(): Lb | undefined {
    return this.front?.loadBalancer;
  }

  /** The hosts with nginx behind a load balancer; undefined without one. */
  public get nginxGroup(): AutoscalingGroup | undefined {
    return this.front?.group;
  }

  /** The one host with nginx, where there is no load balancer. */
  public get nginxHost(): Instance | undefined {
    return this.front?.host;
  }

  /** The hosts with instances, in order, of all clusters. */
  public get instanceHosts(): Instance[] {
    return [...this.slotHosts];
  }

  /** The Redis of the backplane; undefined without one. */
  public get replicationGroup(): ElasticacheReplicationGroup | undefined {
    return this.redisGroup;
  }

  /** @throws ValidationError for a service that is no image, and for a secret that hosts cannot read */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check = this.claims.check(scope);
    const slots = runSlots(scope, check, resourceName(scope), spec, {
      ...this.hosts,
      instanceType: this.instanceType,
      repositoryArns: this.repositoryArns,
      redisUrlVersion: this.redisUrlVersion,
      egress: [HTTPS_ANYWHERE, ...this.instanceEgress],
      letClientsIn: (ports) => this.letClientsIn(ports),
      alarmTopicArns: this.alarmTopicArns,
    });
    this.slotHosts.push(...slots.hosts);
    return {
      addresses: slots.interfaces.map(({ privateIp }) => privateIp),
      dependables: [slots.association],
    };
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    const { balancer } = this.entry;
    const common = {
      pidFile: '/run/aiwm-nginx.pid',
      errorLog: '/var/log/nginx/error.log',
      accessLog: '/var/log/nginx/access.log',
      certificate: 'tls/certificate.pem',
      certificateKey: 'tls/key.pem',
      publicHttpsPort: PUBLIC_HTTPS,
      publicHttpPort: PUBLIC_HTTP,
      statusListen: `127.0.0.1:${this.statusPort}`,
      releaseFile: 'release.conf',
    };
    if (balancer === undefined) {
      return {
        ...common,
        httpsListen: [String(PUBLIC_HTTPS)],
        httpListen: [String(PUBLIC_HTTP)],
      };
    }
    const idleMs = balancer.idleTimeoutSeconds * 1000;
    const entry = {
      terminatedListen: [String(PORTS.terminated)],
      healthListen: String(PORTS.health),
      idleTimeoutMs: idleMs,
      trustedProxies: this.trustedProxies,
      proxyProtocol: balancer.proxyProtocol,
      connectionsPerHost: balancer.connectionsPerHost,
      // Room until the alarm goes off.
      expectedConnections: Math.min(Math.round(CROWDED * balancer.connectionsPerHost), 500_000),
    };
    return balancer.kind === 'network'
      ? {
          ...common,
          httpsListen: [String(PORTS.https)],
          httpListen: [String(PORTS.http)],
          entry: {
            ...entry,
            terminatedIdleTimeoutMs: TLS_IDLE_SECONDS * 1000,
            idleTimeoutProperty: 'entry: AwsEntry.nlb({ idleTimeout })',
            connectionsPerHostProperty: 'entry: AwsEntry.nlb({ connectionsPerHost })',
          },
        }
      : {
          ...common,
          httpsListen: [],
          // It redirects by itself.
          httpListen: [],
          entry: {
            ...entry,
            terminatedIdleTimeoutMs: idleMs,
            idleTimeoutProperty: 'entry: AwsEntry.alb({ idleTimeout })',
            connectionsPerHostProperty: 'entry: AwsEntry.alb({ connectionsPerHost })',
            reuseTimeoutMs: idleMs,
          },
        };
  }

  /** @throws ValidationError for a second front, and for one before servers that its hosts may not connect to */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    const check = this.claims.only('front', scope);
    checkPeers(check, spec.foreignPeers, [HTTPS_ANYWHERE, ...this.nginxEgress]);
    this.front = runFront(scope, check, spec, {
      ...this.hosts,
      entry: this.entry,
      ownImage: this.props.imageId !== undefined,
      instanceType: this.nginxInstanceType,
      nginxVersion: NGINX_VERSION,
      statusPort: this.statusPort,
      hostDrainSeconds: this.hostDrainSeconds,
      hostedZoneId: this.props.hostedZoneId,
      alarmTopicArns: this.alarmTopicArns,
    });
    return { dependables: this.front.dependables };
  }

  /** @throws ValidationError for a second Redis, and for a password that Terraform cannot read */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const check = this.claims.only('Redis', scope);
    // An older one would put the URL of Redis into its state, or end with a word about an unknown argument.
    TerraformStack.of(this).addOverride('terraform.required_version', '>= 1.11.0');
    const redis = runReplicationGroup(
      scope,
      check,
      this.place,
      spec,
      this.props.redis ?? {},
      this.instanceSecurityGroup,
    );
    redisAlarms(scope, this.place, spec.name, redis.nodes, this.alarmTopicArns, this.bucket.region);
    this.redisGroup = redis.group;
    this.redisUrlVersion = redis.urlVersion;
    return {
      url: Secret.ofPlatform(REDIS_SECRET, redis.secret.arn),
      isCluster: redis.isCluster,
      dependables: [redis.group, redis.version],
    };
  }

  /** Once, however many clusters have instances at the same ports: AWS refuses a rule that there is. */
  private letClientsIn(ports: Ports): void {
    const { from, to } = ports;
    const id = from === to ? `Clients${from}` : `Clients${from}To${to}`;
    if (this.node.tryFindChild(id) === undefined) {
      allow(
        this,
        id,
        this.place,
        this.nginxSecurityGroup,
        this.instanceSecurityGroup,
        ports,
        'nginx to instances',
      );
    }
  }

  private checkNetwork(): void {
    const { check, entry } = this;
    const { vpcId, publicSubnetIds, privateSubnetIds } = this.props.network;
    check.text('network.vpcId', vpcId, VPC_ID);
    const [min, why] =
      entry.balancer === undefined
        ? [1, '']
        : [2, ': one zone that fails would take everything along'];
    for (const [property, ids] of [
      ['network.publicSubnetIds', publicSubnetIds],
      ['network.privateSubnetIds', privateSubnetIds],
    ] as const) {
      check.texts(property, ids, SUBNET_ID, { max: 16 });
      if (ids.length < min) {
        check.refuse(property, {
          problem: `${ids.length === 0 ? 'no subnet is' : `only ${ids.length} subnet is`} given${why}`,
          allowed: `${min} to 16 subnets, each in another zone`,
          remedy: min === 1 ? undefined : 'For one zone there is entry: AwsEntry.single().',
        });
      }
    }
  }

  /** What only the whole stack shows. */
  private unusedOptions(): string[] {
    return this.props.redis === undefined || this.redisGroup !== undefined
      ? []
      : [
          'redis: no backplane of this platform runs a Redis that it could be for. Leave it out, or let this stack run one: new RedisAdapterBackplane(this, "Backplane", { platform }).',
        ];
  }

  /** What an `AwsNetwork` is made with is known, and what it has not. */
  private checkOwnNetwork(): void {
    const { check, entry, props } = this;
    if (!(props.network instanceof AwsNetwork)) {
      return;
    }
    if (props.network.provider !== props.provider) {
      check.refuse('network', {
        problem: `${props.network.node.path} is made with another provider, and may be in another region or account`,
        remedy:
          'Give both the same: new AwsPlatform(…, { provider, network: new AwsNetwork(…, { provider }) }).',
      });
    }
    if (entry.balancer?.ipv6) {
      check.refuse('entry.ipv6', {
        problem: `the subnets of ${props.network.node.path} have no IPv6`,
        allowed: 'ipv6 in a network that has it, told by its ids',
      });
    }
  }

  private checkRetention(): number {
    const days = this.props.logRetentionDays ?? 30;
    if (!RETENTION_DAYS.includes(days)) {
      this.check.refuse('logRetentionDays', {
        problem: `${days} is none of the numbers that CloudWatch knows`,
        allowed: RETENTION_DAYS.join(', '),
      });
    }
    return days;
  }

  private checkStatusPort(): number {
    const { check, entry } = this;
    const given = check.integer('statusPort', this.props.statusPort ?? 8081, 1, 65_535);
    const taken = entry.balancer === undefined ? [PUBLIC_HTTP, PUBLIC_HTTPS] : Object.values(PORTS);
    if ((taken as number[]).includes(given)) {
      check.refuse('statusPort', {
        problem: `nginx listens on ${given} already`,
        allowed: `a port other than ${taken.join(', ')}`,
      });
    }
    return given;
  }

  private chooseProvider(): AwsProvider {
    const { provider, region } = this.props;
    if (provider !== undefined && region !== undefined) {
      this.check.refuse('region', {
        problem: 'provider is given as well, and has its own',
        allowed: 'one of the two',
      });
    }
    return (
      provider ??
      withAlias(
        new this.bindings.AwsProvider(this, 'Provider', {
          region: region === undefined ? undefined : this.check.text('region', region, REGION),
        }),
      )
    );
  }

  /** Packages, images, releases and the agent of Systems Manager: all of it at 443. */
  private openWaysOut(): void {
    const { nginxSecurityGroup: nginx, instanceSecurityGroup: instances } = this;
    const open = (id: string, from: SecurityGroup, { port: to, range }: AwsEgress, why: string) =>
      allowTo(this, id, this.place, from, range, port(to), why);
    open('NginxOut', nginx, HTTPS_ANYWHERE, 'Packages, releases, AWS');
    open('InstancesOut', instances, HTTPS_ANYWHERE, 'Images, releases, AWS');
    const id = ({ port: to, range }: AwsEgress, index: number) => `${to}-${rangeId(range, index)}`;
    this.nginxEgress.forEach((egress, index) =>
      open(`NginxOut-${id(egress, index)}`, nginx, egress, 'Servers behind nginx'),
    );
    this.instanceEgress.forEach((egress, index) =>
      open(`InstancesOut-${id(egress, index)}`, instances, egress, 'What the service uses'),
    );
  }

  /** Where the load balancer names the client, it is an address of one of its subnets that does. */
  private balancerAddresses(): string[] {
    const { balancer } = this.entry;
    if (balancer === undefined || (balancer.kind === 'network' && !balancer.proxyProtocol)) {
      return [];
    }
    const { publicSubnetIds, privateSubnetIds } = this.props.network;
    return (balancer.internal ? privateSubnetIds : publicSubnetIds).map(
      (id, index) =>
        new this.bindings.DataAwsSubnet(this, `BalancerSubnet${index + 1}`, {
          provider: this.provider,
          id,
        }).cidrBlock,
    );
  }
}
