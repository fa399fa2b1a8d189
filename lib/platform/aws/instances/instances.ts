import type { Instance } from '@cdktf/provider-aws/lib/instance';
import { Fn, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { AiwmService } from '../../../model/service';
import type { Secret } from '../../../model/secret';
import { IMAGE } from '../../../validation/text-rules';
import type { BackplaneSpec, InstancesSpec, RunningInstances } from '../../contract';
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import { resourceName } from '../../../terraform/names';
import { renderSize } from '../../../validation/size';
import { SECRET_ARN } from '../base/text-rules';
import { deliver } from '../hosts/delivery';
import { checkRedisUrl, checkSecretRedis } from '../network/egress';
import type { HostContext } from '../hosts/host-context';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import {
  hostProfile,
  readsReleases,
  readsSecrets,
  reportsMetrics,
  writesLogs,
} from '../hosts/host-role';
import { hostUserData } from '../hosts/user-data';
import { slotReleaseScript, type SlotRelease } from '../hosts/programs/slot-release';
import { slotHostUserData } from '../hosts/programs/user-data';
import { permanentAddress } from '../network/permanent-address';
import { METRIC_NAMESPACE } from '../monitoring/metrics';
import { REDIS_SECRET } from '../redis/replication-group';
import type { Egress } from '../network/resolve-egress';
import type { Ports } from '../network/security-rules';
import { slotAlarms } from '../monitoring/slot-alarms';
import { pullsImages, repositoryOf } from './image-access';

/** Time from the start of a host to the first request of its agent. */
const BOOT_SECONDS = 600;
/** Time to pull an image, in addition to the stop and start of the service. */
const PULL_SECONDS = 180;

/**
 * Context of a cluster's instances.
 *
 * @internal
 */
export interface InstancesContext extends HostContext {
  /** Changes whenever the URL of the platform's Redis changes. */
  readonly redisUrlVersion?: string;
  /** Allows nginx to connect to the instances. */
  readonly allowClients: (ports: Ports) => void;
}

/**
 * The instances of a cluster and their hosts.
 *
 * @internal
 */
export interface HostedInstances extends RunningInstances {
  readonly hosts: Instance[];
}

/**
 * Creates a host for every instance. Its address belongs to the slot, so that a replaced host keeps its position in
 * nginx's list. Releases are delivered to one host after another.
 *
 * @throws ValidationError for a service that is not an image, an unreachable backplane, a secret that hosts cannot read,
 * and user data that is too long
 * @internal
 */
export function runInstances(
  scope: Construct,
  check: Check,
  spec: InstancesSpec,
  context: InstancesContext,
): HostedInstances {
  const { aws, settings, bucket, groups } = context;
  const { bindings } = aws;
  const { instanceType } = settings;
  const name = resourceName(scope);
  const image = resolveImage(check, spec.service);
  checkBackplane(check, spec.backplane, settings.instanceEgress);
  const secrets = resolveSecretArns(check, secretEnvironment(spec));
  const userData = spec.slots.map((_, index) =>
    hostUserData(check, settings.firstBoot, (firstBoot) =>
      slotHostUserData({ slot: index + 1, firstBoot }),
    ),
  );
  const path = `instances/${name}`;
  const logGroup = new bindings.CloudwatchLogGroup(scope, 'Logs', {
    ...aws.commonArguments(aws.resourceName(255, name)),
    name: `/aiwm/${aws.name}/${name}`,
    retentionInDays: settings.logRetentionDays,
  });
  const profile = hostProfile(scope, aws, name, [
    readsReleases(bucket.arn, `${path}/`),
    writesLogs([logGroup.arn]),
    ...readsSecrets(Object.values(secrets), settings.kmsKeyArns),
    ...pullsImages([...settings.repositoryArns, ...repositoryOf(image)]),
    reportsMetrics(),
  ]);
  const ports = spec.slots.map(({ port }) => port);
  context.allowClients({ from: Math.min(...ports), to: Math.max(...ports) });
  const target = { tag: 'aiwm-cluster', value: aws.resourceName(200, name) };
  const instances = spec.slots.map((slot, index) => {
    const hostName = aws.resourceName(128, slot.name);
    const commonArguments = aws.commonArguments(hostName, { [target.tag]: target.value });
    const networkInterface = permanentAddress(scope, `NetworkInterface${index + 1}`, aws, {
      name: hostName,
      subnets: 'privateSubnetIds',
      description: `The address of ${slot.name}.`,
      groupIds: groups.instanceIds,
      turn: index,
    });
    const host = new bindings.Instance(scope, slot.id, {
      ...commonArguments,
      ami: context.image.for(instanceType),
      instanceType,
      primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
      iamInstanceProfile: profile.name,
      metadataOptions: METADATA_OPTIONS,
      rootBlockDevice: {
        encrypted: true,
        volumeType: 'gp3',
        volumeSize: ROOT_SIZE,
        tags: aws.tags(hostName),
      },
      userDataBase64: userData[index],
      dependsOn: aws.network.dependables,
      // Terraform would replace or stop all hosts at once. A host picks up these values when it is replaced.
      lifecycle: { ignoreChanges: ['ami', 'instance_type', 'user_data_base64'] },
    });
    return { networkInterface, host };
  });
  const content = new TerraformLocal(scope, 'Release', {
    ...releaseOf(spec, image, secrets, logGroup.name, bucket.region),
    metric: { namespace: METRIC_NAMESPACE, cluster: target.value },
    // Instances read their secrets at start, so a changed secret has to restart them.
    ...(usesPlatformRedis(spec) ? { secretsVersion: context.redisUrlVersion } : {}),
  });
  const restartMs = spec.stopGraceMs + spec.health.startTimeoutMs;
  const secondsPerSlot = PULL_SECONDS + Math.ceil(restartMs / 1000);
  const hosts = instances.map(({ host }) => host);
  const association = deliver(new Construct(scope, 'Delivery'), aws, name, {
    bucket,
    path,
    ending: '.json',
    contentType: 'application/json',
    content: Fn.jsonencode(content.asString),
    script: slotReleaseScript(),
    parameters: [],
    target,
    timeoutSeconds: BOOT_SECONDS + spec.slots.length * secondsPerSlot,
    hostIds: hosts.map(({ id }) => id),
    dependsOn: [...hosts, ...spec.dependsOn],
  });
  slotAlarms(scope, aws, {
    name,
    cluster: target.value,
    slots: spec.slots.length,
    restartMs,
    association,
    topicArns: settings.alarmTopicArns,
    region: bucket.region,
  });
  return {
    hosts,
    addresses: instances.map(({ networkInterface }) => networkInterface.privateIp),
    dependables: [association],
  };
}

function usesPlatformRedis({ backplane }: InstancesSpec): boolean {
  return backplane?.urlSecret?.kind === REDIS_SECRET;
}

function releaseOf(
  spec: InstancesSpec,
  image: string,
  secrets: Record<string, string>,
  logGroup: string,
  region: string,
): Omit<SlotRelease, 'metric'> {
  const { path, timeoutMs, failures, intervalMs, startTimeoutMs } = spec.health;
  return {
    image,
    port: spec.slots.map(({ port }) => port),
    environment: spec.slots.map(({ environment }) => ({
      ...commonEnvironment(spec),
      ...environment,
      HOST: '0.0.0.0',
    })),
    secrets,
    health: { path, timeoutMs, failures, intervalMs, startTimeoutMs },
    stopGraceSeconds: Math.ceil(spec.stopGraceMs / 1000),
    ...(spec.memoryBytes === undefined ? {} : { memory: renderSize(spec.memoryBytes) }),
    ...(spec.cpu === undefined ? {} : { cpus: spec.cpu }),
    logGroup,
    region,
  };
}

function resolveImage(check: Check, service: AiwmService): string {
  if (service.imageName === undefined) {
    check.refuse('service', {
      problem:
        service.buildFolder === undefined
          ? 'AwsPlatform runs containers, but the service is a command'
          : 'AwsPlatform cannot build an image',
      allowed: 'AiwmService.image("registry.example/aiwm:1.4.2")',
      remedy:
        service.buildFolder === undefined
          ? undefined
          : 'Build the image, push it to ECR or another registry, and pass its name.',
    });
  }
  return check.text('service.image', service.imageName, IMAGE);
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

function resolveSecretArns(check: Check, secrets: Record<string, Secret>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => {
      const property = `secrets.${name}`;
      if (secret.kind === REDIS_SECRET) {
        return [name, secret.reference];
      }
      if (secret.kind !== 'secrets-manager') {
        check.refuse(property, {
          problem: `a host on AWS cannot read a secret of kind "${secret.kind}"`,
          allowed: 'Secret.fromSecretsManager(arn)',
          remedy:
            'Create it first: aws secretsmanager create-secret --name … --secret-string file://…',
        });
      }
      return [name, check.text(property, secret.reference, SECRET_ARN)];
    }),
  );
}
