import { HealthProbe } from '../../../model/health-probe';
import type { Check } from '../../../validation/check';
import { CONTAINER_FOLDER, CONTAINER_USER } from '../../../validation/text-rules';
import { CpuArchitecture } from '../aws-instance-options';
import type { AwsNamespace } from '../aws-instance-options';
import type { AwsPlatformProps } from '../aws-platform-props';
import { checkRegion } from '../base/region';
import {
  CAPACITY_PROVIDER,
  ECS_CLUSTER_ARN,
  NAMESPACE_ID,
  NAMESPACE_NAME,
  ROLE_ARN,
  SECRET_ARN,
} from '../base/text-rules';

/**
 * Properties of a platform that decide how instances run.
 *
 * @internal
 */
export interface InstanceSettings {
  readonly cpuArchitecture: CpuArchitecture;
  readonly capacityProvider: string;
  /** Whether AWS runs the tasks, rather than hosts of the user. */
  readonly isFargate: boolean;
  /** ARN of an existing cluster; undefined for one of the platform. */
  readonly ecsCluster?: string;
  readonly containerInsights: boolean;
  /** Existing namespace; undefined for one of the platform. */
  readonly namespace?: AwsNamespace;
  /** ARN of an existing role; undefined for one of the platform. */
  readonly taskRole?: string;
  readonly executeCommand: boolean;
  readonly writablePaths: readonly string[];
  /** Undefined for the user of the image. */
  readonly instanceUser?: string;
  readonly batchSize: number;
  /** ARN of a secret with the credentials of a registry other than ECR. */
  readonly registryCredentials?: string;
  readonly probe: HealthProbe;
}

/**
 * Resolves the properties of an `AwsPlatform` that decide how instances run.
 *
 * @param region - region of the provider, if it is known
 * @throws ValidationError for an invalid property
 * @internal
 */
export function resolveInstanceSettings(
  check: Check,
  props: AwsPlatformProps,
  region: string | undefined,
): InstanceSettings {
  const { namespace, ecsCluster, taskRole, instanceUser, registryCredentials } = props;
  const capacityProvider = check.text(
    'capacityProvider',
    props.capacityProvider ?? 'FARGATE',
    CAPACITY_PROVIDER,
  );
  if (ecsCluster !== undefined) {
    check.text('ecsCluster', ecsCluster, ECS_CLUSTER_ARN);
    checkRegion(check, 'ecsCluster', ecsCluster, region);
    if (props.containerInsights !== undefined) {
      check.refuse('containerInsights', {
        problem: 'the cluster exists, so its setting is not that of this stack to change',
        allowed: 'ecsCluster or containerInsights, not both',
        remedy: `Set it where ${ecsCluster} is created.`,
      });
    }
  }
  if (namespace !== undefined) {
    check.text('namespace.id', namespace.id, NAMESPACE_ID);
    check.text('namespace.name', namespace.name, NAMESPACE_NAME);
  }
  if (taskRole !== undefined) {
    check.text('taskRole', taskRole, ROLE_ARN);
  }
  if (instanceUser !== undefined) {
    check.text('instanceUser', instanceUser, CONTAINER_USER);
  }
  if (registryCredentials !== undefined) {
    check.text('registryCredentials', registryCredentials, SECRET_ARN);
    checkRegion(check, 'registryCredentials', registryCredentials, region);
  }
  return {
    cpuArchitecture: check.oneOf(
      'cpuArchitecture',
      props.cpuArchitecture ?? CpuArchitecture.X86_64,
      Object.values(CpuArchitecture),
    ),
    capacityProvider,
    isFargate: /^FARGATE(?:_SPOT)?$/.test(capacityProvider),
    ecsCluster,
    containerInsights: props.containerInsights ?? false,
    namespace,
    taskRole,
    executeCommand: props.executeCommand ?? false,
    writablePaths: check.texts('writablePaths', props.writablePaths ?? ['/tmp'], CONTAINER_FOLDER, {
      max: 10,
    }),
    instanceUser,
    batchSize: check.integer('rollout.batchSize', props.rollout?.batchSize ?? 1, 1, 64),
    registryCredentials,
    probe: props.probe ?? HealthProbe.node(),
  };
}
