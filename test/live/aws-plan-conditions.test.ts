// What is known only when Terraform has asked AWS, and is refused in words that a person can use.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { AwsNetwork } from 'cdktf-aiwm';
import { synthesizeAws, type AwsSite } from '../support/aws/aws-site';
import { describeWithAws } from '../support/aws/describe-aws';
import { mockRun, type MockRun } from '../support/aws/mock-run';
import { StackFolder } from '../support/aws/stack-folder';
import type { StackJson } from '../support/aws/stack-json';

describeWithAws('conditions', (plugin) => {
  async function run(
    build: (site: AwsSite) => unknown,
    data: Parameters<typeof mockRun>[3] = {},
  ): Promise<MockRun> {
    const folder = new StackFolder(synthesizeAws(build).json as StackJson, plugin);
    await folder.init();
    await folder.succeed('validate');
    return mockRun(folder, [], {}, data);
  }

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
        expect.stringContaining('zones: us-west-1 has 2 for this account, and 3 are asked for.'),
      ]);
    });
  });
});
