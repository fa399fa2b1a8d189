// The network that AwsNetwork creates: ways out of each zone, and IPv6.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, AwsNetwork, type AwsNetworkProps } from 'cdktf-aiwm/aws';
import { CERTIFICATE, synthesizeAws, type AwsSite } from '../../../support/aws/aws-site';
import { plain } from '../../../support/aws/whole-stack';
import { byConstruct } from '../../../support/stack/addresses';

const newNetwork = ({ scope }: AwsSite, props: Partial<AwsNetworkProps>) =>
  new AwsNetwork(scope, 'Network', {
    provider: new AwsProvider(scope, 'Provider', { region: 'eu-central-1' }),
    ...props,
  });

const network = (props: Partial<AwsNetworkProps> = {}) =>
  synthesizeAws((site) => newNetwork(site, props));

/** Where the default routes of each private subnet lead: "1: aws_nat_gateway.Network_NatGateway.id". */
function waysOut(props: Partial<AwsNetworkProps>): string[] {
  const stack = network(props);
  const tables = Object.entries(byConstruct(stack, 'aws_route_table_association'))
    .filter(([id]) => id.includes('Private'))
    .map(([, { route_table_id: table }]) => table);
  const routes = Object.values(byConstruct(stack, 'aws_route'));
  const ways = tables.flatMap((table, index) =>
    routes
      .filter(({ route_table_id: each }) => each === table)
      .map(
        (route) =>
          `${index + 1}: ${plain(route.nat_gateway_id ?? route.egress_only_gateway_id)
            .replace(/^aws_\w+\.Network_/, '')
            .replace(/\.id$/, '')}`,
      ),
  );
  return ways.sort();
}

describe('NAT gateways', () => {
  test('one serves all zones by default', () => {
    expect(waysOut({ zones: 3 })).toEqual(['1: NatGateway', '2: NatGateway', '3: NatGateway']);
  });

  test('one in each zone: no private subnet depends on another zone', () => {
    expect(waysOut({ zones: 3, natGateways: 3 })).toEqual([
      '1: NatGateway',
      '2: NatGateway2',
      '3: NatGateway3',
    ]);
    const gateways = byConstruct(network({ zones: 3, natGateways: 3 }), 'aws_nat_gateway');
    const subnets = Object.entries(gateways).map(([id, each]) => [id, plain(each.subnet_id)]);
    expect(Object.fromEntries(subnets)).toEqual({
      Network_NatGateway: 'aws_subnet.Network_PublicSubnet1.id',
      Network_NatGateway2: 'aws_subnet.Network_PublicSubnet2.id',
      Network_NatGateway3: 'aws_subnet.Network_PublicSubnet3.id',
    });
  });

  test('the way to S3 is in every route table', () => {
    const stack = network({ zones: 2, natGateways: 2 });
    const [endpoint] = Object.values(byConstruct(stack, 'aws_vpc_endpoint'));
    expect((endpoint!.route_table_ids as string[]).map(plain)).toEqual([
      'aws_route_table.Network_PrivateRoutes.id',
      'aws_route_table.Network_PrivateRoutes2.id',
    ]);
  });

  test('more of them change nothing that is there', () => {
    const one = network({ zones: 2 }).json.resource!;
    const two = network({ zones: 2, natGateways: 2 }).json.resource!;
    for (const [type, resources] of Object.entries(one)) {
      // These change in place.
      if (!['aws_route_table_association', 'aws_vpc_endpoint'].includes(type)) {
        expect(two[type]).toMatchObject(resources);
      }
    }
  });

  test('hosts wait for every route', () => {
    const stack = synthesizeAws((site) => {
      const own = newNetwork(site, { natGateways: 2, ipv6: true });
      site.platform({ network: own, provider: own.provider, region: undefined });
      site.front();
    });
    const [group] = Object.values(byConstruct(stack, 'aws_autoscaling_group'));
    const awaited = (group!.depends_on as string[]).join(' ');
    for (const id of Object.keys(stack.resources('aws_route'))) {
      expect(awaited).toContain(`aws_route.${id}`);
    }
  });
});

describe('IPv6', () => {
  test('in every subnet, in to the public ones and only out of the private ones', () => {
    const stack = network({ ipv6: true });
    const subnets = Object.values(byConstruct(stack, 'aws_subnet'));
    const ranges = subnets.map(({ ipv6_cidr_block: range }) => plain(range));
    expect(new Set(ranges).size).toBe(4);
    expect(
      ranges.every((each) => /cidrsubnet\(aws_vpc\..*ipv6_cidr_block, 8, \d+\)/.test(each)),
    ).toBe(true);
    expect(waysOut({ ipv6: true, zones: 1 })).toEqual(['1: EgressOnlyGateway', '1: NatGateway']);
    const { Network_PublicDefaultRouteIpv6: way } = byConstruct(stack, 'aws_route');
    expect(way).toMatchObject({ destination_ipv6_cidr_block: '::/0' });
    expect(plain(way!.gateway_id)).toBe('aws_internet_gateway.Network_InternetGateway.id');
  });

  test('is absent by default', () => {
    expect(JSON.stringify(network().json)).not.toMatch(/ipv6|egress_only/);
  });

  test.each([
    ['network', AwsEntry.nlb({ ipv6: true, proxyProtocol: true })],
    ['application', AwsEntry.alb({ ipv6: true })],
  ])('a %s load balancer has it, and hosts may connect to it', (_, entry) => {
    const stack = synthesizeAws((site) => {
      const own = newNetwork(site, { ipv6: true });
      site.platform({ network: own, provider: own.provider, region: undefined, entry });
      site.front({ tls: TlsCertificate.acm(CERTIFICATE) });
    });
    const [balancer] = Object.values(byConstruct(stack, 'aws_lb'));
    expect(balancer).toMatchObject({ ip_address_type: 'dualstack' });
    expect(byConstruct(stack, 'aws_vpc_security_group_egress_rule')).toMatchObject({
      Platform_NginxOut: { cidr_ipv4: '0.0.0.0/0' },
      'Platform_NginxOut-Https-AnyIpv6': { cidr_ipv6: '::/0', from_port: 443 },
      'Platform_InstancesOut-Https-AnyIpv6': { cidr_ipv6: '::/0', from_port: 443 },
    });
  });
});

test('the group that a VPC comes with lets nothing in or out', () => {
  const { Network_DefaultSecurityGroup: group } = byConstruct(
    network(),
    'aws_default_security_group',
  );
  expect(group).toMatchObject({ ingress: [], egress: [] });
  expect(plain(group!.vpc_id)).toBe('aws_vpc.Network_Vpc.id');
});

describe('flow logs', () => {
  test('go to the bucket that is named', () => {
    const flowLogBucketArn = 'arn:aws:s3:::company-flow-logs/chat/';
    const { Network_FlowLog: log } = byConstruct(network({ flowLogBucketArn }), 'aws_flow_log');
    expect(log).toMatchObject({
      traffic_type: 'ALL',
      log_destination_type: 's3',
      log_destination: flowLogBucketArn,
    });
    expect(plain(log!.vpc_id)).toBe('aws_vpc.Network_Vpc.id');
  });

  test('are absent by default', () => {
    expect(byConstruct(network(), 'aws_flow_log')).toEqual({});
  });
});
