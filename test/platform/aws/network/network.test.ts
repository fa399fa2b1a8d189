// What AwsPlatform says to AWS, by its meaning: who reaches whom, and the network that is made.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { AiwmCluster, AiwmService } from 'cdktf-aiwm';
import { AwsEntry, AwsNetwork, type AwsEgress } from 'cdktf-aiwm/aws';
import { TerraformVariable } from 'cdktf';
import { byConstruct, constructOf } from '../../../support/stack/addresses';
import { synthesizeAws } from '../../../support/aws/aws-site';
import { whole, wholeJson, only, plain, waysIn } from '../../../support/aws/whole-stack';

describe('connections between tiers', () => {
  test('each tier accepts traffic only from the tier in front of it', () => {
    expect(waysIn()).toEqual([
      'Backplane_SecurityGroup from Platform_InstanceSecurityGroup at 6379',
      'Frontend_EntrySecurityGroup from 0.0.0.0/0 at 443',
      'Frontend_EntrySecurityGroup from 0.0.0.0/0 at 80',
      'Platform_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8080',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8082',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8444',
    ]);
  });

  test('only the ranges that are allowed', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.nlb({ allowedRanges: ['198.51.100.0/24', '192.0.2.7'] }) });
      site.front();
    });
    expect(waysIn(stack).filter((way) => / at (443|80)$/.test(way))).toEqual([
      'Frontend_EntrySecurityGroup from 192.0.2.7/32 at 443',
      'Frontend_EntrySecurityGroup from 192.0.2.7/32 at 80',
      'Frontend_EntrySecurityGroup from 198.51.100.0/24 at 443',
      'Frontend_EntrySecurityGroup from 198.51.100.0/24 at 80',
    ]);
  });

  test('outbound: port 443 to any address, and the given destinations', () => {
    const stack = synthesizeAws((site) => {
      site.platform({
        instanceEgress: [{ port: 5432, range: '10.0.0.0/16' }],
        nginxEgress: [{ port: 3003, range: '10.1.0.0/16' }],
      });
      site.front();
    });
    const ways = Object.values(byConstruct(stack, 'aws_vpc_security_group_egress_rule'))
      .filter((rule) => rule.cidr_ipv4 !== undefined)
      .map(
        (rule) =>
          `${plain(rule.security_group_id)} ${String(rule.cidr_ipv4)} ${String(rule.from_port)}`,
      );
    expect(ways.sort()).toEqual([
      'aws_security_group.Platform_InstanceSecurityGroup.id 0.0.0.0/0 443',
      'aws_security_group.Platform_InstanceSecurityGroup.id 10.0.0.0/16 5432',
      'aws_security_group.Platform_NginxSecurityGroup.id 0.0.0.0/0 443',
      'aws_security_group.Platform_NginxSecurityGroup.id 10.1.0.0/16 3003',
    ]);
  });

  test('rules go with their ranges, wherever those stand in the list and however they are written', () => {
    const rulesOf = (instanceEgress: AwsEgress[], allowedRanges: string[]) => {
      const stack = synthesizeAws((site) => {
        const entry = AwsEntry.nlb({ allowedRanges, ipv6: true, proxyProtocol: true });
        site.platform({ entry, instanceEgress });
        site.front();
      });
      return {
        ...stack.resources('aws_vpc_security_group_ingress_rule'),
        ...stack.resources('aws_vpc_security_group_egress_rule'),
      };
    };
    const database = { port: 5432, range: '10.2.0.0/16' };
    const more = [
      { port: 5432, range: '10.1.0.0/16' },
      { port: 5433, range: '10.2.0.0/16' },
    ];
    const before = rulesOf(
      [...more, database],
      ['192.0.2.7', '198.51.100.0/24', '2001:DB8:0::/32'],
    );
    const after = rulesOf([database], ['2001:db8::/32', '192.0.2.7/32']);
    expect(before).toMatchObject(after);
    const gone = Object.keys(before).filter((id) => !(id in after));
    expect(gone.map(constructOf).sort()).toEqual([
      'Frontend_Http_From-198-51-100-0-24',
      'Frontend_Https_From-198-51-100-0-24',
      'Platform_InstancesOut-5432-10-1-0-0-16',
      'Platform_InstancesOut-5433-10-2-0-0-16',
    ]);
  });

  test('rules of ranges that are known only at apply go by their places', () => {
    const stack = synthesizeAws((site) => {
      const late = new TerraformVariable(site.scope, 'late', {}).stringValue;
      site.platform({
        entry: AwsEntry.nlb({ allowedRanges: ['192.0.2.7', late] }),
        nginxEgress: [{ port: 3003, range: late }],
      });
      site.front();
    });
    expect(byConstruct(stack, 'aws_vpc_security_group_ingress_rule')).toMatchObject({
      'Frontend_Https_From-2': { cidr_ipv4: '${var.late}' },
      'Frontend_Https_From-192-0-2-7-32': { cidr_ipv4: '192.0.2.7/32' },
    });
    expect(byConstruct(stack, 'aws_vpc_security_group_egress_rule')).toMatchObject({
      'Platform_NginxOut-3003-1': { cidr_ipv4: '${var.late}' },
    });
  });

  test('no host has a public address or a key to log in with', () => {
    expect(wholeJson).not.toMatch(/associate_public_ip_address|key_name|aws_key_pair/);
    expect(Object.keys(whole.json.resource!)).not.toContain('aws_eip');
  });
});

test('clusters with the same ports share one way in, which AWS has once; others have their own', () => {
  const stack = synthesizeAws((site) => {
    const platform = site.platform();
    for (const [id, firstPort] of [
      ['One', 3003],
      ['Two', 3003],
      ['Three', 4000],
    ] as const) {
      new AiwmCluster(site.scope, id, {
        platform,
        firstPort,
        instances: 2,
        service: AiwmService.image('registry.example/aiwm:1.4.2'),
      });
    }
  });
  const isBetweenHosts = ({ from_port: from }: Record<string, unknown>) => from !== 443;
  const ports = (type: string) =>
    Object.entries(byConstruct(stack, type))
      .filter(([, rule]) => isBetweenHosts(rule))
      .map(([name, rule]) => [name, rule.from_port]);
  expect(ports('aws_vpc_security_group_ingress_rule')).toEqual([
    ['Platform_Clients3003_In', 3003],
    ['Platform_Clients4000_In', 4000],
  ]);
  expect(ports('aws_vpc_security_group_egress_rule')).toEqual([
    ['Platform_Clients3003_Out', 3003],
    ['Platform_Clients4000_Out', 4000],
  ]);
});

test('a network of its own: public and private subnets in each zone, one way out, S3 for nothing', () => {
  const stack = synthesizeAws(({ scope }) => {
    const provider = new AwsProvider(scope, 'Provider', { region: 'eu-central-1' });
    return new AwsNetwork(scope, 'Network', { provider, zones: 3 });
  });
  expect(Object.keys(byConstruct(stack, 'aws_subnet'))).toHaveLength(6);
  expect(
    Object.values(byConstruct(stack, 'aws_subnet')).map((each) => each.map_public_ip_on_launch),
  ).toEqual(Array(6).fill(false));
  for (const subnet of Object.values(byConstruct(stack, 'aws_subnet'))) {
    expect(subnet.lifecycle).toEqual({ ignore_changes: ['availability_zone'] });
  }
  expect(Object.keys(byConstruct(stack, 'aws_nat_gateway'))).toHaveLength(1);
  expect(only('aws_vpc_endpoint', stack)).toMatchObject({ vpc_endpoint_type: 'Gateway' });
});
