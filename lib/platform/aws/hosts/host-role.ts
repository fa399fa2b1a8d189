import type { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import { renderPolicy, type Statement } from '../base/iam-policy';
import type { AwsSettings } from '../settings';
import { METRIC_NAMESPACE } from '../monitoring/metrics';

/**
 * Permissions of the Systems Manager agent.
 *
 * AWS has no narrower resource for them; the credentials limit a host to itself. AmazonSSMManagedInstanceCore would
 * also allow reading every parameter of the account, so it is not used.
 */
const AGENT: Statement = {
  Sid: 'SystemsManagerAgent',
  Action: [
    'ec2messages:AcknowledgeMessage',
    'ec2messages:DeleteMessage',
    'ec2messages:FailMessage',
    'ec2messages:GetEndpoint',
    'ec2messages:GetMessages',
    'ec2messages:SendReply',
    'ssm:DescribeAssociation',
    'ssm:DescribeDocument',
    'ssm:GetDeployablePatchSnapshotForInstance',
    'ssm:GetDocument',
    'ssm:GetManifest',
    'ssm:ListAssociations',
    'ssm:ListInstanceAssociations',
    'ssm:PutComplianceItems',
    'ssm:PutConfigurePackageResult',
    'ssm:PutInventory',
    'ssm:UpdateAssociationStatus',
    'ssm:UpdateInstanceAssociationStatus',
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: ['*'],
};

/**
 * Creates the instance profile of hosts, with a role that has exactly these permissions and those of the agent.
 *
 * @internal
 */
export function hostProfile(
  scope: Construct,
  aws: AwsContext,
  name: string,
  statements: readonly Statement[],
): IamInstanceProfile {
  const { bindings, provider } = aws;
  const common = aws.roleArguments(name);
  const role = new bindings.IamRole(scope, 'Role', {
    ...common,
    assumeRolePolicy: renderPolicy([
      {
        Sid: 'Hosts',
        Action: ['sts:AssumeRole'],
        Principal: { Service: 'ec2.amazonaws.com' },
      },
    ]),
  });
  new bindings.IamRolePolicy(scope, 'RolePolicy', {
    provider,
    name: 'host',
    role: role.id,
    policy: renderPolicy([AGENT, ...statements]),
  });
  return new bindings.IamInstanceProfile(scope, 'InstanceProfile', {
    provider,
    tags: common.tags,
    namePrefix: common.namePrefix,
    path: common.path,
    role: role.name,
  });
}

/**
 * Permission to read the objects below a prefix of the bucket.
 *
 * @internal
 */
export function readsReleases(bucketArn: string, prefix: string): Statement {
  return {
    Sid: 'Releases',
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: [`${bucketArn}/${prefix}*`],
  };
}

/**
 * Permission to read secrets, and to decrypt them and what the platform encrypts with its own key.
 *
 * @internal
 */
export function readsSecrets(
  arns: readonly string[],
  { kmsKeyArns, encryptionKeyArn }: Pick<AwsSettings, 'kmsKeyArns' | 'encryptionKeyArn'>,
): Statement[] {
  const keyArns = [
    ...(arns.length === 0 ? [] : kmsKeyArns),
    ...(encryptionKeyArn === undefined ? [] : [encryptionKeyArn]),
  ];
  const statement = (Sid: string, action: string, resources: readonly string[]): Statement[] =>
    resources.length === 0 ? [] : [{ Sid, Action: [action], Resource: [...new Set(resources)] }];
  return [
    ...statement('Secrets', 'secretsmanager:GetSecretValue', arns),
    ...statement('Keys', 'kms:Decrypt', keyArns),
  ];
}

/**
 * Permission to write to log groups.
 *
 * @internal
 */
export function writesLogs(groupArns: readonly string[]): Statement {
  return {
    Sid: 'Logs',
    Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    Resource: groupArns.map((arn) => `${arn}:*`),
  };
}

/**
 * Permission to publish metrics.
 *
 * @internal
 */
export function reportsMetrics(): Statement {
  return {
    Sid: 'Metrics',
    Action: ['cloudwatch:PutMetricData'],
    // The action supports no resources; the namespace is the narrowest condition.
    Resource: ['*'],
    Condition: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  };
}
