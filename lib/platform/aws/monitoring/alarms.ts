import type { CloudwatchMetricAlarmConfig } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

type AlarmCondition = Pick<
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
 * Returns a function that creates the alarms of one part. Each notifies the topics when it goes off and when it is
 * over.
 *
 * @param dependsOn - resources that must exist first, so that no alarm goes off during their creation
 * @internal
 */
export function alarms(
  scope: Construct,
  aws: AwsContext,
  name: string,
  topicArns: readonly string[],
  dependsOn?: ITerraformDependable[],
): (id: string, description: string, condition: AlarmCondition) => void {
  const group = new Construct(scope, 'Alarms');
  return (id, description, condition) => {
    const alarmName = aws.resourceName(255, name, id.toLowerCase());
    new aws.bindings.CloudwatchMetricAlarm(group, id, {
      ...aws.commonArguments(alarmName),
      alarmName,
      alarmDescription: description,
      // Metrics of a metric query have periods of their own.
      ...(condition.metricQuery === undefined ? { period: 60 } : {}),
      ...condition,
      alarmActions: [...topicArns],
      okActions: [...topicArns],
      dependsOn,
    });
  };
}
