import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { Construct } from 'constructs';
import { awsName } from '../base/aws-name';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { FrontContext } from './front-context';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import { processorsOf } from '../hosts/host-image';

/**
 * Time until a new host has its packages and its first release.
 *
 * A host that starts while another one receives a release has to wait for the next scheduled run, half an hour later.
 */
const WARM_UP_SECONDS = 2100;

/**
 * Creates the auto scaling group of the nginx hosts, with at least one host in each of two zones.
 *
 * A changed host template replaces the hosts one after another, starting each new host before the old one stops. A
 * changed configuration does not touch the group: it is delivered to the running hosts.
 *
 * @internal
 */
export function nginxHosts(
  scope: Construct,
  { aws, settings, groups, spec, host }: FrontContext,
  { minHosts, maxHosts }: ResolvedBalancer,
  targetGroups: readonly LbTargetGroup[],
): AutoscalingGroup {
  const { bindings, provider, network } = aws;
  const { hostDrainSeconds, imageId } = settings;
  // Another processor architecture needs another template: the old one would keep its image.
  const isArm = processorsOf(host.instanceType) === 'arm64';
  const id = isArm ? 'LaunchTemplate' : 'LaunchTemplateX86';
  const template = new bindings.LaunchTemplate(scope, id, {
    ...aws.commonArguments(host.name),
    name: isArm ? host.name : awsName(128, host.name, 'x86'),
    imageId: host.imageId,
    instanceType: host.instanceType,
    iamInstanceProfile: { arn: host.profile.arn },
    vpcSecurityGroupIds: groups.nginxIds,
    metadataOptions: METADATA_OPTIONS,
    blockDeviceMappings: [
      {
        // Root device of Amazon Linux 2023.
        deviceName: '/dev/xvda',
        ebs: {
          encrypted: 'true',
          volumeType: 'gp3',
          volumeSize: ROOT_SIZE,
          deleteOnTermination: 'true',
        },
      },
    ],
    userData: host.userData,
    updateDefaultVersion: true,
    tagSpecifications: ['instance', 'volume'].map((resourceType) => ({
      resourceType,
      tags: aws.tags(host.name),
    })),
    // The latest image changes every few days. It is used from the next new host on.
    ...(imageId === undefined ? { lifecycle: { ignoreChanges: ['image_id'] } } : {}),
  });
  const group = new bindings.AutoscalingGroup(scope, 'Nginx', {
    provider,
    name: host.name,
    minSize: minHosts,
    maxSize: maxHosts,
    vpcZoneIdentifier: network.privateSubnetIds,
    targetGroupArns: targetGroups.map(({ arn }) => arn),
    healthCheckType: 'ELB',
    healthCheckGracePeriod: WARM_UP_SECONDS,
    defaultInstanceWarmup: WARM_UP_SECONDS,
    launchTemplate: { id: template.id, version: template.getStringAttribute('latest_version') },
    instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 150 },
    instanceRefresh: {
      strategy: 'Rolling',
      preferences: {
        minHealthyPercentage: 100,
        maxHealthyPercentage: 150,
        autoRollback: true,
        skipMatching: true,
      },
    },
    enabledMetrics: ['GroupInServiceInstances'],
    waitForCapacityTimeout: '10m',
    // Rebalancing would terminate hosts only to even out the zones.
    suspendedProcesses: ['AZRebalance'],
    // The load balancer drains hosts before they terminate, so a destroy has to wait for them.
    timeouts: { delete: `${Math.ceil(hostDrainSeconds / 60) + 15}m` },
    tag: Object.entries(aws.launchedTags(host.name, host.tags)).map(([key, value]) => ({
      key,
      value,
      propagateAtLaunch: true,
    })),
    // If the instances do not become healthy, the nginx hosts receive no release, and the group would replace them
    // forever.
    dependsOn: [...(network.dependables ?? []), ...spec.dependsOn],
  });
  // A resource apart from the group: Terraform would replace the group for another timeout.
  new bindings.AutoscalingLifecycleHook(scope, 'Drain', {
    provider,
    // A terminating host receives no new clients and keeps its connections for this long.
    name: `${host.name}-drain`,
    autoscalingGroupName: group.name,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: hostDrainSeconds,
    defaultResult: 'CONTINUE',
  });
  return group;
}
