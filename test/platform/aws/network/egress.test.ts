// Where hosts and instances may connect to: HTTPS, DNS servers, and what the properties add.
import { NginxWsFrontend, RedisAdapterBackplane, Secret, TlsCertificate } from 'cdktf-aiwm';
import {
  AwsEntry,
  AwsProtocol,
  type AwsDestination,
  type AwsEgress,
  type AwsPlatformProps,
} from 'cdktf-aiwm/aws';
import { TerraformVariable } from 'cdktf';
import { AwsSite, CERTIFICATE, synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { only, plain } from '../../../support/aws/whole-stack';
import { byConstruct } from '../../../support/stack/addresses';
import { refusalOn } from '../../../support/stack/refusal';
import { servers } from '../../../support/stack/site';

const platformOf = (props: (site: AwsSite) => Partial<AwsPlatformProps>) =>
  synthesizeAws((site) => {
    site.platform(props(site));
    site.front();
  });

/** "Nginx tcp 443 0.0.0.0/0", without the rules between the groups of the platform. */
function waysOut(props: Partial<AwsPlatformProps>): string[] {
  return Object.values(
    byConstruct(
      platformOf(() => props),
      'aws_vpc_security_group_egress_rule',
    ),
  )
    .filter(({ referenced_security_group_id: peer }) => !String(peer).includes('${'))
    .map((rule) => {
      const [, group] = /Platform_(\w+)SecurityGroup/.exec(plain(rule.security_group_id))!;
      const peer =
        rule.cidr_ipv4 ??
        rule.cidr_ipv6 ??
        rule.prefix_list_id ??
        rule.referenced_security_group_id;
      expect(rule.from_port).toBe(rule.to_port);
      return `${group} ${String(rule.ip_protocol)} ${String(rule.from_port)} ${String(peer)}`;
    })
    .sort();
}

const ofBoth = (...rules: string[]) =>
  ['Instance', 'Nginx'].flatMap((group) => rules.map((rule) => `${group} ${rule}`)).sort();

const GROUP = 'sg-0a1b2c3d4e5f60731';
const LIST = 'pl-0a1b2c3d';

describe('destinations', () => {
  test.each<[string, Partial<AwsPlatformProps>, string[]]>([
    ['none are given: 443 of any IPv4 address', {}, ofBoth('tcp 443 0.0.0.0/0')],
    [
      "a VPC's own DNS servers: both protocols",
      { dnsServers: ['10.0.0.2', 'FD00::2'] },
      ofBoth(
        'tcp 443 0.0.0.0/0',
        ...['tcp', 'udp'].flatMap((each) => [`${each} 53 10.0.0.2/32`, `${each} 53 fd00::2/128`]),
      ),
    ],
    [
      'HTTPS by a proxy alone',
      { httpsEgress: [{ range: '10.0.0.0/8' }, { range: 'fd00::/8' }] },
      ofBoth('tcp 443 10.0.0.0/8', 'tcp 443 fd00::/8'),
    ],
    [
      'HTTPS to the endpoints of a VPC alone',
      { httpsEgress: [{ prefixListId: LIST }, { securityGroupId: GROUP }] },
      ofBoth(`tcp 443 ${LIST}`, `tcp 443 ${GROUP}`),
    ],
    [
      'a database by its group, and a log server over UDP',
      {
        instanceEgress: [
          { port: 5432, securityGroupId: GROUP },
          { port: 514, range: '10.0.0.9', protocol: AwsProtocol.UDP },
          { port: 514, range: '10.0.0.9' },
        ],
      },
      [
        ...ofBoth('tcp 443 0.0.0.0/0'),
        `Instance tcp 5432 ${GROUP}`,
        'Instance tcp 514 10.0.0.9/32',
        'Instance udp 514 10.0.0.9/32',
      ].sort(),
    ],
  ])('%s', (_, props, expected) => {
    expect(waysOut(props)).toEqual(expected);
  });

  test('a rule is identified by its destination, not by its place in the list', () => {
    const rulesOf = (props: Partial<AwsPlatformProps>) =>
      platformOf(() => props).resources('aws_vpc_security_group_egress_rule');
    const before = rulesOf({
      httpsEgress: [{ range: '10.0.0.0/8' }, { securityGroupId: GROUP }, { prefixListId: LIST }],
      dnsServers: ['10.0.0.3', '10.0.0.2'],
      nginxEgress: [
        { port: 53, range: '10.1.0.0/16', protocol: AwsProtocol.UDP },
        { port: 3003, securityGroupId: GROUP },
      ],
    });
    const after = rulesOf({
      httpsEgress: [{ prefixListId: LIST }, { securityGroupId: GROUP }],
      dnsServers: ['10.0.0.2'],
      nginxEgress: [{ port: 3003, securityGroupId: GROUP }],
    });
    expect(before).toMatchObject(after);
  });

  test('destinations that are known only at apply are told apart by their places', () => {
    const stack = platformOf(({ scope }) => {
      const late = (id: string) => new TerraformVariable(scope, id, {}).stringValue;
      return {
        httpsEgress: [{ range: late('a') }, { prefixListId: late('b') }],
        dnsServers: [late('c')],
        nginxEgress: [{ port: 443, securityGroupId: late('d') }],
      };
    });
    expect(byConstruct(stack, 'aws_vpc_security_group_egress_rule')).toMatchObject({
      'Platform_NginxOut-Https-1': { cidr_ipv4: '${var.a}' },
      'Platform_NginxOut-Https-2': { prefix_list_id: '${var.b}' },
      'Platform_NginxOut-DnsUdp-1': { cidr_ipv4: '${var.c}', ip_protocol: 'udp' },
      'Platform_NginxOut-DnsTcp-1': { cidr_ipv4: '${var.c}', ip_protocol: 'tcp' },
      'Platform_NginxOut-443-1': { referenced_security_group_id: '${var.d}' },
    });
  });
});

describe('what is refused', () => {
  const refused = (props: Partial<AwsPlatformProps>) =>
    refusalOn(AwsSite.alone(), (site) => site.platform(props)).message;
  const says = (message: string, property: string) => {
    expect(message).toContain(`Stack/Platform: ${property}: `);
    expect(message).toMatchSnapshot();
  };
  const destination = (text: object) => text as AwsDestination;

  test.each<[string, Partial<AwsPlatformProps>]>([
    ['httpsEgress', { httpsEgress: [] }],
    ['httpsEgress[0]', { httpsEgress: [{}] }],
    ['httpsEgress[0]', { httpsEgress: [{ range: '10.0.0.0/8', prefixListId: LIST }] }],
    ['httpsEgress[0].range', { httpsEgress: [{ range: 'proxy.internal' }] }],
    ['httpsEgress[0].range', { httpsEgress: [destination({ range: 10 })] }],
    ['httpsEgress[0].prefixListId', { httpsEgress: [{ prefixListId: 's3' }] }],
    ['httpsEgress[1]', { httpsEgress: [{ range: 'fd00::/8' }, { range: 'FD00:0::/8' }] }],
    ['dnsServers[0]', { dnsServers: ['10.0.0.0/24'] }],
    ['dnsServers[1]', { dnsServers: ['fd00::2', 'fd00:0::2'] }],
    ['dnsServers', { dnsServers: ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'] }],
    ['instanceEgress[0].securityGroupId', { instanceEgress: [{ port: 1, securityGroupId: 'db' }] }],
    [
      'instanceEgress[0].protocol',
      { instanceEgress: [{ port: 1, range: '10.0.0.1', protocol: 'icmp' as AwsProtocol }] },
    ],
    // Open by another property already.
    [
      'nginxEgress[0]',
      {
        httpsEgress: [{ securityGroupId: GROUP }],
        nginxEgress: [{ port: 443, securityGroupId: GROUP }],
      },
    ],
    [
      'instanceEgress[0]',
      {
        dnsServers: ['10.0.0.2'],
        instanceEgress: [{ port: 53, range: '10.0.0.2/32', protocol: AwsProtocol.UDP }],
      },
    ],
    ['nginxSecurityGroupIds[0]', { nginxSecurityGroupIds: ['default'] }],
    ['instanceSecurityGroupIds[1]', { instanceSecurityGroupIds: [GROUP, GROUP] }],
    [
      'instanceSecurityGroupIds',
      {
        instanceSecurityGroupIds: Array.from(
          { length: 16 },
          (_, index) => `sg-${String(index).padStart(8, '0')}`,
        ),
      },
    ],
  ])('%s', (property, props) => {
    says(refused(props), property);
  });
});

describe('servers and Redis that nothing leads to', () => {
  const front = (address: string, props: Partial<AwsPlatformProps>) => {
    const site = AwsSite.alone();
    site.platform(props);
    return () =>
      new NginxWsFrontend(site.scope, 'Frontend', {
        platform: site.platform(),
        upstream: servers([address]),
        serverName: 'chat.example.org',
        tls: TlsCertificate.acm(CERTIFICATE),
      });
  };
  const egress = (...nginxEgress: AwsEgress[]) => ({ nginxEgress });

  test.each<[string, string, Partial<AwsPlatformProps>]>([
    [
      'UDP does not open TCP',
      '10.0.1.5:3003',
      egress({ port: 3003, range: '10.0.0.0/8', protocol: AwsProtocol.UDP }),
    ],
    ['443 is narrowed', '10.0.1.5:443', { httpsEgress: [{ range: '10.0.2.0/24' }] }],
    ['IPv6 is not open by default', '[fd00::5]:443', {}],
  ])('are refused: %s', (_, address, props) => {
    expect(front(address, props)).toThrow(`the nginx hosts may not connect to ${address}`);
  });

  test.each<[string, string, Partial<AwsPlatformProps>]>([
    [
      'a group may hold the server',
      '10.0.1.5:3003',
      egress({ port: 3003, securityGroupId: GROUP }),
    ],
    ['a list may', '10.0.1.5:443', { httpsEgress: [{ prefixListId: LIST }] }],
    ['443 is narrowed to its range', '10.0.1.5:443', { httpsEgress: [{ range: '10.0.1.0/24' }] }],
    ['IPv6 is opened', '[fd00::5]:443', { httpsEgress: [{ range: 'fd00::/8' }] }],
    ['a further group may open it', '10.0.1.5:3003', { nginxSecurityGroupIds: [GROUP] }],
  ])('are accepted: %s', (_, address, props) => {
    expect(front(address, props)).not.toThrow();
  });

  test.each<[string, Partial<AwsPlatformProps>, boolean]>([
    ['only DNS is open', { dnsServers: ['10.0.0.2'] }, false],
    [
      'only UDP is',
      { instanceEgress: [{ port: 6379, range: '10.0.0.0/8', protocol: AwsProtocol.UDP }] },
      false,
    ],
    ['its group is', { instanceEgress: [{ port: 6379, securityGroupId: GROUP }] }, true],
    ['a further group may open it', { instanceSecurityGroupIds: [GROUP] }, true],
  ])('a Redis by a secret, where %s', (_, props, isOpen) => {
    const site = AwsSite.alone();
    site.platform(props);
    const cluster = () =>
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          secret: Secret.fromSecretsManager(TLS_SECRET),
        }),
      });
    if (isOpen) {
      expect(cluster).not.toThrow();
    } else {
      expect(cluster).toThrow('instances may not connect to a Redis');
    }
  });
});

describe('further security groups', () => {
  const further = { nginxSecurityGroupIds: [GROUP] };

  test('of the hosts of a group', () => {
    const template = only(
      'aws_launch_template',
      platformOf(() => further),
    );
    expect((template.vpc_security_group_ids as string[]).map(plain)).toEqual([
      'aws_security_group.Platform_NginxSecurityGroup.id',
      GROUP,
    ]);
  });

  test('of a single host', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ ...further, entry: AwsEntry.single() });
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
    });
    const { Frontend_NetworkInterface: address } = byConstruct(stack, 'aws_network_interface');
    expect((address!.security_groups as string[]).map(plain)).toEqual([
      'aws_security_group.Platform_NginxSecurityGroup.id',
      GROUP,
    ]);
  });
});
