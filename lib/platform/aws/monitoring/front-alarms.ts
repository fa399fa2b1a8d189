import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import { Construct } from 'constructs';
import { alarms } from './alarms';
import type { AwsContext } from '../base/aws-context';
import type { Widget } from './dashboard';
import { dashboard } from './dashboard';
import { hostAlarms } from './host-alarms';
import { hostMetric, type MonitoredFront } from './monitored-front';
import { CROWDED_FACTOR } from './metrics';

/**
 * A front behind a load balancer.
 *
 * @internal
 */
export interface BalancedFront extends MonitoredFront {
  readonly balancer: Lb;
  /** Namespace of the load balancer's metrics, e.g. "AWS/NetworkELB". */
  readonly balancerNamespace: string;
  readonly targetGroup: LbTargetGroup;
  readonly group: AutoscalingGroup;
  /** Undefined where nginx terminates TLS. */
  readonly certificateArn?: string;
  readonly connectionsPerHost: number;
}

/**
 * Adds hosts as connections grow, and creates the alarms and the dashboard of a front behind a load balancer.
 *
 * Hosts are never removed automatically: a host that is removed takes its connections with it.
 *
 * @internal
 */
export function frontAlarms(scope: Construct, aws: AwsContext, front: BalancedFront): void {
  const { metric, group, balancer, targetGroup } = front;
  const { bindings, provider } = aws;
  new bindings.AutoscalingPolicy(scope, 'Scaling', {
    provider,
    name: aws.resourceName(200, front.name, 'connections'),
    autoscalingGroupName: group.name,
    policyType: 'TargetTrackingScaling',
    targetTrackingConfiguration: {
      customizedMetricSpecification: {
        namespace: metric.namespace,
        metricName: 'ActiveConnections',
        metricDimension: [{ name: metric.name, value: metric.value }],
        // Each host reports its count under the front's name, and open WebSockets stay where they are. So the fullest
        // host decides: with the average, it would be full while a new one is empty.
        statistic: 'Maximum',
      },
      // Counts client connections only, not those to instances.
      targetValue: front.connectionsPerHost,
      disableScaleIn: true,
    },
  });
  // After the first release: hosts without one do not serve.
  const alarm = alarms(scope, aws, front.name, front.topicArns, [front.association]);
  const dimensions = {
    LoadBalancer: balancer.arnSuffix,
    TargetGroup: targetGroup.arnSuffix,
  };
  alarm('NoHealthyHost', 'No host of nginx serves.', {
    namespace: front.balancerNamespace,
    metricName: 'HealthyHostCount',
    dimensions,
    statistic: 'Maximum',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: 'breaching',
  });
  alarm('UnhealthyHost', 'A host of nginx does not serve.', {
    namespace: front.balancerNamespace,
    metricName: 'UnHealthyHostCount',
    dimensions,
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    // A new host is unhealthy until its first release.
    evaluationPeriods: 20,
    treatMissingData: 'notBreaching',
  });
  const widgets = monitorAnswers(scope, aws, front, alarm);
  if (front.certificateArn !== undefined) {
    alarm('Certificate', 'The certificate ends soon: AWS has not renewed it.', {
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensions: { CertificateArn: front.certificateArn },
      statistic: 'Minimum',
      comparisonOperator: 'LessThanThreshold',
      threshold: 30,
      // AWS publishes it twice a day.
      period: 86_400,
      evaluationPeriods: 1,
      treatMissingData: 'missing',
    });
  }
  alarm(
    'Crowded',
    'The fullest host of nginx has far more connections than it should, and clients stay there.',
    {
      namespace: metric.namespace,
      metricName: 'ActiveConnections',
      dimensions: { [metric.name]: metric.value },
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: Math.round(front.connectionsPerHost * CROWDED_FACTOR),
      evaluationPeriods: 10,
      treatMissingData: 'notBreaching',
    },
  );
  const balancerMetric = (metricName: string) => [
    front.balancerNamespace,
    metricName,
    ...Object.entries(dimensions).flat(),
  ];
  const connections = hostMetric(front, 'ActiveConnections');
  const loads = hostAlarms(front, alarm, { AutoScalingGroupName: group.name });
  dashboard(scope, aws, front.name, front.region, [
    { title: 'Connections of a host, on average', statistic: 'Average', metrics: [connections] },
    { title: 'Connections of the fullest host', statistic: 'Maximum', metrics: [connections] },
    {
      title: 'Hosts that serve, and that do not',
      statistic: 'Maximum',
      metrics: [balancerMetric('HealthyHostCount'), balancerMetric('UnHealthyHostCount')],
    },
    ...loads,
    ...widgets,
  ]);
}

/**
 * Creates the alarms that every front has: failed answers and, where nginx terminates TLS, the expiry of the
 * certificate.
 *
 * @returns their widgets
 * @internal
 */
export function monitorAnswers(
  scope: Construct,
  aws: AwsContext,
  front: MonitoredFront,
  alarm: ReturnType<typeof alarms>,
): Widget[] {
  const { bindings, provider } = aws;
  const { metric } = front;
  const failures = {
    namespace: metric.namespace,
    metricName: `${aws.name}-${front.name}-5xx`,
  };
  const filters = new Construct(scope, 'FailureFilters');
  // One filter per format of the access log.
  for (const [id, pattern] of [
    ['Readable', '[client, time, request, status=5*, ...]'],
    ['Json', '{ $.status = "5*" }'],
  ] as const) {
    new bindings.CloudwatchLogMetricFilter(filters, id, {
      provider,
      name: aws.resourceName(200, front.name, '5xx', id.toLowerCase()),
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
  const widget: Widget = {
    title: 'Answers with 5xx',
    statistic: 'Sum',
    metrics: [[failures.namespace, failures.metricName]],
  };
  if (!front.speaksTls) {
    return [widget];
  }
  alarm('Certificate', 'The certificate ends soon: nobody has put a renewed one into its secret.', {
    namespace: metric.namespace,
    metricName: 'CertificateDays',
    dimensions: { [metric.name]: metric.value },
    statistic: 'Minimum',
    comparisonOperator: 'LessThanThreshold',
    // ACME clients renew when a third of the lifetime is left: 30 days of 90, and 15 of 45.
    threshold: 14,
    period: 3600,
    evaluationPeriods: 1,
    treatMissingData: 'missing',
  });
  return [
    widget,
    {
      title: 'Days until the certificate ends',
      statistic: 'Minimum',
      metrics: [hostMetric(front, 'CertificateDays')],
    },
  ];
}
