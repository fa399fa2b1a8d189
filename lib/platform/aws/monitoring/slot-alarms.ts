import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { alarms } from './alarms';
import type { AwsContext } from '../base/aws-context';
import { dashboard } from './dashboard';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from './metrics';

const METRIC = 'SlotConnections';

/** For a host that is replaced: to boot, to make itself known, and to fetch the image. */
const REPLACEMENT_MINUTES = 10;

/**
 * What is watched at the slots of a cluster.
 *
 * @internal
 */
export interface MonitoredSlots {
  readonly name: string;
  /** Under what its hosts tell their connections. */
  readonly cluster: string;
  /** How many there are. */
  readonly slots: number;
  /** How long a release may take to stop one instance and to start the next. */
  readonly restartMs: number;
  /** Brings the hosts their release. */
  readonly association: ITerraformDependable;
  readonly topicArns: readonly string[];
  readonly region: string;
}

/**
 * A word to somebody when an instance is not up, or has far more connections than its share.
 *
 * Each host tells the connections of its instance twice: under its cluster, where the average and the fullest of any number
 * of slots are at hand (an alarm computes with ten metrics at most), and under its slot.
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
  // Not before the first release: hosts without one have nothing to tell.
  const alarm = alarms(scope, aws, name, monitored.topicArns, [monitored.association]);
  each.forEach((dimensions, index) => {
    alarm(`Silent${index + 1}`, `Slot ${index + 1} does not tell that its instance is well.`, {
      namespace: METRIC_NAMESPACE,
      metricName: METRIC,
      dimensions,
      statistic: 'SampleCount',
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      // An alarm for each, and not one that counts: a release silences one slot after another for as long as it takes.
      evaluationPeriods: REPLACEMENT_MINUTES + Math.ceil(monitored.restartMs / 60_000),
      treatMissingData: 'breaching',
    });
  });
  // Of two, one has twice the average after every release: its clients stay where they went meanwhile.
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
          // Few say nothing, and idle connections that nginx keeps for its next requests are among them.
          expression: 'IF(average > 100, fullest / average, 1)',
          returnData: true,
        },
      ],
      comparisonOperator: 'GreaterThanThreshold',
      // A release leaves 1.9 at most, and drained slots 2 until they are more than half of all.
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
