import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { HostContext } from './host-context';

/**
 * Name of a log group in CloudWatch.
 *
 * @internal
 */
export function logGroupName({ name }: AwsContext, groupName: string): string {
  return `/aiwm/${name}/${groupName}`;
}

/**
 * Creates a log group, with the retention and the key of the platform.
 *
 * @param name - name of the part that writes it, for its tags
 * @param groupName - name of the group below that of the platform, e.g. "frontend/error"
 * @internal
 */
export function logGroup(
  scope: Construct,
  id: string,
  { aws, settings }: Pick<HostContext, 'aws' | 'settings'>,
  name: string,
  groupName: string,
): CloudwatchLogGroup {
  return new aws.bindings.CloudwatchLogGroup(scope, id, {
    ...aws.commonArguments(aws.resourceName(255, name)),
    name: logGroupName(aws, groupName),
    retentionInDays: settings.logRetentionDays,
    kmsKeyId: settings.encryptionKeyArn,
  });
}
