// What AwsPlatform says to AWS, by its meaning: the records of names.
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import { TerraformVariable } from 'cdktf';
import { byConstruct, constructOf } from '../../../support/stack/addresses';
import { synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';

describe('records of names', () => {
  const recordsOf = (
    names: readonly string[],
    {
      tls = TlsCertificate.acm(),
      ...on
    }: Partial<AwsPlatformProps> & { tls?: TlsCertificate } = {},
  ) => {
    const [serverName, ...alternativeNames] = names as [string];
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', ...on });
      site.front({ tls, serverName, alternativeNames });
    });
    return stack.resources('aws_route53_record');
  };
  const single = { entry: AwsEntry.single(), tls: TlsCertificate.fromSecret(TLS_SECRET) };

  test.each([
    ['behind a load balancer', {}],
    ['of both families', { entry: AwsEntry.nlb({ ipv6: true, proxyProtocol: true }) }],
    ['of a single host', single],
  ])('go with their names, wherever those stand: %s', (_, on) => {
    const before = recordsOf(['a.example.org', 'b.example.org', 'c.example.org'], on);
    const after = recordsOf(['C.example.org', 'a.example.org'], on);
    const lower = (records: object) => JSON.parse(JSON.stringify(records).toLowerCase()) as object;
    expect(lower(before)).toMatchObject(lower(after));
    expect(Object.keys(before).sort()).toEqual(expect.arrayContaining(Object.keys(after).sort()));
    const gone = Object.keys(before).filter((id) => !(id in after));
    expect(gone).not.toHaveLength(0);
    expect(gone.filter((id) => !id.includes('bexampleorg'))).toEqual([]);
  });

  test('a name and its wildcard are validated by one', () => {
    const ids = Object.keys(recordsOf(['a.example.org', '*.a.example.org', 'b.example.org']));
    expect(ids.map(constructOf)).toEqual([
      'Frontend_Names_Ipv4-aexampleorg',
      'Frontend_Names_Ipv4-aexampleorg',
      'Frontend_Names_Ipv4-bexampleorg',
      'Frontend_ValidationRecords_Name-aexampleorg',
      'Frontend_ValidationRecords_Name-bexampleorg',
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a name known only at apply is identified by its index', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
      const late = new TerraformVariable(site.scope, 'late', {});
      site.front({ tls: TlsCertificate.acm(), alternativeNames: [late.stringValue] });
    });
    expect(Object.keys(byConstruct(stack, 'aws_route53_record'))).toEqual([
      'Frontend_Names_Ipv4-2',
      'Frontend_Names_Ipv4-chatexampleorg',
      'Frontend_ValidationRecords_Name-2',
      'Frontend_ValidationRecords_Name-chatexampleorg',
    ]);
  });
});
