import type { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * One curve: namespace, metric, and names and values of its dimensions.
 *
 * @internal
 */
export type WidgetMetric = readonly string[];

/**
 * One picture of a dashboard.
 *
 * @internal
 */
export interface Widget {
  readonly title: string;
  readonly statistic: string;
  readonly metrics: readonly WidgetMetric[];
}

const WIDTH = 12;
const HEIGHT = 6;

/**
 * Pictures, two in a row.
 *
 * @internal
 */
export function dashboard(
  scope: Construct,
  aws: AwsContext,
  name: string,
  region: string,
  widgets: readonly Widget[],
): CloudwatchDashboard {
  return new aws.bindings.CloudwatchDashboard(scope, 'Dashboard', {
    provider: aws.provider,
    // One account has them for all of its regions.
    dashboardName: `${aws.resourceName(230, name)}-${region}`,
    dashboardBody: JSON.stringify({
      widgets: widgets.map(({ title, statistic, metrics }, index) => ({
        type: 'metric',
        x: (index % 2) * WIDTH,
        y: Math.floor(index / 2) * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        properties: { title, region, stat: statistic, period: 60, metrics },
      })),
    }),
  });
}
