// Names that two platforms share, in an emulated Route 53: blue alone, blue and green, green alone.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsDnsRouting, AwsEntry } from 'cdktf-aiwm/aws';
import { Construct } from 'constructs';
import { AwsSite, synthesizeAws, TLS_SECRET } from '../../support/aws/aws-site';
import { Deployed, type NotEmulated } from '../../support/aws/deployed';
import { describeWithAws } from '../../support/aws/describe-aws';
import { Given } from '../../support/aws/given';
import { MotoServer, motoProblem } from '../../support/aws/moto-server';
import { resourceAddresses, type StackJson } from '../../support/aws/stack-json';
import { cleanUp } from '../../support/machine/clean-up';

afterAll(cleanUp);

/** What records and certificates need. The rest of the platforms is in the other tests. */
const NEEDED = [
  'aws_acm_certificate',
  'aws_acm_certificate_validation',
  'aws_eip',
  'aws_network_interface',
  'aws_route53_record',
  'aws_security_group',
];

interface Platform {
  readonly name: 'Blue' | 'Green';
  readonly routing?: AwsDnsRouting;
}

/** A front by ACM, whose certificate is validated, and one of a single host, whose record is an address. */
function stackOf(given: Given, platforms: readonly Platform[]): StackJson {
  const stack = synthesizeAws((site) => {
    // One that stays when a platform goes: Terraform destroys resources through the provider that created them.
    const provider = new AwsProvider(site.scope, 'Aws', { region: 'eu-central-1' });
    const common = { provider, region: undefined };
    platforms.forEach(({ name, routing }) => {
      const dns = { hostedZoneId: 'Z0123456789ABCDEFGHIJ', routing };
      const balanced = new AwsSite(new Construct(site.scope, name));
      balanced.platform({ ...common, dns });
      balanced.front({ tls: TlsCertificate.acm(), serverName: 'chat.example.org' });
      const single = new AwsSite(new Construct(site.scope, `${name}Single`));
      single.platform({ ...common, dns, entry: AwsEntry.single() });
      single.front({ tls: TlsCertificate.fromSecret(TLS_SECRET), serverName: 'dev.example.org' });
    });
  });
  return given.fill(stack.json as StackJson);
}

interface RecordSet {
  readonly Name: string;
  readonly Type: string;
  readonly SetIdentifier?: string;
  readonly Weight?: number;
}

describeWithAws('names of two platforms', (plugin) => {
  const problem = motoProblem();
  if (problem) {
    test.skip(`needs an emulator: ${problem}`, () => {});
    return;
  }

  let server: MotoServer;
  let given: Given;
  let deployed: Deployed;
  const { weighted } = AwsDnsRouting;
  const stages: Readonly<Record<string, readonly Platform[]>> = {
    alone: [{ name: 'Blue' }],
    ready: [{ name: 'Blue', routing: weighted(100) }],
    both: [
      { name: 'Blue', routing: weighted(90) },
      { name: 'Green', routing: weighted(10) },
    ],
    moved: [{ name: 'Green', routing: weighted(10) }],
  };

  /** "chat.example.org. A blue 90", of the records that the platforms have. */
  function records(): string[] {
    const [{ HostedZones: zones }] = server.ask([['route53', 'list_hosted_zones', {}]]) as [
      { HostedZones: { Id: string }[] },
    ];
    const [{ ResourceRecordSets: sets }] = server.ask([
      ['route53', 'list_resource_record_sets', { HostedZoneId: zones[0]!.Id }],
    ]) as [{ ResourceRecordSets: RecordSet[] }];
    return sets
      .filter(({ Type }) => !['NS', 'SOA'].includes(Type))
      .map(({ Name, Type, SetIdentifier, Weight }) =>
        [Name.replace(/^_[^.]*/, '_'), Type, SetIdentifier, Weight]
          .filter((each) => each !== undefined)
          .join(' '),
      )
      .sort();
  }

  const put = (stage: string) => deployed.put(stackOf(given, stages[stage]!));

  beforeAll(async () => {
    server = await MotoServer.start();
    given = new Given(server);
    const types = Object.values(stages).flatMap((platforms) =>
      resourceAddresses(stackOf(given, platforms)).map((address) => address.split('.')[0]!),
    );
    const rest: NotEmulated = Object.fromEntries(
      types.filter((type) => !NEEDED.includes(type)).map((type) => [type, 'not looked at here']),
    );
    deployed = new Deployed(stackOf(given, stages.alone!), plugin, server, rest);
    await deployed.apply();
  });

  test('blue alone has simple records', () => {
    expect(records()).toEqual(['_.chat.example.org. CNAME', 'dev.example.org. A']);
  });

  test('blue gets its weight in place', async () => {
    put('ready');
    const changes = await deployed.changes('-refresh=false');
    const record = 'aws_route53_record';
    const changed = changes.filter(({ address }) => address.startsWith(record));
    expect(changed.map(({ actions }) => actions.join())).toEqual(['update', 'update']);
    await deployed.applyAgain();
    expect(records()).toEqual([
      '_.chat.example.org. CNAME chat-blue-platform-eu-central-1 1',
      'dev.example.org. A chat-blue-single-platform-eu-central-1 100',
    ]);
  });

  test('green stands beside it', async () => {
    put('both');
    await deployed.applyAgain();
    expect(records()).toEqual([
      '_.chat.example.org. CNAME chat-blue-platform-eu-central-1 1',
      '_.chat.example.org. CNAME chat-green-platform-eu-central-1 1',
      'dev.example.org. A chat-blue-single-platform-eu-central-1 90',
      'dev.example.org. A chat-green-single-platform-eu-central-1 10',
    ]);
  });

  test('blue goes, and takes nothing of green with it', async () => {
    put('moved');
    await deployed.applyAgain();
    expect(records()).toEqual([
      '_.chat.example.org. CNAME chat-green-platform-eu-central-1 1',
      'dev.example.org. A chat-green-single-platform-eu-central-1 10',
    ]);
  });

  // A made-up AWS has no private zones: the attribute is one that a user may give.
  test('a private zone is refused at plan, because ACM cannot ask it', async () => {
    const [{ HostedZone: zone }] = server.ask([
      [
        'route53',
        'create_hosted_zone',
        {
          Name: 'internal.example',
          CallerReference: 'private',
          HostedZoneConfig: { Comment: '', PrivateZone: true },
          VPC: { VPCRegion: 'eu-central-1', VPCId: given.network.vpcId },
        },
      ],
    ]) as [{ HostedZone: { Id: string } }];
    const hostedZoneId = 'Z0PRIVATE';
    const { json } = synthesizeAws((site) => {
      const provider = new AwsProvider(site.scope, 'Aws', { region: 'eu-central-1' });
      site.platform({ provider, region: undefined, hostedZoneId });
      site.front({ tls: TlsCertificate.acm(), serverName: 'chat.internal.example' });
    });
    // The ids of the emulator are no ids of AWS.
    const text = JSON.stringify(given.fill(json as StackJson));
    const id = zone.Id.replace('/hostedzone/', '');
    deployed.put(JSON.parse(text.replaceAll(hostedZoneId, id)) as StackJson);
    await expect(deployed.changes()).rejects.toThrow(
      'internal.example is a private hosted zone, which ACM cannot ask.',
    );
  });
});
