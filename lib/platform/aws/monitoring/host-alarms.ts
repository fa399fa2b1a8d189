import type { alarms } from './alarms';
import type { Widget } from './dashboard';
import { hostMetric, type MonitoredFront } from './monitored-front';

/** Five minutes: AWS publishes the credits of burstable types no more often. */
const CREDIT_PERIOD = 300;

/**
 * Creates the alarms on memory, disk and processor credits of nginx hosts.
 *
 * @param hosts - dimension under which AWS publishes the metrics of the hosts
 * @returns their widgets
 * @internal
 */
export function hostAlarms(
  front: MonitoredFront,
  alarm: ReturnType<typeof alarms>,
  hosts: Readonly<Record<string, string>>,
): Widget[] {
  const { metric } = front;
  const used = (metricName: string) => ({
    namespace: metric.namespace,
    metricName,
    dimensions: { [metric.name]: metric.value },
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 85,
    evaluationPeriods: 5,
    treatMissingData: 'notBreaching',
  });
  alarm('Memory', 'A host of nginx has little memory left.', used('MemoryUsed'));
  alarm('Disk', 'The disk of a host of nginx is nearly full.', used('DiskUsed'));
  const widget: Widget = {
    title: 'Memory and disk of the fullest host, %',
    statistic: 'Maximum',
    metrics: [hostMetric(front, 'MemoryUsed'), hostMetric(front, 'DiskUsed')],
  };
  // Only burstable types have credits.
  if (!/^t\d/.test(front.instanceType)) {
    return [widget];
  }
  const credits = { namespace: 'AWS/EC2', metricName: 'CPUCreditBalance', dimensions: hosts };
  alarm('Credits', 'A host of nginx has used its processor credits, and more cost extra.', {
    ...credits,
    statistic: 'Minimum',
    comparisonOperator: 'LessThanThreshold',
    threshold: 5,
    period: CREDIT_PERIOD,
    // A new host has none, and earns six or more in an hour.
    evaluationPeriods: 12,
    treatMissingData: 'notBreaching',
  });
  return [
    widget,
    {
      title: 'Processor credits of the busiest host',
      statistic: 'Minimum',
      metrics: [[credits.namespace, credits.metricName, ...Object.entries(hosts).flat()]],
    },
  ];
}
