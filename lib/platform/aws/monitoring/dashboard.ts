import type { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import type { Construct } from 'constructs';
import type { AwsPlace } from '../base/aws-context';

/**
 * One curve: namespace, metric, and names and values of its dimensions.
 *
 * @internal
 */
export type Curve = readonly string[];

/**
 * One picture of a dashboard.
 *
 * @internal
 */
export interface Picture {
  readonly title: string;
  readonly statistic: string;
  readonly curves: readonly Curve[];
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
  place: AwsPlace,
  name: string,
  region: string,
  pictures: readonly Picture[],
): CloudwatchDashboard {
  return new place.bindings.CloudwatchDashboard(scope, 'Dashboard', {
    provider: place.provider,
    // One account has them for all of its regions.
    dashboardName: `${place.named(230, name)}-${region}`,
    dashboardBody: JSON.stringify({
      widgets: pictures.map(({ title, statistic, curves }, index) => ({
        type: 'metric',
        x: (index % 2) * WIDTH,
        y: Math.floor(index / 2) * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        properties: { title, region, stat: statistic, period: 60, metrics: curves },
      })),
    }),
  });
}
