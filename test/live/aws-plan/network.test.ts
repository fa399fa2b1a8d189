// What the network and the names of a platform may be beside the simple ways, with Terraform's own plugin.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import {
  AwsDnsRouting,
  AwsDnsValidation,
  AwsEntry,
  AwsNetwork,
  AwsProtocol,
  type AwsPlatformProps,
} from 'cdktf-aiwm/aws';
import { Construct } from 'constructs';
import { AwsSite, CERTIFICATE, synthesizeAws } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { mockRun, type MockData, type MockRun } from '../../support/aws/mock-run';
import { rulesOf, sentencesOf } from '../../support/aws/security-groups';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

const ZONE = 'Z0123456789ABCDEFGHIJ';
const GROUP = 'sg-0a1b2c3d4e5f60731';

describeWithAws('network and names', (plugin) => {
  async function run(build: (site: AwsSite) => unknown, data: MockData = {}): Promise<MockRun> {
    const folder = new StackFolder(synthesizeAws(build).json as StackJson, plugin);
    await folder.init();
    return mockRun(folder, [], {}, { data });
  }

  test('DNS servers, endpoints, further groups and two fronts in a network with IPv6', async () => {
    const { errors, resources } = await run((site) => {
      const provider = new AwsProvider(site.scope, 'Aws', {
        region: 'eu-central-1',
        defaultTags: [{ tags: { owner: 'chat' } }],
      });
      const network = new AwsNetwork(site.scope, 'Network', {
        provider,
        zones: 3,
        natGateways: 3,
        ipv6: true,
      });
      site.platform({
        provider,
        network,
        region: undefined,
        entry: AwsEntry.nlb({ ipv6: true, proxyProtocol: true }),
        dnsServers: ['10.0.0.53', 'fd00::53'],
        httpsEgress: [{ securityGroupId: GROUP }, { prefixListId: 'pl-6ea54007' }],
        nginxEgress: [{ port: 514, range: '10.0.9.0/24', protocol: AwsProtocol.UDP }],
        nginxSecurityGroupIds: [GROUP],
        instanceSecurityGroupIds: [GROUP],
      });
      const cluster = site.cluster();
      const tls = TlsCertificate.acm(CERTIFICATE);
      site.front({ cluster, tls });
      const serverName = 'www.example.org';
      return new NginxWsFrontend(site.scope, 'Second', { cluster, tls, serverName });
    });
    expect(errors).toEqual([]);
    const rules = sentencesOf(rulesOf(resources)).filter((each) => /Platform_\w+ ->/.test(each));
    const ofBoth = (to: string) =>
      ['Instance', 'Nginx'].map((from) => `Platform_${from}SecurityGroup -> ${to}`);
    expect(rules).toEqual(
      [
        'Platform_NginxSecurityGroup -> 10.0.9.0/24: udp 514',
        'Platform_NginxSecurityGroup -> Platform_InstanceSecurityGroup: tcp 3003',
        ...[
          ...['10.0.0.53/32', 'fd00::53/128'].flatMap((each) => [
            `${each}: tcp 53`,
            `${each}: udp 53`,
          ]),
          `${GROUP}: tcp 443`,
          'pl-6ea54007: tcp 443',
        ].flatMap(ofBoth),
      ].sort(),
    );
    const count = (type: string) => resources.filter((each) => each.type === type).length;
    expect(['aws_nat_gateway', 'aws_lb', 'aws_autoscaling_group'].map(count)).toEqual([3, 2, 2]);
    const subnets = resources.filter(
      ({ type, mode }) => type === 'aws_subnet' && mode === 'managed',
    );
    expect(new Set(subnets.map(({ values }) => values.ipv6_cidr_block)).size).toBe(6);
  });

  describe('names of two platforms', () => {
    const beside =
      (first: Partial<AwsPlatformProps>, second: Partial<AwsPlatformProps>) => (site: AwsSite) =>
        [first, second].map((props, index) => {
          const own = new AwsSite(new Construct(site.scope, index === 0 ? 'Blue' : 'Green'));
          own.platform(props);
          return own.front({ tls: TlsCertificate.acm() });
        });
    const dns = (routing: AwsDnsRouting) => ({ dns: { hostedZoneId: ZONE, routing } });

    test.each([
      ['by weight', dns(AwsDnsRouting.weighted(90)), dns(AwsDnsRouting.weighted(10))],
      [
        'by latency',
        dns(AwsDnsRouting.latency()),
        { ...dns(AwsDnsRouting.latency()), region: 'us-east-1' },
      ],
    ])('%s', async (_, first, second) => {
      const { errors, resources } = await run(beside(first, second));
      expect(errors).toEqual([]);
      const keys = resources
        .filter(({ type }) => type === 'aws_route53_record')
        .map(({ values }) => `${String(values.name)} ${String(values.set_identifier)}`);
      expect(keys).toHaveLength(4);
      expect(new Set(keys).size).toBe(4);
    });
  });

  describe('the zone of the validation', () => {
    const front = (dns: AwsPlatformProps['dns']) => (site: AwsSite) => {
      site.platform({ dns });
      return site.front({ tls: TlsCertificate.acm() });
    };
    test('is not needed for records that exist', async () => {
      const validation = AwsDnsValidation.existingRecords();
      const { errors } = await run(front({ hostedZoneId: ZONE, validation }));
      expect(errors).toEqual([]);
    });

    test.each([
      ['has the name', 'example.org', []],
      [
        'has another one: refused at plan',
        'example.com',
        [expect.stringContaining('chat.example.org is not in the hosted zone example.com, so it')],
      ],
    ])('%s', async (_, name, expected) => {
      const { errors } = await run(front({ validation: AwsDnsValidation.zone(ZONE) }), {
        aws_route53_zone: { name },
      });
      expect(errors).toEqual(expected);
    });
  });
});
