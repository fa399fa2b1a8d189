import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { NetworkInterface } from '@cdktf/provider-aws/lib/network-interface';
import type { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import { Fn, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { AiwmService } from '../../../model/service';
import type { Secret } from '../../../model/secret';
import { IMAGE } from '../../../validation/text-rules';
import type { BackplaneSpec, InstancesSpec } from '../../contract';
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import { renderSize } from '../../../validation/size';
import { SECRET_ARN } from '../base/text-rules';
import type { AwsEgress } from '../aws-platform-props';
import { deliver } from '../hosts/delivery';
import { checkRedisUrl, checkSecretRedis } from '../network/egress';
import type { HostPlace } from '../base/aws-context';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import type { Statement } from '../hosts/host-role';
import {
  hostProfile,
  readsReleases,
  readsSecrets,
  tellsMetrics,
  writesLogs,
} from '../hosts/host-role';
import { hostUserData } from '../hosts/user-data';
import { slotReleaseScript, type SlotRelease } from '../hosts/programs/slot-release';
import { slotHostUserData } from '../hosts/programs/user-data';
import { lastingAddress } from '../network/lasting-address';
import { METRIC_NAMESPACE } from '../monitoring/metrics';
import { REDIS_SECRET } from '../redis/replication-group';
import type { Ports } from '../network/security-rules';
import { slotAlarms } from '../monitoring/slot-alarms';

/** From the start of a host to the agent's first question. */
const BOOT_SECONDS = 600;
/** To fetch an image, besides what the service takes to stop and to start. */
const PULL_SECONDS = 180;

/**
 * What slots need besides.
 *
 * @internal
 */
export interface SlotsPlace extends HostPlace {
  readonly instanceType: string;
  readonly repositoryArns: readonly string[];
  /** Another one whenever the URL of the platform's Redis is. */
  readonly redisUrlVersion?: string;
  /** Where instances may connect to outside of their network. */
  readonly egress: readonly AwsEgress[];
  /** Lets nginx connect to instances. */
  readonly letClientsIn: (ports: Ports) => void;
  readonly alarmTopicArns: readonly string[];
}

/**
 * The hosts of a cluster.
 *
 * @internal
 */
export interface Slots {
  readonly interfaces: NetworkInterface[];
  readonly hosts: Instance[];
  readonly association: SsmAssociation;
  readonly logGroup: CloudwatchLogGroup;
}

/**
 * A host for every instance, at an address that belongs to the slot and not to the host: a host that is replaced keeps
 * its place in nginx's list. What it runs is delivered to one after another.
 *
 * @internal
 */
export function runSlots(
  scope: Construct,
  check: Check,
  name: string,
  spec: InstancesSpec,
  slots: SlotsPlace,
): Slots {
  const { place, bucket, instanceGroup } = slots;
  const { bindings } = place;
  const image = checkImage(check, spec.service);
  checkBackplane(check, spec.backplane, slots.egress);
  const secrets = secretArns(check, secretEnvironment(spec));
  const path = `instances/${name}`;
  const logGroup = new bindings.CloudwatchLogGroup(scope, 'Logs', {
    ...place.tagged(place.named(255, name)),
    name: `/aiwm/${place.name}/${name}`,
    retentionInDays: slots.logRetentionDays,
  });
  const profile = hostProfile(scope, place, name, [
    readsReleases(bucket.arn, `${path}/`),
    writesLogs([logGroup.arn]),
    ...readsSecrets(Object.values(secrets), slots.kmsKeyArns),
    ...pullsImages([...slots.repositoryArns, ...repositoryOf(image)]),
    tellsMetrics(),
  ]);
  const ports = spec.slots.map(({ port }) => port);
  slots.letClientsIn({ from: Math.min(...ports), to: Math.max(...ports) });
  const target = { tag: 'aiwm-cluster', value: place.named(200, name) };
  const made = spec.slots.map((slot, index) => {
    const called = place.named(128, slot.name);
    const tagged = place.tagged(called, { [target.tag]: target.value });
    const networkInterface = lastingAddress(scope, `NetworkInterface${index + 1}`, place, {
      name: called,
      subnets: 'privateSubnetIds',
      description: `The address of ${slot.name}.`,
      group: instanceGroup,
      turn: index,
    });
    const host = new bindings.Instance(scope, slot.id, {
      ...tagged,
      ami: slots.image.for(slots.instanceType),
      instanceType: slots.instanceType,
      primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
      iamInstanceProfile: profile.name,
      metadataOptions: METADATA_OPTIONS,
      rootBlockDevice: {
        encrypted: true,
        volumeType: 'gp3',
        volumeSize: ROOT_SIZE,
        tags: place.tags(called),
      },
      userDataBase64: hostUserData(check, slots.firstBoot, (firstBoot) =>
        slotHostUserData({ slot: index + 1, firstBoot }),
      ),
      dependsOn: place.network.dependables,
      // Terraform would replace all hosts at one time, or stop them. A host gets another one when it is replaced.
      lifecycle: { ignoreChanges: ['ami', 'instance_type', 'user_data_base64'] },
    });
    return { networkInterface, host };
  });
  const content = new TerraformLocal(scope, 'Release', {
    ...releaseOf(spec, image, secrets, logGroup.name, bucket.region),
    metric: { namespace: METRIC_NAMESPACE, cluster: target.value },
    // Instances read their secrets when they start: a changed one has to start them again.
    ...(usesRedis(spec) ? { secretsVersion: slots.redisUrlVersion } : {}),
  });
  const restartMs = spec.stopGraceMs + spec.health.startTimeoutMs;
  const each = PULL_SECONDS + Math.ceil(restartMs / 1000);
  const hosts = made.map(({ host }) => host);
  const association = deliver(new Construct(scope, 'Delivery'), place, name, {
    bucket,
    path,
    ending: '.json',
    contentType: 'application/json',
    content: Fn.jsonencode(content.asString),
    script: slotReleaseScript(),
    parameters: [],
    target,
    timeoutSeconds: BOOT_SECONDS + spec.slots.length * each,
    hostIds: hosts.map(({ id }) => id),
    dependsOn: [...hosts, ...spec.dependsOn],
  });
  slotAlarms(scope, place, {
    name,
    cluster: target.value,
    slots: spec.slots.length,
    restartMs,
    association,
    topicArns: slots.alarmTopicArns,
    region: bucket.region,
  });
  return {
    interfaces: made.map(({ networkInterface }) => networkInterface),
    hosts,
    association,
    logGroup,
  };
}

function usesRedis({ backplane }: InstancesSpec): boolean {
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

function checkImage(check: Check, service: AiwmService): string {
  if (service.imageName === undefined) {
    check.refuse('service', {
      problem:
        service.buildFolder === undefined
          ? 'AwsPlatform runs containers, and the service is a command'
          : 'AwsPlatform has no engine that builds an image',
      allowed: 'AiwmService.image("registry.example/aiwm:1.4.2")',
      remedy:
        service.buildFolder === undefined
          ? undefined
          : 'Build it, push it to ECR or another registry, and name it.',
    });
  }
  return check.text('service.image', service.imageName, IMAGE);
}

function checkBackplane(
  check: Check,
  backplane: BackplaneSpec | undefined,
  egress: readonly AwsEgress[],
): void {
  const { url, urlSecret } = backplane ?? {};
  if (url !== undefined) {
    checkRedisUrl(check, url, egress);
  }
  if (urlSecret !== undefined && urlSecret.kind !== REDIS_SECRET) {
    checkSecretRedis(check, egress);
  }
}

function secretArns(check: Check, secrets: Record<string, Secret>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => {
      const property = `secrets.${name}`;
      if (secret.kind === REDIS_SECRET) {
        return [name, secret.reference];
      }
      if (secret.kind !== 'secrets-manager') {
        check.refuse(property, {
          problem: `a host of AWS cannot read a secret of the kind "${secret.kind}"`,
          allowed: 'Secret.fromSecretsManager(arn)',
          remedy:
            'Put it there first: aws secretsmanager create-secret --name … --secret-string file://…',
        });
      }
      return [name, check.text(property, secret.reference, SECRET_ARN)];
    }),
  );
}

/** A repository of ECR that is written out in the name of an image. */
function repositoryOf(image: string): string[] {
  const match =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/([a-z0-9._/-]+?)(?:[:@].*)?$/.exec(
      image,
    );
  if (match === null) {
    return [];
  }
  const [, account, region, china, repository] = match;
  const partition =
    china !== undefined ? 'aws-cn' : region!.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return [`arn:${partition}:ecr:${region}:${account}:repository/${repository}`];
}

/** A login to ECR is one to the whole registry: AWS has no narrower resource for it. */
function pullsImages(repositoryArns: readonly string[]): Statement[] {
  return repositoryArns.length === 0
    ? []
    : [
        { Sid: 'RegistryLogin', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
        {
          Sid: 'Images',
          Action: [
            'ecr:BatchCheckLayerAvailability',
            'ecr:BatchGetImage',
            'ecr:GetDownloadUrlForLayer',
          ],
          Resource: [...new Set(repositoryArns)],
        },
      ];
}
