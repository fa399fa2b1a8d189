import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import { type ITerraformDependable, Op, TerraformSelf } from 'cdktf';
import { Construct } from 'constructs';
import type { InstanceSlot } from '../../contract';
import type { AwsContext } from '../base/aws-context';
import type { RunningCluster } from './ecs-cluster';
import type { ContainerHealthCheck } from './health-check';
import type { InstanceSettings } from './instance-settings';
import { slotRecord } from './namespace';
import { SHUTDOWN_DELAY_SECONDS, taskDefinition, type TaskContext } from './task-definition';
import type { AwsNamespace } from '../aws-instance-options';

/** Failures after which ECS gives up a deployment of one task. */
const BREAKER_TASKS = 3;
/** Time for ECS to start a task and to pull the image. */
const START_SECONDS = 180;
/** Time for ECS to register a task, to stop it and to notice that it is stable. */
const SETTLE_SECONDS = 300;
/** Timeout of the provider. */
const MIN_TIMEOUT_SECONDS = 1200;

/**
 * What is different from one service of a cluster to another.
 *
 * @internal
 */
export interface ServicePlacement {
  readonly subnets: string[];
  /** Number of tasks when the service is created. */
  readonly tasks: number;
  /** Whether another number that it has later stays. */
  readonly keepsTasks: boolean;
  /** Percentage of that number that may run while a release replaces them. */
  readonly maximumPercent: number;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * What the services of all slots of a cluster share.
 *
 * @internal
 */
export interface SlotsContext {
  readonly aws: AwsContext;
  readonly settings: InstanceSettings;
  readonly cluster: RunningCluster;
  readonly namespace: AwsNamespace;
  readonly task: TaskContext;
  readonly securityGroupIds: readonly string[];
  /** Resources that must exist before the first slot. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Creates a service with one task for each slot, one batch after another: a batch whose release does not become healthy
 * stops those after it.
 *
 * @internal
 */
export function slotServices(
  scope: Construct,
  slots: readonly InstanceSlot[],
  context: SlotsContext,
): EcsService[] {
  const { batchSize } = context.settings;
  const services: EcsService[] = [];
  slots.forEach((slot, index) => {
    const batch = Math.floor(index / batchSize);
    const previous = services.slice((batch - 1) * batchSize, batch * batchSize);
    services.push(
      slotService(new Construct(scope, slot.id), slot, context, {
        subnets: subnetsOf(context.aws.network.privateSubnetIds, index),
        tasks: 1,
        keepsTasks: false,
        maximumPercent: 200,
        dependsOn: [...context.dependsOn, ...(batch === 0 ? [] : previous)],
      }),
    );
  });
  return services;
}

/**
 * Creates the service of a slot, with its name and its task definition.
 *
 * @internal
 */
export function slotService(
  scope: Construct,
  slot: InstanceSlot,
  context: SlotsContext,
  placement: ServicePlacement,
): EcsService {
  const { aws, settings, cluster, task } = context;
  const name = aws.resourceName(255, slot.name);
  const registryArn = slotRecord(scope, aws, slot, context.namespace);
  const definition = taskDefinition(scope, aws, slot, task);
  const timeout = `${Math.ceil(timeoutSeconds(task.healthCheck(slot.port), task.stopGraceSeconds) / 60)}m`;
  return new aws.bindings.EcsService(scope, 'Service', {
    ...aws.commonArguments(name),
    name,
    cluster: cluster.arn,
    taskDefinition: definition.arn,
    desiredCount: placement.tasks,
    // The new task is healthy before the old one stops.
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: placement.maximumPercent,
    deploymentCircuitBreaker: { enable: true, rollback: true },
    capacityProviderStrategy: [{ capacityProvider: settings.capacityProvider, weight: 1 }],
    networkConfiguration: {
      subnets: placement.subnets,
      securityGroups: [...context.securityGroupIds],
      assignPublicIp: false,
    },
    serviceRegistries: { registryArn },
    enableExecuteCommand: settings.executeCommand,
    // Rebalancing would stop tasks with open connections, only to even out the zones.
    availabilityZoneRebalancing: 'DISABLED',
    propagateTags: 'SERVICE',
    waitForSteadyState: true,
    timeouts: { create: timeout, update: timeout },
    dependsOn: placement.dependsOn,
    lifecycle: {
      ...(placement.keepsTasks ? { ignoreChanges: ['desired_count'] } : {}),
      // A service that was rolled back is stable again, which the provider takes for success.
      postcondition: [
        {
          condition: Op.eq(TerraformSelf.getString('task_definition'), definition.arn),
          errorMessage: `${name}: the new version did not become healthy, and ECS returned to ${TerraformSelf.getString('task_definition')}. The reason is in the events of the service and in the log group. Apply again once it is mended.`,
        },
      ],
    },
  });
}

/** Subnets of two zones, so that a task can move when one fails. Slots begin with different zones. */
function subnetsOf(subnetIds: readonly string[], index: number): string[] {
  const at = (position: number) => subnetIds[position % subnetIds.length]!;
  return [...new Set([at(index), at(index + 1)])];
}

/** How long a deployment may take until ECS has given it up and returned to the one before. */
function timeoutSeconds(health: ContainerHealthCheck, stopGraceSeconds: number): number {
  const { startPeriod, retries, interval, timeout } = health;
  const attempt = START_SECONDS + startPeriod + retries * interval + timeout + stopGraceSeconds;
  return Math.max(
    MIN_TIMEOUT_SECONDS,
    BREAKER_TASKS * attempt + SHUTDOWN_DELAY_SECONDS + SETTLE_SECONDS,
  );
}
