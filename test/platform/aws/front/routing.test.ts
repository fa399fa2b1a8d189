// Names that several platforms share, and zones of others.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TlsCertificate, type NginxWsFrontendProps } from 'cdktf-aiwm';
import {
  AwsDnsRouting,
  AwsDnsValidation,
  AwsEntry,
  type AwsDnsOptions,
  type AwsPlatformProps,
} from 'cdktf-aiwm/aws';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { AwsSite, synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { plain } from '../../../support/aws/whole-stack';
import { byConstruct } from '../../../support/stack/addresses';
import { refusalOn } from '../../../support/stack/refusal';
import { newApp } from '../../../support/stack/site';

const ZONE = 'Z0123456789ABCDEFGHIJ';
const OTHER_ZONE = 'Z9876543210ABCDEFGHIJ';

const front = (
  on: Partial<AwsPlatformProps>,
  tls = TlsCertificate.acm(),
  alternativeNames: string[] = [],
) =>
  synthesizeAws((site) => {
    site.platform(on);
    site.front({ tls, alternativeNames });
  });

const recordsOf = (dns: AwsDnsOptions, on: Partial<AwsPlatformProps> = {}) =>
  byConstruct(front({ dns: { hostedZoneId: ZONE, ...dns }, ...on }), 'aws_route53_record');

describe('routing', () => {
  test('by weight', () => {
    expect(recordsOf({ routing: AwsDnsRouting.weighted(10) })).toMatchObject({
      'Frontend_Names_Ipv4-chatexampleorg': {
        set_identifier: 'chat-platform-eu-central-1',
        weighted_routing_policy: { weight: 10 },
        alias: { evaluate_target_health: true },
      },
    });
  });

  test('by latency, in the region of the platform', () => {
    const { 'Frontend_Names_Ipv4-chatexampleorg': record } = recordsOf({
      routing: AwsDnsRouting.latency({ identifier: 'frankfurt' }),
    });
    expect(record!.set_identifier).toBe('frankfurt');
    const { region } = record!.latency_routing_policy as { region: string };
    expect(plain(region)).toBe('aws_s3_bucket.Platform_Releases.region');
  });

  test('of both families', () => {
    const entry = AwsEntry.nlb({ ipv6: true, proxyProtocol: true });
    const records = recordsOf({ routing: AwsDnsRouting.weighted(0) }, { entry });
    expect(records['Frontend_Names_Ipv6-chatexampleorg']).toMatchObject({
      type: 'AAAA',
      weighted_routing_policy: { weight: 0 },
    });
  });

  test('of a single host', () => {
    const dns = { hostedZoneId: ZONE, routing: AwsDnsRouting.weighted(1) };
    const stack = front({ dns, entry: AwsEntry.single() }, TlsCertificate.fromSecret(TLS_SECRET));
    expect(Object.values(byConstruct(stack, 'aws_route53_record'))).toMatchObject([
      { set_identifier: 'chat-platform-eu-central-1', weighted_routing_policy: { weight: 1 } },
    ]);
  });

  test.each([
    ['weight', AwsDnsRouting.weighted(0)],
    ['latency', AwsDnsRouting.latency()],
  ])(
    'by %s: each platform has a validation record of its own, and all of them answer',
    (_, routing) => {
      const record = recordsOf({ routing })['Frontend_ValidationRecords_Name-chatexampleorg'];
      expect(record).toMatchObject({
        set_identifier: 'chat-platform-eu-central-1',
        weighted_routing_policy: { weight: 1 },
      });
    },
  );

  test('without it, a record has no identifier', () => {
    const records = Object.values(recordsOf({}));
    expect(records).toHaveLength(2);
    expect(records.filter((each) => 'set_identifier' in each)).toEqual([]);
  });

  test('an environment decides the region: the name alone is the identifier', () => {
    const [record] = Object.values(
      recordsOf({ routing: AwsDnsRouting.weighted(1) }, { region: undefined }),
    );
    expect(record).toMatchObject({ set_identifier: 'chat-platform' });
  });
});

describe('zones', () => {
  test('dns has the same zone for everything, as hostedZoneId has', () => {
    expect(front({ dns: { hostedZoneId: ZONE } }).json).toEqual(front({ hostedZoneId: ZONE }).json);
  });

  test('of another account, and validation in a third', () => {
    const stack = synthesizeAws((site) => {
      const of = (alias: string) => new AwsProvider(site.scope, alias, { alias });
      site.platform({
        dns: {
          hostedZoneId: ZONE,
          provider: of('names'),
          validation: AwsDnsValidation.zone(OTHER_ZONE, { provider: of('validation') }),
        },
      });
      site.front({ tls: TlsCertificate.acm() });
    });
    expect(byConstruct(stack, 'aws_route53_record')).toMatchObject({
      'Frontend_Names_Ipv4-chatexampleorg': { zone_id: ZONE, provider: 'aws.names' },
      'Frontend_ValidationRecords_Name-chatexampleorg': {
        zone_id: OTHER_ZONE,
        provider: 'aws.validation',
      },
    });
    expect(JSON.stringify(stack.resources('aws_acm_certificate'))).not.toMatch(
      /aws\.(names|validation)/,
    );
    const zones = Object.values(
      (stack.json as { data: { aws_route53_zone: object } }).data.aws_route53_zone,
    );
    expect(zones).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ zone_id: ZONE, provider: 'aws.names' }),
        expect.objectContaining({ zone_id: OTHER_ZONE, provider: 'aws.validation' }),
      ]),
    );
  });

  test('only for the validation', () => {
    const stack = front({ dns: { validation: AwsDnsValidation.zone(OTHER_ZONE) } });
    expect(Object.keys(byConstruct(stack, 'aws_route53_record'))).toEqual([
      'Frontend_ValidationRecords_Name-chatexampleorg',
    ]);
  });

  test('records that exist are awaited and not created', () => {
    const stack = front({
      dns: { hostedZoneId: ZONE, validation: AwsDnsValidation.existingRecords() },
    });
    expect(Object.keys(byConstruct(stack, 'aws_route53_record'))).toEqual([
      'Frontend_Names_Ipv4-chatexampleorg',
    ]);
    const [validation] = Object.values(byConstruct(stack, 'aws_acm_certificate_validation'));
    expect(validation).not.toHaveProperty('validation_record_fqdns');
    expect(plain(validation!.certificate_arn)).toBe('aws_acm_certificate.Frontend_Certificate.arn');
  });

  test.each<[string, Partial<AwsPlatformProps>]>([
    ['hostedZoneId', { hostedZoneId: ZONE, dns: { hostedZoneId: ZONE } }],
    ['dns.hostedZoneId', { dns: { hostedZoneId: 'example.org' } }],
    ['dns.validation.hostedZoneId', { dns: { validation: AwsDnsValidation.zone('example.org') } }],
    ['dns.routing', { dns: { routing: AwsDnsRouting.latency() } }],
    ['dns.routing.weight', { dns: { hostedZoneId: ZONE, routing: AwsDnsRouting.weighted(256) } }],
    [
      'dns.routing.identifier',
      { dns: { hostedZoneId: ZONE, routing: AwsDnsRouting.latency({ identifier: 'a b' }) } },
    ],
  ])('refused: %s', (property, props) => {
    const { message } = refusalOn(AwsSite.alone(), (site) => site.platform(props));
    expect(message).toContain(`Stack/Platform: ${property}: `);
    expect(message).toMatchSnapshot();
  });
});

