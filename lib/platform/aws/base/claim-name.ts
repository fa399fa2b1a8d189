import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Construct } from 'constructs';
import { claimAtSynth } from '../../../terraform/claim-at-synth';
import { show } from '../../../validation/check';

/**
 * Claims the name of a platform in its region and account. AWS accepts the names of load balancers, security groups,
 * log groups and documents only once.
 *
 * @internal
 */
export function claimName(
  platform: Construct,
  { name, region }: { readonly name: string; readonly region?: string },
  provider?: AwsProvider,
): void {
  const key = `${name} in the AWS region ${region} of ${accountKey(provider)}`;
  const claim = { scope: platform, value: name };
  claimAtSynth(platform.node.root, key, claim, ({ scope }) => ({
    property: 'name',
    problem: `${show(name)} is already the name of ${scope.node.path} in the same region`,
    allowed: 'a different name for each AwsPlatform of a region and account',
    remedy:
      'If the accounts differ, give each platform a provider that says so, e.g. by allowedAccountIds.',
  }));
}

/**
 * Settings that decide the account, compared with those of another provider. The environment decides the rest.
 *
 * @internal
 */
export function accountKey(provider?: AwsProvider): string {
  return JSON.stringify([
    provider?.accessKey,
    provider?.profile,
    provider?.allowedAccountIds,
    provider?.sharedConfigFiles,
    provider?.sharedCredentialsFiles,
    provider?.assumeRole,
    provider?.assumeRoleWithWebIdentity,
  ]);
}
