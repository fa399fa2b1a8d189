import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import type { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct, type IConstruct } from 'constructs';
import { withAlias } from '../../terraform/provider-alias';
import { Check } from '../../validation/check';
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
import { PlatformClaims } from '../platform-claims';
import type { AwsTaskPermission } from './aws-instance-options';
import type { AwsPlatformProps } from './aws-platform-props';
import { AwsContext } from './base/aws-context';
import { loadBindings } from './base/bindings';
import { claimName } from './base/claim-name';
import { runNginx } from './front/front';
import type { AwsFront } from './aws-front';
import type { Front } from './front/front-context';
import type { HostContext } from './hosts/host-context';
import { HostImage } from './hosts/host-image';
import { releaseBucket } from './hosts/release-bucket';
import { Instances } from './instances/instances';
import { allowEgress, balancerRanges, hostGroups } from './network/groups';
import { nginxLayout } from './nginx-layout';
import type { AwsRedis } from './redis/replication-group';
import { runRedis } from './redis/replication-group';
import { resolveSettings } from './settings';

const PLATFORM = 'AwsPlatform';

/**
 * Platform that runs nginx, Redis and the instances on AWS.
 *
 * It creates a load balancer in front of a group of nginx hosts, an ECS service for each instance, and a Redis on
 * ElastiCache. The name of an instance outlives its task. ECS starts a new task before it stops the old one, and rolls
 * back a version that does not become healthy. nginx hosts need no SSH access: releases are delivered through S3 and
 * Systems Manager.
 *
 * It requires the package `@cdktf/provider-aws`.
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
  /** Provider of all resources. */
  public readonly provider: AwsProvider;
  /** S3 bucket from which nginx hosts download their releases. */
  public readonly bucket: S3Bucket;
  /** Security group of the nginx hosts. */
  public readonly nginxSecurityGroup: SecurityGroup;
  /** Security group of the instances. */
  public readonly instanceSecurityGroup: SecurityGroup;

  private readonly claims = new PlatformClaims(this, PLATFORM);
  private readonly hosts: HostContext;
  private readonly trustedProxies: string[];
  private readonly instances: Instances;
  private readonly services: EcsService[] = [];
  private readonly fronts = new Map<IConstruct, Front>();
  private redis?: AwsRedis;

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: AwsPlatformProps) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadBindings(check);
    const settings = resolveSettings(check, props);
    const { name, region, tags, network, entry, imageId } = settings;
    claimName(this, settings, props.provider);
    this.provider =
      props.provider ?? withAlias(new bindings.AwsProvider(this, 'Provider', { region }));
    const aws = new AwsContext(bindings, this.provider, name, tags, network, settings);
    const releases = releaseBucket(this, aws, settings.encryptionKeyArn);
    this.bucket = releases.bucket;
    const groups = hostGroups(this, aws, settings);
    this.nginxSecurityGroup = groups.nginx;
    this.instanceSecurityGroup = groups.instances;
    allowEgress(this, aws, groups, settings);
    this.trustedProxies = balancerRanges(this, aws, entry.balancer);
    const image = new HostImage(this, aws, imageId);
    this.hosts = { ...releases, aws, settings, image, groups };
    this.instances = new Instances(this, this.hosts);
    this.traits = {
      name: PLATFORM,
      sharesAddress: false,
      isPublic: true,
      seesClientAddresses: true,
      nginxVersion: settings.nginxVersion,
      tlsKinds: settings.tlsKinds,
      scales: true,
    };
    this.node.addValidation({ validate: () => this.unusedOptions() });
  }

  /**
   * Target of the front's DNS records: the DNS name of the load balancer, or the address of the single host.
   *
   * Undefined without a front. Of several fronts, the first one: see `frontOf`.
   */
  public get entryAddress(): string | undefined {
    return this.firstFront?.entryAddress;
  }

  /** Load balancer of the first front; undefined without one. */
  public get loadBalancer(): Lb | undefined {
    return this.firstFront?.loadBalancer;
  }

  /** Auto scaling group of the nginx hosts of the first front; undefined without a load balancer. */
  public get nginxGroup(): AutoscalingGroup | undefined {
    return this.firstFront?.nginxGroup;
  }

  /** The single nginx host; undefined behind a load balancer. */
  public get nginxHost(): Instance | undefined {
    return this.firstFront?.nginxHost;
  }

  /**
   * The entry and the hosts of one of the platform's fronts.
   *
   * @param front - the `NginxWsFrontend`
   * @returns undefined for a front of another platform
   */
  public frontOf(front: IConstruct): AwsFront | undefined {
    const { entryAddress, loadBalancer, nginxGroup, nginxHost } = this.fronts.get(front) ?? {};
    return entryAddress === undefined
      ? undefined
      : { entryAddress, loadBalancer, nginxGroup, nginxHost };
  }

  /** ECS services of the instances, in order, of all clusters. */
  public get instanceServices(): EcsService[] {
    return [...this.services];
  }

  /** ECS cluster of the instances; undefined for one that exists, and before the first instance. */
  public get ecsCluster(): EcsCluster | undefined {
    return this.instances.clusterResource;
  }

  /**
   * Role with which the service calls AWS.
   *
   * Undefined for a role that exists, and before the first instance or permission.
   */
  public get taskRole(): IamRole | undefined {
    return this.instances.taskRoleResource;
  }

  /** ElastiCache replication group of the backplane; undefined without one. */
  public get replicationGroup(): ElasticacheReplicationGroup | undefined {
    return this.redis?.group;
  }

  /**
   * Allows the service to call AWS with the credentials of its role, without keys.
   *
   * @throws ValidationError for a role that exists, and for invalid actions or resources
   */
  public addToTaskRolePolicy(permission: AwsTaskPermission): void {
    this.instances.addToTaskRolePolicy(new Check(this), permission);
  }

  /**
   * Runs the instances of a cluster, each as an ECS service with one task. With `scaling`, all are tasks of one service.
   *
   * @throws ValidationError for a service that is not an image, for a secret that ECS cannot read, for a backplane that
   * instances cannot reach, and for a health check, a stop or limits that ECS does not support
   */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check = this.claims.check(scope);
    const { services, ...running } = this.instances.run(scope, check, spec, this.redis?.urlVersion);
    this.services.push(...services);
    return running;
  }

  /** Layout of nginx on the hosts: paths, ports and the load balancer in front of it. */
  public nginxLayout(_scope: Construct): NginxLayout {
    const { settings } = this.hosts;
    return nginxLayout(settings.entry.balancer, settings, this.trustedProxies);
  }

  /**
   * Runs nginx on hosts of its own, behind an entry of its own.
   *
   * @throws ValidationError for a second front without a load balancer, for a certificate that cannot be used, and for
   * upstream servers that `nginxEgress` does not cover
   */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    const front = runNginx(scope, this.checkFront(scope), spec, this.hosts);
    this.fronts.set(scope, front);
    return front;
  }

  /**
   * Runs Redis on ElastiCache.
   *
   * @throws ValidationError for a second Redis, for a password that Terraform cannot read, and for `redis` options that
   * AWS does not support
   */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    this.redis = runRedis(scope, this.claims.only('Redis', scope), spec, this.hosts);
    return this.redis;
  }

  private get firstFront(): Front | undefined {
    return [...this.fronts.values()][0];
  }

  private checkFront(scope: Construct): Check {
    const check = this.claims.check(scope);
    const [first] = this.fronts.keys();
    if (first !== undefined && this.hosts.settings.entry.balancer === undefined) {
      check.refuse('platform', {
        problem: `${this.node.path} already has a front: ${first.node.path}, whose host has ports 80 and 443`,
        allowed: 'one front without a load balancer, or several behind load balancers',
        remedy:
          'Give the front all names (alternativeNames), use entry: AwsEntry.nlb(), or create another platform for this front.',
      });
    }
    return check;
  }

  /** Options that only the complete stack shows to be unused. */
  private unusedOptions(): string[] {
    return this.hosts.settings.redis === undefined || this.redis !== undefined
      ? []
      : [
          'redis: has no effect, because no backplane runs a Redis on this platform. Remove it, or run one in this stack: new RedisAdapterBackplane(this, "Backplane", { platform }).',
        ];
  }
}
