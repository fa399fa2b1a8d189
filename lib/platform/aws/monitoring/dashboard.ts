import type { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * A metric of a widget: namespace, metric name, then names and values of its dimensions.
 *
 * @internal
 */
export type WidgetMetric = readonly string[];

/**
 * A graph widget of a dashboard.
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
 * Creates a dashboard with two widgets per row.
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
    // Dashboard names are unique in the account across all regions.
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
