// Which lines of a real nginx the filters of AwsPlatform count as failures.
import { AccessLog, Upstream } from 'cdktf-aiwm';
import { synthesizeAws } from '../../support/aws/aws-site';
import { matchesPattern } from '../../support/aws/filter-pattern';
import { EchoServer } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import { RenderedFront } from '../../support/front/rendered-front';
import { cleanUp } from '../../support/machine/clean-up';
import { freePort } from '../../support/machine/free-ports';
import { byConstruct } from '../../support/stack/addresses';

afterAll(cleanUp);

const patterns = Object.values(
  byConstruct(
    synthesizeAws((site) => site.front()),
    'aws_cloudwatch_log_metric_filter',
  ),
).map(({ pattern }) => pattern as string);

/** How often a line is counted. */
const counted = (line: string) => patterns.filter((each) => matchesPattern(each, line)).length;

test.each([
  ['readable', AccessLog.READABLE],
  ['JSON', AccessLog.JSON],
])('answers with 5xx and no others, once each, in the %s log', async (_, accessLog) => {
  const server = await EchoServer.start();
  const front = await RenderedFront.start({
    accessLog,
    upstream: Upstream.servers([server.address]),
  });
  expect((await request(`${front.url}/dev/aiwm/users?status=500`)).status).toBe(200);
  expect((await request(`${front.url}/500`)).status).toBe(404);
  await front.nginx.waitForAccessLog(/404/);
  expect(front.nginx.accessLog().map(counted)).toEqual([0, 0]);

  await front.reload({ upstream: Upstream.servers([`127.0.0.1:${await freePort()}`]) });
  expect((await request(`${front.url}/dev/aiwm/users`)).status).toBe(502);
  await front.nginx.waitForAccessLog(/502/);
  expect(front.nginx.accessLog().map(counted)).toEqual([0, 0, 1]);

  // Why the error log is in a group of its own: its fourth word is a process id.
  const [line = ''] = front.nginx.errorLog().filter((each) => each.includes('connect() failed'));
  expect(counted(line.replace(/ \d+#\d+:/, ' 5123#5123:'))).toBe(1);
});
