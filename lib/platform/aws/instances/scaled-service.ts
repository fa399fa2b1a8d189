import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import { Construct } from 'constructs';
import type { InstanceSlot, ResolvedScaling } from '../../contract';
import { slotService, type SlotsContext } from './slot-services';

/** Time between two changes of the number of tasks: for a start, and for a minute that shows its effect. */
const COOLDOWN_SECONDS = 300;

/**
 * A metric of connections, by its names in CloudWatch.
 *
 * @internal
 */
export interface ConnectionsMetric {
  readonly namespace: string;
  readonly metricName: string;
}

/**
 * A service whose number of tasks depends on their load.
 *
 * @internal
 */
export interface ScaledService {
  readonly service: EcsService;
  /** Connections of each task; undefined where the number does not depend on them. */
  readonly connections?: ConnectionsMetric;
}

/**
 * Creates one service with several tasks under one name, and the policies that change their number.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
 * @internal
 */
export function scaledService(
  parent: Construct,
  slot: InstanceSlot,
  scaling: ResolvedScaling,
  context: SlotsContext,
): ScaledService {
  const { aws, cluster, settings } = context;
  const { provider, bindings } = aws;
  const scope = new Construct(parent, slot.id);
  const service = slotService(scope, slot, context, {
    subnets: aws.network.privateSubnetIds,
    tasks: scaling.min,
    keepsTasks: true,
    // Of the smallest number, or a batch would have no room in it.
    maximumPercent: Math.min(200, 100 + Math.ceil((100 * settings.batchSize) / scaling.min)),
    dependsOn: [...context.dependsOn],
  });
  const target = new bindings.AppautoscalingTarget(scope, 'Target', {
    ...aws.commonArguments(aws.resourceName(255, slot.name)),
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${cluster.name}/${service.name}`,
    minCapacity: scaling.min,
    maxCapacity: scaling.max,
  });
  const policy = (id: string, targetValue: number, metric: object) =>
    new bindings.AppautoscalingPolicy(scope, id, {
      provider,
      name: aws.resourceName(255, slot.name, id.toLowerCase()),
      policyType: 'TargetTrackingScaling',
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue,
        // ECS stops tasks without a look at their open connections.
        disableScaleIn: !scaling.scaleIn,
        scaleInCooldown: COOLDOWN_SECONDS,
        scaleOutCooldown: COOLDOWN_SECONDS,
        ...metric,
      },
    });
  const predefined = (predefinedMetricType: string) => ({
    predefinedMetricSpecification: { predefinedMetricType },
  });
  policy('Processor', scaling.processorPercent, predefined('ECSServiceAverageCPUUtilization'));
  if (scaling.memoryPercent !== undefined) {
    policy('Memory', scaling.memoryPercent, predefined('ECSServiceAverageMemoryUtilization'));
  }
  if (scaling.connections === undefined) {
    return { service };
  }
  const connections = connectionsMetric(scope, slot, context);
  policy('Connections', scaling.connections, {
    // The fullest task: an average would hide it.
    customizedMetricSpecification: { ...connections, statistic: 'Maximum' },
  });
  return { service, connections };
}

/** Reads the connections of each task from its log. */
function connectionsMetric(
  scope: Construct,
  { name }: InstanceSlot,
  { aws, task }: SlotsContext,
): ConnectionsMetric {
  // A filter cannot add a dimension that is not in the line, so the namespace says whose tasks they are.
  const metric = {
    namespace: `AIWM/${aws.resourceName(200, name)}`,
    metricName: 'InstanceConnections',
  };
  new aws.bindings.CloudwatchLogMetricFilter(scope, 'ConnectionsFilter', {
    provider: aws.provider,
    name: aws.resourceName(255, name, 'connections'),
    logGroupName: task.logGroup,
    pattern: '{ $.aiwm_connections >= 0 }',
    metricTransformation: {
      namespace: metric.namespace,
      name: metric.metricName,
      value: '$.aiwm_connections',
    },
  });
  return metric;
}
