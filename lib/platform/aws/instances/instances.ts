import type { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { Construct } from 'constructs';
import { resourceName } from '../../../terraform/names';
import type { Check } from '../../../validation/check';
import type { BackplaneSpec, InstancesSpec, RunningInstances } from '../../contract';
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import type { AwsNamespace, AwsTaskPermission } from '../aws-instance-options';
import type { HostContext } from '../hosts/host-context';
import { logGroup } from '../hosts/log-group';
import { scaledAlarms } from '../monitoring/scaled-alarms';
import { slotAlarms } from '../monitoring/slot-alarms';
import { checkRedisUrl, checkSecretRedis } from '../network/egress';
import { allowClients } from '../network/groups';
import type { Egress } from '../network/resolve-egress';
import { REDIS_SECRET } from '../redis/replication-group';
import { ecsCluster, type RunningCluster } from './ecs-cluster';
import { resolveHealthCheck } from './health-check';
import { repositoryOf } from './image-access';
import { privateNamespace, resolveSlotName } from './namespace';
import { resolveInstanceSecrets, secretVersions } from './secrets';
import { resolveImage } from './service-image';
import { scaledService } from './scaled-service';
import { slotServices, type SlotsContext } from './slot-services';
import { executionRole, TaskAccount, TaskRole } from './task-roles';
import { resolveTaskSize } from './task-size';

/** Shortest stop: an instance accepts connections for 15 s of it. The longest is the limit of Fargate. */
const STOP_GRACE_SECONDS = { min: 20, max: 120 };

/**
 * The instances of a cluster and their services.
 *
 * @internal
 */
export interface EcsInstances extends RunningInstances {
  readonly services: EcsService[];
}

/**
 * Instances of all clusters of a platform, with what they share.
 *
 * @internal
 */
export class Instances {
  private readonly account: TaskAccount;
  private readonly taskRole: TaskRole;
  private cluster?: RunningCluster;
  private namespace?: AwsNamespace;
  private readonly services: EcsService[] = [];

  public constructor(
    private readonly platform: Construct,
    private readonly hosts: HostContext,
  ) {
    const { aws, settings } = hosts;
    this.account = new TaskAccount(platform, aws);
    this.taskRole = new TaskRole(platform, aws, settings.instances, this.account);
  }

  /** Cluster of the platform; undefined for one that exists, and without instances. */
  public get clusterResource(): EcsCluster | undefined {
    return this.cluster?.resource;
  }

  /** Role of the platform; undefined for one that exists, and before it is needed. */
  public get taskRoleResource(): IamRole | undefined {
    return this.taskRole.resource;
  }

  /** @throws ValidationError for an existing role, and for invalid actions or resources */
  public addToTaskRolePolicy(check: Check, permission: AwsTaskPermission): void {
    this.taskRole.add(check, permission);
    const fqns = this.taskRole.dependables.map(({ fqn }) => fqn);
    // No task of a cluster that was created earlier starts without it either.
    for (const service of this.services) {
      service.dependsOn = [...new Set([...(service.dependsOn ?? []), ...fqns])];
    }
  }

  /**
   * Creates a service with one task for every instance. Its name belongs to the slot, so that a replaced task keeps its
   * position in nginx's list. With scaling, there is one service with several tasks and one name.
   *
   * @param redisUrlVersion - changes whenever the URL of the platform's Redis changes
   * @throws ValidationError for a service that is not an image, an unreachable backplane, a secret that ECS cannot read,
   * and a health check, stop or size that ECS does not support
   */
  public run(
    scope: Construct,
    check: Check,
    spec: InstancesSpec,
    redisUrlVersion: string | undefined,
  ): EcsInstances {
    const { aws, settings, bucket, groups } = this.hosts;
    const { instances } = settings;
    const name = resourceName(scope);
    const image = resolveImage(check, spec.service, {
      repositoryArns: settings.repositoryArns,
      registryCredentials: instances.registryCredentials,
    });
    checkBackplane(check, spec.backplane, settings.instanceEgress);
    const secrets = resolveInstanceSecrets(check, secretEnvironment(spec), settings.region);
    const healthCheck = resolveHealthCheck(check, instances.probe, spec.health);
    const stopGraceSeconds = resolveStopGrace(check, spec.stopGraceMs);
    const size = resolveTaskSize(check, spec, instances.isFargate);
    const namespaceName = instances.namespace?.name ?? `${aws.name}.internal`;
    const addresses = spec.slots.map((slot) => resolveSlotName(check, slot, namespaceName));

    this.cluster ??= ecsCluster(this.platform, aws, instances);
    this.namespace ??= privateNamespace(this.platform, aws, instances);
    const logs = logGroup(scope, 'Logs', this.hosts, name, name);
    const execution = executionRole(scope, aws, this.account, {
      name,
      logGroupArn: logs.arn,
      repositoryArns: [...settings.repositoryArns, ...repositoryOf(image)],
      secrets,
      registryCredentials: instances.registryCredentials,
      kmsKeyArns: [
        ...settings.kmsKeyArns,
        ...(settings.encryptionKeyArn === undefined ? [] : [settings.encryptionKeyArn]),
      ],
    });
    const taskRoleArn = this.taskRole.arn();
    for (const port of new Set(spec.slots.map((slot) => slot.port))) {
      allowClients(this.platform, aws, groups, port);
    }
    const context: SlotsContext = {
      aws,
      settings: instances,
      cluster: this.cluster,
      namespace: this.namespace,
      securityGroupIds: groups.instanceIds,
      task: {
        settings: instances,
        image,
        size,
        environment: commonEnvironment(spec),
        secrets,
        secretVersions: secretVersions(scope, aws, secrets, redisUrlVersion),
        healthCheck,
        stopGraceSeconds,
        logGroup: logs.name,
        region: bucket.region,
        executionRoleArn: execution.arn,
        taskRoleArn,
      },
      dependsOn: [
        execution.policy,
        ...this.taskRole.dependables,
        ...this.cluster.dependables,
        ...(aws.network.dependables ?? []),
        ...spec.dependsOn,
      ],
    };
    const monitored = {
      name,
      clusterName: this.cluster.name,
      topicArns: settings.alarmTopicArns,
      region: bucket.region,
    };
    if (spec.scaling !== undefined) {
      const { service, connections } = scaledService(scope, spec.slots[0]!, spec.scaling, context);
      scaledAlarms(scope, aws, { ...monitored, service, connections, scaling: spec.scaling });
      this.services.push(service);
      return { services: [service], addresses, dependables: [service] };
    }
    const services = slotServices(scope, spec.slots, context);
    slotAlarms(scope, aws, { ...monitored, services });
    this.services.push(...services);
    return { services, addresses, dependables: services };
  }
}

function resolveStopGrace(check: Check, stopGraceMs: number): number {
  const seconds = Math.ceil(stopGraceMs / 1000);
  const { min, max } = STOP_GRACE_SECONDS;
  if (seconds < min || seconds > max) {
    check.refuse('stopGrace', {
      problem: `${seconds}s is out of range for AwsPlatform`,
      allowed: `${min}s to ${max}s on AWS: an instance accepts connections for the first 15s, and ECS kills it after 120s`,
    });
  }
  return seconds;
}

function checkBackplane(check: Check, backplane: BackplaneSpec | undefined, egress: Egress): void {
  const { url, urlSecret } = backplane ?? {};
  if (url !== undefined) {
    checkRedisUrl(check, url, egress);
  }
  if (urlSecret !== undefined && urlSecret.kind !== REDIS_SECRET) {
    checkSecretRedis(check, egress);
  }
}
