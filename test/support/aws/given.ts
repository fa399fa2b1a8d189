// The network and the zone that the examples take for given, made in the emulated AWS.
import type { MotoServer } from './moto-server';
import type { StackJson } from './stack-json';

export interface Network {
  readonly vpcId: string;
  readonly publicSubnetIds: readonly string[];
  readonly privateSubnetIds: readonly string[];
}

/** How the examples call them. */
const IN_EXAMPLES: Network = {
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
  privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
};

export class Given {
  readonly network: Network;
  private readonly zoneId: string;

  constructor(private readonly server: MotoServer) {
    this.network = this.newNetwork();
    const [{ HostedZone: zone }] = server.ask([
      ['route53', 'create_hosted_zone', { Name: 'example.org', CallerReference: 'test' }],
    ]) as [{ HostedZone: { Id: string } }];
    this.zoneId = zone.Id.replace('/hostedzone/', '');
  }

  newNetwork(): Network {
    const [{ Vpc: vpc }] = this.server.ask([
      ['ec2', 'create_vpc', { CidrBlock: '10.9.0.0/16' }],
    ]) as [{ Vpc: { VpcId: string } }];
    const [a, b, c, d] = this.newSubnets(vpc.VpcId, [
      ['10.9.0.0/24', 'a'],
      ['10.9.1.0/24', 'b'],
      ['10.9.2.0/24', 'a'],
      ['10.9.3.0/24', 'b'],
    ]) as [string, string, string, string];
    return { vpcId: vpc.VpcId, publicSubnetIds: [a, b], privateSubnetIds: [c, d] };
  }

  newSubnets(VpcId: string, subnets: readonly (readonly [CidrBlock: string, zone: string])[]) {
    const made = this.server.ask(
      subnets.map(([CidrBlock, zone]) => [
        'ec2',
        'create_subnet',
        { VpcId, CidrBlock, AvailabilityZone: `eu-central-1${zone}` },
      ]),
    ) as { Subnet: { SubnetId: string } }[];
    return made.map(({ Subnet }) => Subnet.SubnetId);
  }

  /** An example with what there is in place of what it says. */
  fill(stack: StackJson, network: Network = this.network): StackJson {
    const words = (of: Network) => [of.vpcId, ...of.publicSubnetIds, ...of.privateSubnetIds];
    const there = [...words(network), this.zoneId];
    return [...words(IN_EXAMPLES), 'Z0123456789ABCDEFGHIJ'].reduce(
      (filled, said, index) =>
        JSON.parse(JSON.stringify(filled).replaceAll(said, there[index]!)) as StackJson,
      stack,
    );
  }
}
