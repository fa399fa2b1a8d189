import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { alarms } from './alarms';
import type { AwsContext } from '../base/aws-context';
import { dashboard } from './dashboard';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from './metrics';

const METRIC = 'SlotConnections';

/** Time for a replaced host to boot, to register and to pull the image. */
const REPLACEMENT_MINUTES = 10;

/**
 * Slots of a cluster whose alarms are created.
 *
 * @internal
 */
export interface MonitoredSlots {
  readonly name: string;
  /** Dimension under which the hosts report connections. */
  readonly cluster: string;
  /** Number of slots. */
  readonly slots: number;
  /** How long a release may take to stop one instance and start the next. */
  readonly restartMs: number;
  /** Association that delivers releases to the hosts. */
  readonly association: ITerraformDependable;
  readonly topicArns: readonly string[];
  readonly region: string;
}

/**
 * Alarms when an instance is down or holds far more than its share of connections.
 *
 * Each host reports the connections of its instance twice: under its slot and under its cluster. The latter provides
 * average and maximum for any number of slots; an alarm can combine only ten metrics.
 *
 * @internal
 */
export function slotAlarms(scope: Construct, aws: AwsContext, monitored: MonitoredSlots): void {
  const { name, cluster, slots } = monitored;
  const all = { [METRIC_DIMENSION.cluster]: cluster };
  const each = Array.from({ length: slots }, (_, index) => ({
    ...all,
    [METRIC_DIMENSION.slot]: String(index + 1),
  }));
  // After the first release: hosts without one report nothing.
  const alarm = alarms(scope, aws, name, monitored.topicArns, [monitored.association]);
  each.forEach((dimensions, index) => {
    alarm(`Silent${index + 1}`, `Slot ${index + 1} does not tell that its instance is well.`, {
      namespace: METRIC_NAMESPACE,
      metricName: METRIC,
      dimensions,
      statistic: 'SampleCount',
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      // One alarm per slot rather than a count: a release silences one slot after another, for as long as it takes.
      evaluationPeriods: REPLACEMENT_MINUTES + Math.ceil(monitored.restartMs / 60_000),
      treatMissingData: 'breaching',
    });
  });
  // With two slots, one has twice the average after every release: its clients stay where they reconnected.
  if (slots > 2) {
    const query = (id: string, stat: string) => ({
      id,
      metric: {
        namespace: METRIC_NAMESPACE,
        metricName: METRIC,
        dimensions: all,
        period: 60,
        stat,
      },
      returnData: false,
    });
    alarm('Skew', 'One instance has more than twice the connections that they have on average.', {
      metricQuery: [
        query('fullest', 'Maximum'),
        query('average', 'Average'),
        {
          id: 'skew',
          label: 'Connections of the fullest instance for one of the average',
          // Small numbers mean nothing, and they include nginx's idle keepalive connections.
          expression: 'IF(average > 100, fullest / average, 1)',
          returnData: true,
        },
      ],
      comparisonOperator: 'GreaterThanThreshold',
      // A release leaves 1.9 at most, and drained slots 2 until more than half of all are drained.
      threshold: 2,
      evaluationPeriods: 15,
      datapointsToAlarm: 10,
      treatMissingData: 'notBreaching',
    });
  }
  const curve = (dimensions: Readonly<Record<string, string>>) => [
    METRIC_NAMESPACE,
    METRIC,
    ...Object.entries(dimensions).flat(),
  ];
  dashboard(scope, aws, name, monitored.region, [
    { title: 'Connections of each slot', statistic: 'Maximum', metrics: each.map(curve) },
    { title: 'Instances that are well', statistic: 'SampleCount', metrics: [curve(all)] },
  ]);
}
