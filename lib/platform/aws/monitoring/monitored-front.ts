import type { ITerraformDependable } from 'cdktf';
import type { WidgetMetric } from './dashboard';

/**
 * A front whose alarms are created.
 *
 * @internal
 */
export interface MonitoredFront {
  readonly name: string;
  /** Namespace and dimension under which its hosts report metrics. */
  readonly metric: { readonly namespace: string; readonly name: string; readonly value: string };
  /** Instance type of its hosts. */
  readonly instanceType: string;
  readonly logGroupName: string;
  /** Whether nginx terminates TLS, so that its hosts report the days until the certificate expires. */
  readonly speaksTls: boolean;
  readonly topicArns: readonly string[];
  readonly region: string;
  /** Association that delivers releases to the hosts. */
  readonly association: ITerraformDependable;
}

/**
 * A metric that the hosts of a front report.
 *
 * @internal
 */
export function hostMetric({ metric }: MonitoredFront, metricName: string): WidgetMetric {
  return [metric.namespace, metricName, metric.name, metric.value];
}
