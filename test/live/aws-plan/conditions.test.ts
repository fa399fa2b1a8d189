// What is known only when Terraform has asked AWS, and is refused in words that a person can use.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, AwsNetwork } from 'cdktf-aiwm/aws';
import { TerraformVariable } from 'cdktf';
import { synthesizeAws, TLS_SECRET, type AwsSite } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { mockRun, type MockData, type MockRun } from '../../support/aws/mock-run';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

describeWithAws('conditions', (plugin) => {
  async function run(
    build: (site: AwsSite) => unknown,
    data: MockData = {},
    variables: Parameters<typeof mockRun>[2] = {},
  ): Promise<MockRun> {
    const folder = new StackFolder(synthesizeAws(build).json as StackJson, plugin);
    await folder.init();
    return mockRun(folder, [], variables, { data });
  }

  describe('names', () => {
    const front =
      (serverName: string, alternativeNames: string[], single = false) =>
      (site: AwsSite) => {
        site.platform({
          hostedZoneId: 'Z0123456789ABCDEFGHIJ',
          entry: single ? AwsEntry.single() : undefined,
        });
        const tls = single ? TlsCertificate.fromSecret(TLS_SECRET) : TlsCertificate.acm();
        site.front({ serverName, alternativeNames, tls });
      };
    const zone = (name: string) => ({ aws_route53_zone: { name } });

    test('in their zone', async () => {
      const names = ['*.chat.example.org', 'Example.org', 'www.example.org'];
      const { errors } = await run(front('chat.example.org', names), zone('example.org'));
      expect(errors).toEqual([]);
    });

    const late = (site: AwsSite) => {
      const { stringValue } = new TerraformVariable(site.scope, 'late', { type: 'string' });
      return front('chat.example.org', [stringValue, `www.${stringValue}`])(site);
    };

    test('known only at apply, in their zone', async () => {
      const { errors, resources } = await run(late, {}, { late: 'b.example.org' });
      expect(errors).toEqual([]);
      const records = resources.filter(({ type }) => type === 'aws_route53_record');
      expect(records.map(({ values }) => values.name).sort()).toEqual([
        '_validation.b.example.org.',
        '_validation.chat.example.org.',
        '_validation.www.b.example.org.',
        'b.example.org',
        'chat.example.org',
        'www.b.example.org',
      ]);
    });

    test('known only at apply, outside of it', async () => {
      const { errors } = await run(late, {}, { late: 'example.com' });
      expect([...errors].sort()).toEqual([
        expect.stringContaining('example.com is not in the hosted zone example.org: pass'),
        expect.stringContaining('www.example.com is not in the hosted zone example.org: pass'),
      ]);
    });

    test.each([
      ['of a single host', 'chat.example.com', true],
      ['of a load balancer', 'chat.example.com', false],
      ['that only ends like it', 'chat-example.org', false],
    ])('outside of it: %s', async (_, name, single) => {
      const { errors, resources } = await run(
        front('a.example.org', [name], single),
        zone('example.org'),
      );
      // At plan: nothing is made.
      expect(resources).toEqual([]);
      expect(errors).toEqual([
        expect.stringContaining(`${name} is not in the hosted zone example.org: pass the zone`),
      ]);
    });
  });

  describe('zones', () => {
    const network = ({ scope }: AwsSite) =>
      new AwsNetwork(scope, 'Network', {
        provider: new AwsProvider(scope, 'Provider', { region: 'us-west-1' }),
        zones: 3,
      });
    const zones = (...names: string[]) => ({
      aws_availability_zones: { id: 'us-west-1', names },
    });

    test('as many as there are', async () => {
      expect((await run(network, zones('us-west-1a', 'us-west-1b', 'us-west-1c'))).errors).toEqual(
        [],
      );
    });

    test('more than there are', async () => {
      const { errors } = await run(network, zones('us-west-1a', 'us-west-1c'));
      expect(errors).toEqual([
        expect.stringContaining(
          'zones: this account has 2 zones in us-west-1, but the network needs 3.',
        ),
      ]);
    });
  });
});
