import type { CloudwatchMetricAlarmConfig } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsPlace } from '../base/aws-context';

type Watch = Pick<
  CloudwatchMetricAlarmConfig,
  | 'namespace'
  | 'metricName'
  | 'dimensions'
  | 'statistic'
  | 'metricQuery'
  | 'threshold'
  | 'comparisonOperator'
  | 'evaluationPeriods'
  | 'datapointsToAlarm'
  | 'treatMissingData'
  | 'period'
>;

/**
 * Makes the alarms of one part: each tells the topics when it goes off, and when it is over.
 *
 * @param dependsOn - what has to be there first, or an alarm would go off over what is still being made
 * @internal
 */
export function alarms(
  scope: Construct,
  place: AwsPlace,
  name: string,
  topicArns: readonly string[],
  dependsOn?: ITerraformDependable[],
): (id: string, description: string, watch: Watch) => void {
  const folder = new Construct(scope, 'Alarms');
  return (id, description, watch) => {
    const called = place.named(255, name, id.toLowerCase());
    new place.bindings.CloudwatchMetricAlarm(folder, id, {
      ...place.tagged(called),
      alarmName: called,
      alarmDescription: description,
      // Metrics that are computed with have periods of their own.
      ...(watch.metricQuery === undefined ? { period: 60 } : {}),
      ...watch,
      alarmActions: [...topicArns],
      okActions: [...topicArns],
      dependsOn,
    });
  };
}
