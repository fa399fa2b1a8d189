import type { CloudwatchMetricAlarmConfig } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsPlace } from './aws-place';
import { dashboard } from './dashboard';
import type { RedisNode } from './redis';

/**
 * What is watched at a Redis.
 *
 * @internal
 */
export function redisAlarms(
  scope: Construct,
  place: AwsPlace,
  name: string,
  nodes: readonly RedisNode[],
  topicArns: readonly string[],
  region: string,
): void {
  const alarm = alarms(scope, place, name, topicArns);
  for (const { id, title, cacheClusterId } of nodes) {
    const dimensions = { CacheClusterId: cacheClusterId };
    alarm(`Busy${id}`, `${title} of the backplane has no time left.`, {
      namespace: 'AWS/ElastiCache',
      metricName: 'EngineCPUUtilization',
      dimensions,
      statistic: 'Average',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 80,
      evaluationPeriods: 5,
      treatMissingData: 'notBreaching',
    });
    alarm(`Lag${id}`, `${title} of the backplane lags behind its primary.`, {
      namespace: 'AWS/ElastiCache',
      metricName: 'ReplicationLag',
      dimensions,
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 5,
      evaluationPeriods: 5,
      // A primary has none to tell.
      treatMissingData: 'notBreaching',
    });
  }
  const each = (metricName: string) =>
    nodes.map(({ cacheClusterId }) => [
      'AWS/ElastiCache',
      metricName,
      'CacheClusterId',
      cacheClusterId,
    ]);
  dashboard(scope, place, name, region, [
    { title: 'Time of the engine, %', statistic: 'Average', curves: each('EngineCPUUtilization') },
    { title: 'Lag of replicas, s', statistic: 'Maximum', curves: each('ReplicationLag') },
    { title: 'Connections', statistic: 'Maximum', curves: each('CurrConnections') },
    { title: 'Sent, bytes', statistic: 'Sum', curves: each('NetworkBytesOut') },
  ]);
}

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
