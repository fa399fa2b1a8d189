import type { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Lazy } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { AwsTaskPermission } from '../aws-instance-options';
import type { AwsContext } from '../base/aws-context';
import { renderPolicy, type Statement } from '../base/iam-policy';
import { IAM_ACTION, IAM_RESOURCE } from '../base/text-rules';
import { pullsImages } from './image-access';
import type { InstanceSettings } from './instance-settings';
import type { InstanceSecret } from './secrets';

/** Permissions of the agent that runs a command in a container. AWS has no narrower resource for them. */
const EXECUTE_COMMAND: Statement = {
  Sid: 'ExecuteCommand',
  Action: [
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: ['*'],
};

/**
 * Role with which the service calls AWS, one for all instances of a platform. It allows nothing until a permission is
 * added.
 *
 * @internal
 */
export class TaskRole {
  private readonly statements: Statement[] = [];
  private created?: IamRole;
  private policy?: IamRolePolicy;

  public constructor(
    private readonly scope: Construct,
    private readonly aws: AwsContext,
    private readonly settings: InstanceSettings,
    private readonly account: TaskAccount,
  ) {}

  /** Undefined for a role that exists, and before it is needed. */
  public get resource(): IamRole | undefined {
    return this.created;
  }

  /** Policy that must exist before a task starts; undefined without permissions. */
  public get dependables(): IamRolePolicy[] {
    return this.policy === undefined ? [] : [this.policy];
  }

  /** ARN of the role. It is created with the first instances. */
  public arn(): string {
    const { taskRole, executeCommand } = this.settings;
    if (taskRole !== undefined) {
      return taskRole;
    }
    if (executeCommand && !this.statements.includes(EXECUTE_COMMAND)) {
      this.allow(EXECUTE_COMMAND);
    }
    return this.role().arn;
  }

  /** @throws ValidationError for a role that exists, and for actions or resources that are no such things */
  public add(check: Check, { actions, resources }: AwsTaskPermission): void {
    if (this.settings.taskRole !== undefined) {
      check.refuse('taskRole', {
        problem: 'the role exists, so its permissions are not those of this stack to change',
        allowed: 'taskRole or addToTaskRolePolicy, not both',
        remedy: `Add the permission where ${this.settings.taskRole} is created.`,
      });
    }
    this.allow({
      Sid: `Service${this.statements.length + 1}`,
      Action: check.texts('actions', actions, IAM_ACTION, { min: 1 }),
      Resource: check.texts('resources', resources, IAM_RESOURCE, { min: 1 }),
    });
  }

  private allow(statement: Statement): void {
    this.statements.push(statement);
    this.policy ??= new this.aws.bindings.IamRolePolicy(this.scope, 'TaskRolePolicy', {
      provider: this.aws.provider,
      name: 'service',
      role: this.role().id,
      policy: Lazy.stringValue({ produce: () => renderPolicy(this.statements) }),
    });
  }

  private role(): IamRole {
    return (this.created ??= taskRole(this.scope, 'TaskRole', this.aws, 'task', this.account));
  }
}

/**
 * Account of a platform, read once.
 *
 * @internal
 */
export class TaskAccount {
  private identity?: DataAwsCallerIdentity;

  public constructor(
    private readonly scope: Construct,
    private readonly aws: AwsContext,
  ) {}

  public id(): string {
    const { bindings, provider } = this.aws;
    this.identity ??= new bindings.DataAwsCallerIdentity(this.scope, 'Account', { provider });
    return this.identity.accountId;
  }
}

/**
 * Role with which ECS itself starts the tasks of a cluster.
 *
 * @internal
 */
export interface ExecutionRole {
  readonly arn: string;
  readonly policy: IamRolePolicy;
}

/**
 * What ECS may read and write to start a task.
 *
 * @internal
 */
export interface ExecutionAccess {
  readonly name: string;
  readonly logGroupArn: string;
  readonly repositoryArns: readonly string[];
  readonly secrets: readonly InstanceSecret[];
  readonly registryCredentials?: string;
  readonly kmsKeyArns: readonly string[];
}

/**
 * Creates the role with which ECS pulls the image, reads the secrets and writes the logs.
 *
 * @internal
 */
export function executionRole(
  scope: Construct,
  aws: AwsContext,
  account: TaskAccount,
  access: ExecutionAccess,
): ExecutionRole {
  const role = taskRole(scope, 'ExecutionRole', aws, `${access.name}-start`, account);
  const policy = new aws.bindings.IamRolePolicy(scope, 'ExecutionRolePolicy', {
    provider: aws.provider,
    name: 'start',
    role: role.id,
    policy: renderPolicy([
      {
        Sid: 'Logs',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [`${access.logGroupArn}:*`],
      },
      ...pullsImages(access.repositoryArns),
      ...readsSecrets(access),
    ]),
  });
  return { arn: role.arn, policy };
}

function readsSecrets({ secrets, registryCredentials, kmsKeyArns }: ExecutionAccess): Statement[] {
  const arns = (store: InstanceSecret['store']) => [
    ...new Set(secrets.filter((each) => each.store === store).map(({ arn }) => arn)),
  ];
  const statement = (Sid: string, action: string, Resource: readonly string[]): Statement[] =>
    Resource.length === 0 ? [] : [{ Sid, Action: [action], Resource }];
  const reads = [
    ...statement('Secrets', 'secretsmanager:GetSecretValue', [
      ...arns('secrets-manager'),
      ...(registryCredentials === undefined ? [] : [registryCredentials]),
    ]),
    ...statement('Parameters', 'ssm:GetParameters', arns('ssm-parameter')),
  ];
  return reads.length === 0 ? [] : [...reads, ...statement('Keys', 'kms:Decrypt', kmsKeyArns)];
}

/** A role for tasks of this account alone. */
function taskRole(
  scope: Construct,
  id: string,
  aws: AwsContext,
  name: string,
  account: TaskAccount,
): IamRole {
  return new aws.bindings.IamRole(scope, id, {
    ...aws.roleArguments(name),
    assumeRolePolicy: renderPolicy([
      {
        Sid: 'Tasks',
        Action: ['sts:AssumeRole'],
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': account.id() } },
      },
    ]),
  });
}