describe('two platforms with one name', () => {
  /** What the second of two platforms says at synth. */
  function faults(
    first: Partial<AwsPlatformProps>,
    second: Partial<AwsPlatformProps>,
    more: Partial<NginxWsFrontendProps> = {},
  ): string[] {
    const stack = new TerraformStack(newApp(), 'Stack');
    [first, second].forEach((props, index) => {
      const site = new AwsSite(new Construct(stack, index === 0 ? 'Blue' : 'Green'));
      site.platform(props);
      site.front({ tls: TlsCertificate.acm(), ...(index === 0 ? {} : more) });
    });
    return stack.node.findAll().flatMap(({ node }) => node.validate());
  }
  const dns = (routing?: AwsDnsRouting, more: AwsDnsOptions = {}) => ({
    dns: { hostedZoneId: ZONE, routing, ...more },
  });
  const { weighted, latency } = AwsDnsRouting;

  test.each<[string, Partial<AwsPlatformProps>, Partial<AwsPlatformProps>]>([
    ['with weights', dns(weighted(90)), dns(weighted(10))],
    ['by latency', dns(latency()), { ...dns(latency()), region: 'us-east-1' }],
    ['in two zones', dns(), dns(undefined, { hostedZoneId: OTHER_ZONE })],
  ])('stand beside each other %s', (_, first, second) => {
    expect(faults(first, second)).toEqual([]);
  });

  test.each<[string, Partial<AwsPlatformProps>, Partial<AwsPlatformProps>]>([
    ['no routing', dns(), dns()],
    ['a routing of one alone', dns(), dns(weighted(10))],
    ['different kinds of routing', dns(latency()), dns(weighted(10))],
    [
      'one identifier',
      dns(weighted(1, { identifier: 'a' })),
      dns(weighted(2, { identifier: 'a' })),
    ],
  ])('are refused: %s', (_, first, second) => {
    const fault = faults(first, second).find((each) => each.includes('same DNS record'));
    expect(fault).toContain('serverName: Stack/Blue/Frontend has the same DNS record');
    expect(fault).toMatchSnapshot();
  });

  test('a name and its wildcard share the validation record, whose owner may go', () => {
    const names = { serverName: 'www.example.org', alternativeNames: ['*.chat.example.org'] };
    const [fault, ...others] = faults(dns(), dns(), names);
    expect(others).toEqual([]);
    expect(fault).toContain('"chat.example.org"');
    expect(faults(dns(weighted(1)), dns(weighted(1)), names)).toEqual([]);
  });

  test('in two accounts, the validation records differ', () => {
    const only = (account: string) => (site: AwsSite) =>
      new AwsProvider(site.scope, 'Aws', { alias: account, allowedAccountIds: [account] });
    const stack = new TerraformStack(newApp(), 'Stack');
    for (const account of ['111111111111', '222222222222']) {
      const site = new AwsSite(new Construct(stack, `In${account}`));
      const provider = only(account)(site);
      const validation = AwsDnsValidation.zone(ZONE);
      site.platform({ provider, region: undefined, dns: { validation } });
      site.front({ tls: TlsCertificate.acm() });
    }
    expect(stack.node.findAll().flatMap(({ node }) => node.validate())).toEqual([]);
  });
});
