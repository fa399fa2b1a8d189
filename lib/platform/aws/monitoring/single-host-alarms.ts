import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Construct } from 'constructs';
import { alarms } from './alarms';
import type { AwsContext } from '../base/aws-context';
import { dashboard } from './dashboard';
import { monitorAnswers } from './front-alarms';
import { hostAlarms } from './host-alarms';
import { hostMetric, type MonitoredFront } from './monitored-front';

/**
 * A front on a single host.
 *
 * @internal
 */
export interface SingleFront extends MonitoredFront {
  readonly host: Instance;
  /** Number of files that nginx may open. */
  readonly openFiles: number;
}

/**
 * Creates the alarms and the dashboard of a front on a single host.
 *
 * No load balancer checks whether nginx serves. Instead, the host reports its open connections as long as it does.
 *
 * @internal
 */
export function singleHostAlarms(scope: Construct, aws: AwsContext, front: SingleFront): void {
  const { metric } = front;
  const connections = {
    namespace: metric.namespace,
    metricName: 'ActiveConnections',
    dimensions: { [metric.name]: metric.value },
  };
  const checks = {
    namespace: 'AWS/EC2',
    metricName: 'StatusCheckFailed',
    dimensions: { InstanceId: front.host.id },
  };
  // After the first release: a host without one reports nothing.
  const alarm = alarms(scope, aws, front.name, front.topicArns, [front.association]);
  alarm('NoHealthyHost', 'nginx does not serve, or its host does not tell that it does.', {
    ...connections,
    statistic: 'SampleCount',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    // A reboot takes less.
    evaluationPeriods: 3,
    treatMissingData: 'breaching',
  });
  alarm('StatusCheck', 'AWS finds the host of nginx broken, or what it runs on.', {
    ...checks,
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: 3,
    // A stopped host has no status checks; the alarm above covers it.
    treatMissingData: 'notBreaching',
  });
  const widgets = [
    ...hostAlarms(front, alarm, { InstanceId: front.host.id }),
    ...monitorAnswers(scope, aws, front, alarm),
  ];
  alarm(
    'Crowded',
    'nginx has more connections than expectedConnections says, and soon takes no more.',
    {
      ...connections,
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      // A proxied WebSocket takes two files.
      threshold: Math.floor(front.openFiles / 2),
      evaluationPeriods: 10,
      treatMissingData: 'notBreaching',
    },
  );
  dashboard(scope, aws, front.name, front.region, [
    {
      title: 'Connections',
      statistic: 'Maximum',
      metrics: [hostMetric(front, connections.metricName)],
    },
    {
      title: 'Failed checks of the host',
      statistic: 'Maximum',
      metrics: [[checks.namespace, checks.metricName, ...Object.entries(checks.dimensions).flat()]],
    },
    ...widgets,
  ]);
}
