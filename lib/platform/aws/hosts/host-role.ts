import type { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import { METRIC_NAMESPACE } from '../monitoring/metrics';

/**
 * One statement of a policy that allows something.
 *
 * @internal
 */
export interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * What the agent of Systems Manager does. AWS has no narrower resource for it: a host may do it for itself alone, by
 * the credentials that it uses. AmazonSSMManagedInstanceCore holds the same and, beside it, every parameter of the
 * account, which is why it is not used.
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
 * The role of hosts, with what they may do and nothing else.
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
  // A prefix: names of roles are the account's, in all of its regions.
  const prefix = `${aws.resourceName(37, name)}-`;
  const role = new bindings.IamRole(scope, 'Role', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    namePrefix: prefix,
    assumeRolePolicy: policy([
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
    policy: policy([AGENT, ...statements]),
  });
  return new bindings.IamInstanceProfile(scope, 'InstanceProfile', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    namePrefix: prefix,
    role: role.name,
  });
}

/** ARNs that are known at apply hold nothing that JSON would have to escape. */
function policy(statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });
}

/**
 * To read what is delivered below a prefix of the bucket.
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

/** @internal */
export function readsSecrets(arns: readonly string[], keyArns: readonly string[]): Statement[] {
  return arns.length === 0
    ? []
    : [
        {
          Sid: 'Secrets',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: [...new Set(arns)],
        },
        ...(keyArns.length === 0
          ? []
          : [{ Sid: 'Keys', Action: ['kms:Decrypt'], Resource: [...keyArns] }]),
      ];
}

/** @internal */
export function writesLogs(groupArns: readonly string[]): Statement {
  return {
    Sid: 'Logs',
    Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    Resource: groupArns.map((arn) => `${arn}:*`),
  };
}

/** @internal */
export function reportsMetrics(): Statement {
  return {
    Sid: 'Metrics',
    Action: ['cloudwatch:PutMetricData'],
    // AWS has no resource for it; a namespace is as narrow as it gets.
    Resource: ['*'],
    Condition: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  };
}
