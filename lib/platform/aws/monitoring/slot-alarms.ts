import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import { alarms } from './alarms';
import { dashboard } from './dashboard';

const NAMESPACE = 'AWS/ECS';

/** Time for ECS to replace a task: to notice, to pull the image, and to wait for a slow start. */
const REPLACEMENT_MINUTES = 10;

/** Share of its memory, in percent, above which the next peak may end a task. */
const FULL_PERCENT = 90;

/**
 * Slots of a cluster whose alarms are created.
 *
 * @internal
 */
export interface MonitoredSlots {
  readonly name: string;
  readonly clusterName: string;
  /** Services of the slots, in order. */
  readonly services: readonly EcsService[];
  readonly topicArns: readonly string[];
  readonly region: string;
}

/**
 * Alarms when a slot has no task, or one that runs out of memory.
 *
 * ECS reports the processor of every running task once a minute, so a service without samples has no task.
 *
 * @internal
 */
export function slotAlarms(scope: Construct, aws: AwsContext, monitored: MonitoredSlots): void {
  const { name, clusterName, services } = monitored;
  const dimensionsOf = (service: EcsService): Record<string, string> => ({
    ClusterName: clusterName,
    ServiceName: service.name,
  });
  // After the first release: a service without one has no task.
  const alarm = alarms(scope, aws, name, monitored.topicArns, [...services]);
  services.forEach((service, index) => {
    alarm(`Silent${index + 1}`, `Slot ${index + 1} has no running task.`, {
      namespace: NAMESPACE,
      metricName: 'CPUUtilization',
      dimensions: dimensionsOf(service),
      statistic: 'SampleCount',
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: REPLACEMENT_MINUTES,
      treatMissingData: 'breaching',
    });
    alarm(`Memory${index + 1}`, `The task of slot ${index + 1} has used up its memory.`, {
      namespace: NAMESPACE,
      metricName: 'MemoryUtilization',
      dimensions: dimensionsOf(service),
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: FULL_PERCENT,
      evaluationPeriods: 5,
      // The alarm above covers a slot without a task.
      treatMissingData: 'notBreaching',
    });
  });
  const curves = (metric: string) =>
    services.map((service) => [NAMESPACE, metric, ...Object.entries(dimensionsOf(service)).flat()]);
  dashboard(scope, aws, name, monitored.region, [
    {
      title: 'Processor of each slot, in percent',
      statistic: 'Maximum',
      metrics: curves('CPUUtilization'),
    },
    {
      title: 'Memory of each slot, in percent',
      statistic: 'Maximum',
      metrics: curves('MemoryUtilization'),
    },
    { title: 'Tasks of each slot', statistic: 'SampleCount', metrics: curves('CPUUtilization') },
  ]);
}
