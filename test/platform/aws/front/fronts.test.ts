// Several fronts on one platform: each has an entry and hosts of its own.
import { NginxWsFrontend, TlsCertificate, type NginxWsFrontendProps } from 'cdktf-aiwm';
import { AwsEntry, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { AwsSite, CERTIFICATE, synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { waysIn } from '../../../support/aws/whole-stack';
import { byConstruct } from '../../../support/stack/addresses';
import { refusalOn } from '../../../support/stack/refusal';

const ZONE = 'Z0123456789ABCDEFGHIJ';

function addFronts(
  site: AwsSite,
  on: Partial<AwsPlatformProps>,
  second: Partial<NginxWsFrontendProps>,
): NginxWsFrontend[] {
  site.platform(on);
  const cluster = site.cluster();
  const props = { cluster, tls: TlsCertificate.acm(CERTIFICATE), ...second };
  return [
    site.front({ cluster, tls: props.tls }),
    new NginxWsFrontend(site.scope, 'Second', { serverName: 'www.example.org', ...props }),
  ];
}

const fronts = (on: Partial<AwsPlatformProps> = {}, second: Partial<NginxWsFrontendProps> = {}) =>
  synthesizeAws((site) => addFronts(site, on, second));

/** Arguments that AWS accepts only once. */
const NAMES: Readonly<Record<string, string>> = {
  aws_autoscaling_group: 'name',
  aws_cloudwatch_dashboard: 'dashboard_name',
  aws_cloudwatch_log_group: 'name',
  aws_cloudwatch_metric_alarm: 'alarm_name',
  aws_launch_template: 'name',
  aws_lb: 'name',
  aws_lb_target_group: 'name',
  aws_s3_object: 'key',
  aws_security_group: 'name',
  aws_ssm_association: 'association_name',
  aws_ssm_document: 'name',
};

function namesOf(stack: SynthesizedStack): string[] {
  return Object.entries(NAMES).flatMap(([type, argument]) =>
    Object.values(byConstruct(stack, type))
      .filter((each) => argument in each)
      .map((each) => `${type} ${String(each[argument])}`),
  );
}

test('have names of their own for all that AWS has once', () => {
  const names = namesOf(fronts());
  expect(names.filter((each) => each.startsWith('aws_lb '))).toEqual([
    'aws_lb chat-platform-frontend',
    'aws_lb chat-platform-second',
  ]);
  expect([...new Set(names)]).toEqual(names);
});

test('a second front changes nothing of the first', () => {
  const both = fronts().json.resource!;
  const alone = synthesizeAws((site) => site.front()).json.resource!;
  for (const [type, resources] of Object.entries(alone)) {
    expect(both[type]).toMatchObject(resources);
  }
});

test('each load balancer reaches nginx, and each host finds its own releases', () => {
  const stack = fronts();
  expect(waysIn(stack).filter((way) => way.startsWith('Platform_Nginx'))).toEqual(
    ['Frontend', 'Second'].flatMap((front) =>
      [8080, 8082, 8444].map(
        (port) => `Platform_NginxSecurityGroup from ${front}_EntrySecurityGroup at ${port}`,
      ),
    ),
  );
  const tags = Object.values(byConstruct(stack, 'aws_autoscaling_group')).map(
    (group) => /"aiwm-front" = "([^"]*)"/.exec(JSON.stringify(group).replaceAll('\\"', '"'))?.[1],
  );
  expect(tags).toEqual(['chat-platform-frontend', 'chat-platform-second']);
});

test('the platform knows the entry of each', () => {
  const site = AwsSite.alone();
  const [first, second] = addFronts(site, {}, {});
  const platform = site.platform();
  expect(platform.frontOf(first!)!.loadBalancer).toBe(platform.loadBalancer);
  expect(platform.frontOf(second!)!.loadBalancer!.nameInput).toBe('stack-platform-second');
  expect(platform.frontOf(second!)!.nginxGroup).not.toBe(platform.nginxGroup);
  expect(platform.entryAddress).toBe(platform.frontOf(first!)!.entryAddress);
  expect(platform.frontOf(site.scope)).toBeUndefined();
});

test('have records of their own', () => {
  const stack = fronts({ hostedZoneId: ZONE }, { tls: TlsCertificate.acm() });
  expect(Object.keys(byConstruct(stack, 'aws_route53_record')).sort()).toEqual([
    'Frontend_Names_Ipv4-chatexampleorg',
    'Frontend_ValidationRecords_Name-chatexampleorg',
    'Second_Names_Ipv4-wwwexampleorg',
    'Second_ValidationRecords_Name-wwwexampleorg',
  ]);
});

test('one name for two of them is refused', () => {
  const site = AwsSite.alone();
  addFronts(site, { hostedZoneId: ZONE }, { serverName: 'CHAT.example.org' });
  const faults = site.scope.node.findAll().flatMap(({ node }) => node.validate());
  expect(faults).toEqual([
    expect.stringContaining('serverName: Stack/Frontend has the same DNS record'),
  ]);
});

test('a single host has one front, because its ports are taken', () => {
  const { message } = refusalOn(AwsSite.alone(), (site) =>
    addFronts(site, { entry: AwsEntry.single() }, { tls: TlsCertificate.fromSecret(TLS_SECRET) }),
  );
  expect(message).toContain('Stack/Second: platform: Stack/Platform already has a front');
  expect(message).toMatchSnapshot();
});
