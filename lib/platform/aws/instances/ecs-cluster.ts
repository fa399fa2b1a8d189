import type { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import { Fn, type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { InstanceSettings } from './instance-settings';

/**
 * Cluster in which the services of a platform run.
 *
 * @internal
 */
export interface RunningCluster {
  readonly arn: string;
  readonly name: string;
  /** Undefined for a cluster that exists. */
  readonly resource?: EcsCluster;
  /** Resources that must exist before a service. */
  readonly dependables: ITerraformDependable[];
}

/**
 * Creates the cluster of a platform, or names the one that exists.
 *
 * @internal
 */
export function ecsCluster(
  scope: Construct,
  aws: AwsContext,
  { ecsCluster: existing, capacityProvider, containerInsights }: InstanceSettings,
): RunningCluster {
  if (existing !== undefined) {
    return { arn: existing, name: nameOf(existing), dependables: [] };
  }
  const { bindings, provider } = aws;
  const cluster = new bindings.EcsCluster(scope, 'Cluster', {
    ...aws.commonArguments(aws.name),
    name: aws.name,
    setting: [{ name: 'containerInsights', value: containerInsights ? 'enabled' : 'disabled' }],
  });
  const capacity = new bindings.EcsClusterCapacityProviders(scope, 'ClusterCapacity', {
    provider,
    clusterName: cluster.name,
    capacityProviders: [...new Set(['FARGATE', 'FARGATE_SPOT', capacityProvider])],
  });
  return { arn: cluster.arn, name: cluster.name, resource: cluster, dependables: [capacity] };
}

/** The name at the end of an ARN. */
function nameOf(arn: string): string {
  return Token.isUnresolved(arn)
    ? Token.asString(Fn.element(Fn.split('/', arn), 1))
    : arn.split('/')[1]!;
}
