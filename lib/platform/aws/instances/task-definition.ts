import type { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import { Fn, TerraformLocal } from 'cdktf';
import type { Construct } from 'constructs';
import type { InstanceSlot } from '../../contract';
import type { AwsContext } from '../base/aws-context';
import type { ContainerHealthCheck } from './health-check';
import type { InstanceSettings } from './instance-settings';
import { type InstanceSecret, valueFrom } from './secrets';
import type { TaskSize } from './task-size';

/** How long an instance accepts connections after SIGTERM, until nginx has learned that it is going. */
export const SHUTDOWN_DELAY_SECONDS = 15;

/** Name of the container, which log streams and commands use. */
export const CONTAINER = 'instance';

/** Connections and files that an instance may have open. */
const OPEN_FILES = 65_536;

/** Memory for lines of the log that CloudWatch has not taken yet. More is dropped rather than stopping the service. */
const LOG_BUFFER = '4m';

/** Folders of the agent that runs commands in a container. */
const AGENT_PATHS = ['/managed-agents', '/var/lib/amazon/ssm', '/var/log/amazon/ssm'];

/**
 * What the tasks of all slots of a cluster share.
 *
 * @internal
 */
export interface TaskContext {
  readonly settings: InstanceSettings;
  readonly image: string;
  readonly size: TaskSize;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly InstanceSecret[];
  /** Changes whenever a secret has a new value; undefined without secrets. */
  readonly secretVersions?: string;
  readonly healthCheck: (port: number) => ContainerHealthCheck;
  readonly stopGraceSeconds: number;
  readonly logGroup: string;
  readonly region: string;
  readonly executionRoleArn: string;
  readonly taskRoleArn: string;
}

/**
 * Creates the task definition of a slot.
 *
 * The old revision stays: ECS needs it to roll back, and Terraform would deregister it before the new one exists.
 *
 * @internal
 */
export function taskDefinition(
  scope: Construct,
  aws: AwsContext,
  slot: InstanceSlot,
  context: TaskContext,
): EcsTaskDefinition {
  const { settings, size } = context;
  const family = aws.resourceName(255, slot.name);
  const container = new TerraformLocal(scope, 'Container', containerOf(slot, context));
  return new aws.bindings.EcsTaskDefinition(scope, 'TaskDefinition', {
    ...aws.commonArguments(family),
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: [settings.isFargate ? 'FARGATE' : 'EC2'],
    cpu: String(size.cpu),
    memory: String(size.memory),
    runtimePlatform: {
      cpuArchitecture: settings.cpuArchitecture,
      operatingSystemFamily: 'LINUX',
    },
    executionRoleArn: context.executionRoleArn,
    taskRoleArn: context.taskRoleArn,
    volume: writablePaths(settings).map((path) => ({ name: volumeName(path) })),
    // Terraform writes the values of variables into the JSON, whatever is in them.
    containerDefinitions: Fn.jsonencode([container.expression]),
    skipDestroy: true,
  });
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
function containerOf(slot: InstanceSlot, context: TaskContext): Record<string, unknown> {
  const { settings, secrets, secretVersions } = context;
  const environment = {
    ...context.environment,
    ...slot.environment,
    HOST: '0.0.0.0',
    AIWM_SHUTDOWN_DELAY_MS: String(SHUTDOWN_DELAY_SECONDS * 1000),
    AIWM_STOP_GRACE_MS: String(context.stopGraceSeconds * 1000),
    ...(secretVersions === undefined ? {} : { AIWM_SECRET_VERSIONS: secretVersions }),
  };
  return {
    name: CONTAINER,
    image: context.image,
    essential: true,
    ...(settings.registryCredentials === undefined
      ? {}
      : { repositoryCredentials: { credentialsParameter: settings.registryCredentials } }),
    ...(settings.instanceUser === undefined ? {} : { user: settings.instanceUser }),
    environment: Object.entries(environment)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => ({ name, value })),
    secrets: secrets.map((secret) => ({ name: secret.variable, valueFrom: valueFrom(secret) })),
    portMappings: [{ containerPort: slot.port, hostPort: slot.port, protocol: 'tcp' }],
    healthCheck: context.healthCheck(slot.port),
    stopTimeout: context.stopGraceSeconds,
    readonlyRootFilesystem: true,
    mountPoints: writablePaths(settings).map((path) => ({
      sourceVolume: volumeName(path),
      containerPath: path,
      readOnly: false,
    })),
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    ulimits: [{ name: 'nofile', softLimit: OPEN_FILES, hardLimit: OPEN_FILES }],
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': context.logGroup,
        'awslogs-region': context.region,
        'awslogs-stream-prefix': slot.name,
        mode: 'non-blocking',
        'max-buffer-size': LOG_BUFFER,
      },
    },
  };
}

function writablePaths(settings: InstanceSettings): string[] {
  return [...new Set([...settings.writablePaths, ...(settings.executeCommand ? AGENT_PATHS : [])])];
}

/** Name of a volume, made of its path: "/var/cache" becomes "var-cache", and "/var-cache" becomes "var--cache". */
function volumeName(path: string): string {
  return path
    .slice(1)
    .replace(/-/g, '--')
    .replace(/[^A-Za-z0-9_-]/g, '-');
}
