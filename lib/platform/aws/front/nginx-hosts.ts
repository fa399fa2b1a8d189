import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import { Fn, TerraformIterator } from 'cdktf';
import type { Construct } from 'constructs';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { FrontContext } from './front-context';
import { creditsOf, METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';

/**
 * Time until a new host has its packages and its first release.
 *
 * A host that starts while another one receives a release has to wait for the next scheduled run, half an hour later.
 */
const WARM_UP_SECONDS = 2100;

/**
 * Creates the auto scaling group of the nginx hosts, with at least one host in each of two zones.
 *
 * A changed host template replaces the hosts one after another, starting each new host before the old one stops. So
 * does the age of a host. A changed configuration does not touch the group: it is delivered to the running hosts.
 *
 * @internal
 */
export function nginxHosts(
  scope: Construct,
  { aws, settings, groups, spec, host, image }: FrontContext,
  { minHosts, maxHosts, maxHostAgeSeconds }: ResolvedBalancer,
  targetGroups: readonly LbTargetGroup[],
): AutoscalingGroup {
  const { bindings, provider, network } = aws;
  const { hostDrainSeconds, imageId } = settings;
  const template = new bindings.LaunchTemplate(scope, 'LaunchTemplate', {
    ...aws.commonArguments(host.name),
    name: host.name,
    imageId: image.atLaunch(host.instanceType),
    instanceType: host.instanceType,
    creditSpecification: creditsOf(host.instanceType),
    iamInstanceProfile: { arn: host.profile.arn },
    vpcSecurityGroupIds: groups.nginxIds,
    metadataOptions: METADATA_OPTIONS,
    blockDeviceMappings: [
      {
        // Root device of Amazon Linux 2023.
        deviceName: '/dev/xvda',
        ebs: {
          encrypted: 'true',
          kmsKeyId: settings.encryptionKeyArn,
          volumeType: 'gp3',
          volumeSize: ROOT_SIZE,
          deleteOnTermination: 'true',
        },
      },
    ],
    userData: host.userData,
    updateDefaultVersion: true,
    // Without the tags of the user: a changed tag would be another template, and replace all hosts.
    tagSpecifications: [{ resourceType: 'volume', tags: { Name: host.name } }],
  });
  // The provider adds its default tags to the group, but not to the hosts.
  const defaults = new bindings.DataAwsDefaultTags(scope, 'DefaultTags', { provider });
  const tags = TerraformIterator.fromMap(
    Fn.merge([defaults.tags, aws.tags(host.name, host.tags)]) as Record<string, string>,
  );
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
    maxInstanceLifetime: maxHostAgeSeconds,
    instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 150 },
    instanceRefresh: {
      strategy: 'Rolling',
      preferences: {
        minHealthyPercentage: 100,
        maxHealthyPercentage: 150,
        // AWS cannot go back to an image that it looks up at launch.
        autoRollback: imageId !== undefined,
        skipMatching: true,
      },
    },
    enabledMetrics: ['GroupInServiceInstances'],
    waitForCapacityTimeout: '10m',
    // Rebalancing would terminate hosts only to even out the zones.
    suspendedProcesses: ['AZRebalance'],
    // The load balancer drains hosts before they terminate, so a destroy has to wait for them.
    timeouts: { delete: `${Math.ceil(hostDrainSeconds / 60) + 15}m` },
    // By Terraform's own names: nothing translates what is dynamic.
    tag: tags.dynamic({ key: tags.key, value: tags.value, propagate_at_launch: true }),
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
