import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { CloudwatchMetricAlarmConfig } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import { Construct } from 'constructs';
import type { AwsPlace } from './aws-place';
import { dashboard } from './dashboard';
import type { RedisNode } from './redis';

/**
 * What is watched at a front.
 *
 * @internal
 */
export interface WatchedFront {
  readonly name: string;
  readonly balancer: Lb;
  readonly targetGroup: LbTargetGroup;
  readonly group: AutoscalingGroup;
  readonly metric: { readonly namespace: string; readonly name: string; readonly value: string };
  readonly logGroupName: string;
  /** Undefined where nginx speaks TLS. */
  readonly certificateArn?: string;
  readonly connectionsPerHost: number;
  readonly topicArns: readonly string[];
  readonly region: string;
}

/**
 * More hosts for more connections, and never fewer by itself: a host that goes takes its connections with it. And a word
 * to somebody when hosts fail or no more can come.
 *
 * @internal
 */
export function frontAlarms(scope: Construct, place: AwsPlace, front: WatchedFront): void {
  const { metric, group, balancer, targetGroup } = front;
  const { bindings, provider } = place;
  new bindings.AutoscalingPolicy(scope, 'Scaling', {
    provider,
    name: place.named(200, front.name, 'connections'),
    autoscalingGroupName: group.name,
    policyType: 'TargetTrackingScaling',
    targetTrackingConfiguration: {
      customizedMetricSpecification: {
        namespace: metric.namespace,
        metricName: 'ActiveConnections',
        // Each host tells its own count under the name of the front, so that their average is that of a host.
        metricDimension: [{ name: metric.name, value: metric.value }],
        statistic: 'Average',
      },
      // Connections of clients alone; those to instances are not among them.
      targetValue: front.connectionsPerHost,
      disableScaleIn: true,
    },
  });
  const alarm = alarms(scope, place, front.name, front.topicArns);
  const dimensions = {
    LoadBalancer: balancer.arnSuffix,
    TargetGroup: targetGroup.arnSuffix,
  };
  alarm('NoHealthyHost', 'No host of nginx serves.', {
    namespace: 'AWS/NetworkELB',
    metricName: 'HealthyHostCount',
    dimensions,
    statistic: 'Maximum',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: 'breaching',
  });
  alarm('UnhealthyHost', 'A host of nginx does not serve.', {
    namespace: 'AWS/NetworkELB',
    metricName: 'UnHealthyHostCount',
    dimensions,
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    // A new host is one as well, until it has its first release.
    evaluationPeriods: 20,
    treatMissingData: 'notBreaching',
  });
  const failures = {
    namespace: metric.namespace,
    metricName: `${place.name}-${front.name}-5xx`,
  };
  const filters = new Construct(scope, 'FailureFilters');
  // One for each form that the access log can have.
  for (const [id, pattern] of [
    ['Readable', '[client, time, request, status=5*, ...]'],
    ['Json', '{ $.status = "5*" }'],
  ] as const) {
    new bindings.CloudwatchLogMetricFilter(filters, id, {
      provider,
      name: place.named(200, front.name, '5xx', id.toLowerCase()),
      logGroupName: front.logGroupName,
      pattern,
      metricTransformation: {
        namespace: failures.namespace,
        name: failures.metricName,
        value: '1',
        unit: 'Count',
      },
    });
  }
  alarm('Failures', 'Clients are answered with 5xx: handshakes or calls that no instance takes.', {
    ...failures,
    statistic: 'Sum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 10,
    evaluationPeriods: 3,
    treatMissingData: 'notBreaching',
  });
  if (front.certificateArn !== undefined) {
    alarm('Certificate', 'The certificate ends soon: AWS has not renewed it.', {
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensions: { CertificateArn: front.certificateArn },
      statistic: 'Minimum',
      comparisonOperator: 'LessThanThreshold',
      threshold: 30,
      // AWS tells it twice a day.
      period: 86_400,
      evaluationPeriods: 1,
      treatMissingData: 'missing',
    });
  }
  alarm(
    'Crowded',
    'Hosts of nginx have more connections than they should, and no more hosts come.',
    {
      namespace: metric.namespace,
      metricName: 'ActiveConnections',
      dimensions: { [metric.name]: metric.value },
      statistic: 'Average',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: Math.round(front.connectionsPerHost * 1.5),
      evaluationPeriods: 10,
      treatMissingData: 'notBreaching',
    },
  );
  const ofBalancer = (metricName: string) => [
    'AWS/NetworkELB',
    metricName,
    ...Object.entries(dimensions).flat(),
  ];
  const connections = [metric.namespace, 'ActiveConnections', metric.name, metric.value];
  dashboard(scope, place, front.name, front.region, [
    { title: 'Connections of a host, on average', statistic: 'Average', curves: [connections] },
    { title: 'Connections of the fullest host', statistic: 'Maximum', curves: [connections] },
    {
      title: 'Hosts that serve, and that do not',
      statistic: 'Maximum',
      curves: [ofBalancer('HealthyHostCount'), ofBalancer('UnHealthyHostCount')],
    },
    {
      title: 'Answers with 5xx',
      statistic: 'Sum',
      curves: [[failures.namespace, failures.metricName]],
    },
  ]);
}

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
  | 'threshold'
  | 'comparisonOperator'
  | 'evaluationPeriods'
  | 'treatMissingData'
  | 'period'
>;

function alarms(scope: Construct, place: AwsPlace, name: string, topicArns: readonly string[]) {
  const folder = new Construct(scope, 'Alarms');
  return (id: string, description: string, watch: Watch): void => {
    const called = place.named(255, name, id.toLowerCase());
    new place.bindings.CloudwatchMetricAlarm(folder, id, {
      ...place.tagged(called),
      alarmName: called,
      alarmDescription: description,
      period: 60,
      ...watch,
      alarmActions: [...topicArns],
      okActions: [...topicArns],
    });
  };
}
