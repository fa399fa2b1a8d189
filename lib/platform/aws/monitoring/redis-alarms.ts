import type { Construct } from 'constructs';
import { alarms } from './alarms';
import type { AwsContext } from '../base/aws-context';
import { dashboard } from './dashboard';
import type { RedisNode } from '../redis/nodes';

/**
 * Creates the alarms and the dashboard of a Redis.
 *
 * @internal
 */
export function redisAlarms(
  scope: Construct,
  aws: AwsContext,
  name: string,
  nodes: readonly RedisNode[],
  topicArns: readonly string[],
  region: string,
): void {
  const alarm = alarms(scope, aws, name, topicArns);
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
      // A primary reports no lag.
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
  dashboard(scope, aws, name, region, [
    { title: 'Time of the engine, %', statistic: 'Average', metrics: each('EngineCPUUtilization') },
    { title: 'Lag of replicas, s', statistic: 'Maximum', metrics: each('ReplicationLag') },
    { title: 'Connections', statistic: 'Maximum', metrics: each('CurrConnections') },
    { title: 'Sent, bytes', statistic: 'Sum', metrics: each('NetworkBytesOut') },
  ]);
}
