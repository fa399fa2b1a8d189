// Tags of hosts that the group launches, which Terraform does not create itself.
import { AwsProvider, type AwsProviderConfig } from '@cdktf/provider-aws/lib/provider';
import { Token } from 'cdktf';
import { synthesizeAws } from '../../../support/aws/aws-site';
import { only } from '../../../support/aws/whole-stack';

type ProviderTags = AwsProviderConfig['defaultTags'];

const tagsOf = (defaultTags: ProviderTags, tags?: Record<string, string>) => {
  const stack = synthesizeAws((site) => {
    const provider = new AwsProvider(site.scope, 'Aws', { region: 'eu-central-1', defaultTags });
    site.platform({ provider, region: undefined, tags });
    site.front();
  });
  const list = only('aws_autoscaling_group', stack).tag as {
    key: string;
    value: string;
    propagate_at_launch: boolean;
  }[];
  expect(list.map(({ propagate_at_launch: each }) => each)).toEqual(list.map(() => true));
  expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
};

test("the provider's default tags reach the hosts of the group", () => {
  expect(tagsOf([{ tags: { owner: 'chat', stage: 'test' } }], { stage: 'live' })).toEqual({
    owner: 'chat',
    // The tags of the platform come first, as on every resource.
    stage: 'live',
    Name: 'chat-platform-frontend',
    'aiwm-front': 'chat-platform-frontend',
  });
});

test.each([
  ['none', undefined],
  ['an empty block', [{}]],
  ['tags that are known only at apply', Token.asAny('${var.tags}') as ProviderTags],
  ['a map that is known only at apply', [{ tags: Token.asStringMap('${var.tags}') }]],
])('without default tags to copy: %s', (_, defaultTags) => {
  expect(tagsOf(defaultTags)).toEqual({
    Name: 'chat-platform-frontend',
    'aiwm-front': 'chat-platform-frontend',
  });
});
