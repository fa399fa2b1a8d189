import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { Construct } from 'constructs';
import { awsName } from '../base/aws-name';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { FrontContext } from './front-context';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import { processorsOf } from '../hosts/host-image';

/**
 * Until a new host has its packages and its first release: where it comes while another host gets one, that is the next
 * time, half an hour later.
 */
const WARM_UP_SECONDS = 2100;

/**
 * A group of hosts, at least one in each of two zones. A new kind of host takes the place of the old one host by host,
 * the new one first. A changed configuration does not get here: it is delivered to the hosts that there are.
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
  // Other processors take another template, or it would keep the image of those before.
  const isArm = processorsOf(host.instanceType) === 'arm64';
  const id = isArm ? 'LaunchTemplate' : 'LaunchTemplateX86';
  const template = new bindings.LaunchTemplate(scope, id, {
    ...aws.commonArguments(host.name),
    name: isArm ? host.name : awsName(128, host.name, 'x86'),
    imageId: host.imageId,
    instanceType: host.instanceType,
    iamInstanceProfile: { arn: host.profile.arn },
    vpcSecurityGroupIds: [groups.nginx.id],
    metadataOptions: METADATA_OPTIONS,
    blockDeviceMappings: [
      {
        // The root of Amazon Linux 2023.
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
    // Amazon's newest image is another one every few days: it comes with the next host.
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
    // It would end hosts only to have as many in each zone.
    suspendedProcesses: ['AZRebalance'],
    // The load balancer keeps connections to hosts that go, and so does a destroy wait for them.
    timeouts: { delete: `${Math.ceil(hostDrainSeconds / 60) + 15}m` },
    tag: Object.entries(aws.tags(host.name, host.tags)).map(([key, value]) => ({
      key,
      value,
      propagateAtLaunch: true,
    })),
    // A group whose hosts get no release, because the instances before them do not get well, would replace them forever.
    dependsOn: [...(network.dependables ?? []), ...spec.dependsOn],
  });
  // Apart from the group, which Terraform would replace for another time.
  new bindings.AutoscalingLifecycleHook(scope, 'Drain', {
    provider,
    // No new client gets to the host then, and those that it has stay so long.
    name: `${host.name}-drain`,
    autoscalingGroupName: group.name,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: hostDrainSeconds,
    defaultResult: 'CONTINUE',
  });
  return group;
}
