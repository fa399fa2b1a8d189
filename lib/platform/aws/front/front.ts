import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { Eip } from '@cdktf/provider-aws/lib/eip';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import { TerraformLocal } from 'cdktf';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import { TlsKind } from '../../../model/tls-certificate';
import type { NginxSpec } from '../../contract';
import type { ResolvedEntry } from '../aws-entry';
import type { HostPlace } from '../base/aws-context';
import { SECRET_ARN } from '../base/text-rules';
import { deliver } from '../hosts/delivery';
import { frontAlarms } from '../monitoring/front-alarms';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import {
  hostProfile,
  readsReleases,
  readsSecrets,
  tellsMetrics,
  writesLogs,
} from '../hosts/host-role';
import { hostUserData } from '../hosts/user-data';
import { nginxReleaseScript } from '../hosts/programs/nginx-release';
import { nginxHostUserData } from '../hosts/programs/user-data';
import { lastingAddress } from '../network/lasting-address';
import { nginxHosts } from './nginx-hosts';
import { applicationLoadBalancer } from './application-load-balancer';
import type { LoadBalancer } from './load-balancer';
import { networkLoadBalancer } from './network-load-balancer';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from '../monitoring/metrics';
import { aliasRecords, addressRecords, certificateFor } from './dns';
import { PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';
import { checkRegion } from '../base/region';
import { allowFrom, port } from '../network/security-rules';
import { singleHostAlarms } from '../monitoring/single-host-alarms';

/** From the start of a host to its first release: packages are installed in this time. */
const BOOT_SECONDS = 900;
/** For one host to take a release. */
const RELEASE_SECONDS = 120;

/**
 * What a front needs besides.
 *
 * @internal
 */
export interface FrontPlace extends HostPlace {
  readonly entry: ResolvedEntry;
  readonly instanceType: string;
  /** Whether the image of hosts is one that the user chose. */
  readonly ownImage: boolean;
  readonly nginxVersion: string;
  readonly statusPort: number;
  readonly hostDrainSeconds: number;
  readonly hostedZoneId?: string;
  readonly alarmTopicArns: readonly string[];
}

/**
 * What serves clients.
 *
 * @internal
 */
export interface Front {
  /** Where names have to lead: the name of a load balancer, or an address. */
  readonly entryAddress: string;
  readonly association: SsmAssociation;
  readonly logGroup: CloudwatchLogGroup;
  readonly loadBalancer?: Lb;
  readonly targetGroups: LbTargetGroup[];
  readonly group?: AutoscalingGroup;
  readonly host?: Instance;
  readonly address?: Eip;
  readonly dependables: ITerraformDependable[];
}

/**
 * nginx on hosts of its own: a group behind a load balancer, or a single one.
 *
 * @internal
 */
export function runFront(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  front: FrontPlace,
): Front {
  const { place, bucket, entry } = front;
  const { bindings } = place;
  const { name } = spec;
  const secretArn =
    spec.certificate?.kind === TlsKind.SECRETS_MANAGER
      ? secretIn(check, place.provider, spec.certificate.arn ?? '')
      : undefined;
  const path = `nginx/${name}`;
  const logGroupName = `/aiwm/${place.name}/${name}`;
  const logGroup = new bindings.CloudwatchLogGroup(scope, 'Logs', {
    ...place.tagged(place.named(255, name)),
    name: logGroupName,
    retentionInDays: front.logRetentionDays,
  });
  const profile = hostProfile(scope, place, name, [
    readsReleases(bucket.arn, `${path}/`),
    writesLogs([logGroup.arn]),
    ...readsSecrets(secretArn === undefined ? [] : [secretArn], front.kmsKeyArns),
    tellsMetrics(),
  ]);
  const target = { tag: 'aiwm-front', value: place.named(200, name) };
  const metric = {
    namespace: METRIC_NAMESPACE,
    name: METRIC_DIMENSION.front,
    value: target.value,
  };
  const host = {
    name: place.named(128, name),
    imageId: front.image.for(front.instanceType),
    instanceType: front.instanceType,
    userData: hostUserData(check, front.firstBoot, (firstBoot) =>
      nginxHostUserData({
        nginxVersion: front.nginxVersion,
        metric,
        logGroup: logGroupName,
        firstBoot,
      }),
    ),
    tags: { [target.tag]: target.value },
    profile,
  };
  const watched = {
    name,
    metric,
    logGroupName: logGroup.name,
    speaksTls: secretArn !== undefined,
    topicArns: front.alarmTopicArns,
    region: bucket.region,
  };
  const behind =
    entry.balancer === undefined
      ? singleHost(scope, spec, front, host)
      : group(scope, check, spec, front, host);
  const hosts = entry.balancer?.maxHosts ?? 1;
  const configuration = new TerraformLocal(scope, 'Configuration', spec.configuration);
  const association = deliver(new Construct(scope, 'Delivery'), place, name, {
    bucket,
    path,
    ending: '.conf',
    contentType: 'text/plain',
    content: configuration.asString,
    script: nginxReleaseScript(),
    parameters: [
      {
        variable: 'AIWM_TLS_SECRET',
        name: 'TlsSecret',
        description: 'The secret with certificate and key, where nginx speaks TLS.',
        allowedPattern: '^(arn:[A-Za-z0-9:/_+=.@-]+)?$',
        value: secretArn,
      },
      {
        variable: 'AIWM_STATUS_PORT',
        name: 'StatusPort',
        description: 'Where nginx says which release it serves.',
        allowedPattern: '^[0-9]{1,5}$',
        value: String(front.statusPort),
      },
    ],
    target,
    timeoutSeconds: BOOT_SECONDS + hosts * RELEASE_SECONDS,
    hostIds: behind.hosts.map(({ id }) => id),
    dependsOn: [...behind.hosts, ...spec.dependsOn],
  });
  if (behind.host !== undefined) {
    singleHostAlarms(scope, place, {
      ...watched,
      host: behind.host,
      openFiles: spec.openFiles,
      association,
    });
  } else {
    frontAlarms(scope, place, {
      ...watched,
      balancer: behind.loadBalancer,
      balancerNamespace:
        entry.balancer!.kind === 'network' ? 'AWS/NetworkELB' : 'AWS/ApplicationELB',
      targetGroup: behind.targetGroups[0]!,
      group: behind.group,
      certificateArn: behind.certificateArn,
      connectionsPerHost: entry.balancer!.connectionsPerHost,
      association,
    });
  }
  return {
    ...behind,
    association,
    logGroup,
    dependables: [association, ...behind.entrance],
  };
}

function secretIn(check: Check, provider: AwsProvider, arn: string): string {
  check.text('tls.secretArn', arn, SECRET_ARN);
  return checkRegion(check, 'tls.secretArn', arn, provider);
}

/**
 * How a host is made.
 *
 * @internal
 */
export interface NginxHost {
  readonly name: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly userData: string;
  /** By which its release finds it. */
  readonly tags: Readonly<Record<string, string>>;
  readonly profile: ReturnType<typeof hostProfile>;
}

function group(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  front: FrontPlace,
  host: NginxHost,
) {
  const { place, entry, nginxGroup } = front;
  const certificate =
    spec.certificate?.kind === TlsKind.ACM
      ? certificateFor(scope, check, place, spec, spec.certificate, front.hostedZoneId)
      : undefined;
  const resolved = entry.balancer!;
  const loadBalancer = resolved.kind === 'network' ? networkLoadBalancer : applicationLoadBalancer;
  const balancer: LoadBalancer = loadBalancer(scope, place, spec.name, {
    ranges: entry.allowedRanges,
    entry: resolved,
    certificateArn: certificate,
    nginxGroup,
    hostDrainSeconds: front.hostDrainSeconds,
  });
  const made = nginxHosts(scope, front, host, balancer.targetGroups, spec.dependsOn);
  if (front.hostedZoneId !== undefined) {
    aliasRecords(scope, place, front.hostedZoneId, spec.serverNames, balancer.balancer, {
      ipv6: resolved.ipv6,
    });
  }
  return {
    entryAddress: balancer.balancer.dnsName,
    loadBalancer: balancer.balancer,
    targetGroups: balancer.targetGroups,
    group: made,
    certificateArn: certificate,
    host: undefined,
    hosts: [made],
    entrance: balancer.listeners,
  };
}

function singleHost(scope: Construct, spec: NginxSpec, front: FrontPlace, host: NginxHost) {
  const { place, entry, nginxGroup } = front;
  const { bindings, network } = place;
  allowFrom(
    scope,
    'Https',
    place,
    entry.allowedRanges,
    nginxGroup,
    port(PUBLIC_HTTPS),
    'Clients, over TLS',
  );
  allowFrom(
    scope,
    'Http',
    place,
    entry.allowedRanges,
    nginxGroup,
    port(PUBLIC_HTTP),
    'Clients, to be told to come over TLS',
  );
  const networkInterface = lastingAddress(scope, 'NetworkInterface', place, {
    name: host.name,
    subnets: 'publicSubnetIds',
    description: 'The address of nginx.',
    group: nginxGroup,
    turn: 0,
  });
  // With the interface and before the host: its first boot needs a way out.
  const address = new bindings.Eip(scope, 'Address', {
    ...place.tagged(host.name),
    domain: 'vpc',
    networkInterface: networkInterface.id,
    dependsOn: network.dependables,
  });
  const made = new bindings.Instance(scope, 'Host', {
    ...place.tagged(host.name, host.tags),
    ami: host.imageId,
    instanceType: host.instanceType,
    primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
    iamInstanceProfile: host.profile.name,
    metadataOptions: METADATA_OPTIONS,
    rootBlockDevice: {
      encrypted: true,
      volumeType: 'gp3',
      volumeSize: ROOT_SIZE,
      tags: place.tags(host.name),
    },
    userDataBase64: host.userData,
    dependsOn: [address],
    // A newer image would replace the only host there is, and another type stop it.
    lifecycle: { ignoreChanges: ['ami', 'instance_type', 'user_data_base64'] },
  });
  if (front.hostedZoneId !== undefined) {
    addressRecords(scope, place, front.hostedZoneId, spec.serverNames, address.publicIp);
  }
  return {
    entryAddress: address.publicIp,
    targetGroups: [],
    host: made,
    address,
    hosts: [made],
    entrance: [address],
  };
}
