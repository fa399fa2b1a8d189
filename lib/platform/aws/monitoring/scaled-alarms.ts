import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { Construct } from 'constructs';
import type { ResolvedScaling } from '../../contract';
import type { AwsContext } from '../base/aws-context';
import { alarms } from './alarms';
import { dashboard, type Widget } from './dashboard';

const NAMESPACE = 'AWS/ECS';

/** Time for ECS to replace a task: to notice, to pull the image, and to wait for a slow start. */
const REPLACEMENT_MINUTES = 10;

/** Time for new tasks to take their share. Above the target for longer than that, more of them do not help. */
const SCALING_MINUTES = 15;

/** Share of its memory, in percent, above which the next peak may end a task. */
const FULL_PERCENT = 90;

/**
 * A scaled service whose alarms are created.
 *
 * @internal
 */
export interface MonitoredService {
  readonly name: string;
  readonly clusterName: string;
  readonly service: EcsService;
  readonly scaling: ResolvedScaling;
  /** Connections of each task; undefined where they are not reported. */
  readonly connections?: { readonly namespace: string; readonly metricName: string };
  readonly topicArns: readonly string[];
  readonly region: string;
}

/**
 * Alarms when a service has fewer tasks than it must have, when it stays overloaded, and when a task runs out of memory.
 *
 * ECS reports the processor of every running task once a minute, so the number of samples is that of tasks.
 *
 * @internal
 */
export function scaledAlarms(scope: Construct, aws: AwsContext, monitored: MonitoredService): void {
  const { name, clusterName, service, scaling, connections } = monitored;
  const dimensions = { ClusterName: clusterName, ServiceName: service.name };
  // After the first release: a service without one has no task.
  const alarm = alarms(scope, aws, name, monitored.topicArns, [service]);
  alarm('Missing', `Fewer than ${scaling.min} instances run.`, {
    namespace: NAMESPACE,
    metricName: 'CPUUtilization',
    dimensions,
    statistic: 'SampleCount',
    comparisonOperator: 'LessThanThreshold',
    threshold: scaling.min,
    evaluationPeriods: REPLACEMENT_MINUTES,
    treatMissingData: 'breaching',
  });
  alarm(
    'Overloaded',
    'The processors stay far above their target, and more instances do not help.',
    {
      namespace: NAMESPACE,
      metricName: 'CPUUtilization',
      dimensions,
      statistic: 'Average',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: (scaling.processorPercent + 100) / 2,
      evaluationPeriods: SCALING_MINUTES,
      // The alarm above covers a service without tasks.
      treatMissingData: 'notBreaching',
    },
  );
  alarm('Memory', 'An instance has used up its memory.', {
    namespace: NAMESPACE,
    metricName: 'MemoryUtilization',
    dimensions,
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: FULL_PERCENT,
    evaluationPeriods: 5,
    treatMissingData: 'notBreaching',
  });
  const widget = (title: string, statistic: string, metric: string): Widget => ({
    title,
    statistic,
    metrics: [[NAMESPACE, metric, ...Object.entries(dimensions).flat()]],
  });
  dashboard(scope, aws, name, monitored.region, [
    widget('Processor of the instances on average, in percent', 'Average', 'CPUUtilization'),
    widget('Memory of the fullest instance, in percent', 'Maximum', 'MemoryUtilization'),
    widget('Number of instances', 'SampleCount', 'CPUUtilization'),
    ...(connections === undefined
      ? []
      : [
          {
            title: 'Connections of the fullest instance',
            statistic: 'Maximum',
            metrics: [[connections.namespace, connections.metricName]],
          },
        ]),
  ]);
}
