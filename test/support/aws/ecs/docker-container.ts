// A task definition in the words of Docker's API. Its command line would not do: there, a health check needs a shell.
import type { ContainerDefinition, TaskDefinition } from './task-definition';

export interface TaskPlace {
  readonly network: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Value of a secret. */
  readonly readSecret: (valueFrom: string) => string;
  /** Files that a process on this machine may have open, whoever asks. */
  readonly maxOpenFiles: number;
}

const NANOSECONDS = 1e9;
const MIB = 2 ** 20;

/** Fields that have their translation below, or none because nothing of them is seen from inside or outside. */
const KNOWN = new Set([
  ...['name', 'image', 'essential', 'entryPoint', 'command', 'user', 'environment', 'secrets'],
  ...['readonlyRootFilesystem', 'mountPoints', 'linuxParameters', 'ulimits', 'healthCheck'],
  ...['stopTimeout', 'portMappings', 'logConfiguration', 'repositoryCredentials'],
]);

/**
 * The body of a request that creates the container of a task.
 *
 * @throws Error for what has no translation, because a test that leaves it out would prove nothing about it
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
export function dockerContainer(task: TaskDefinition, place: TaskPlace): Record<string, unknown> {
  const [container, ...others] = task.containers;
  const unknown = Object.keys(container ?? {}).filter((field) => !KNOWN.has(field));
  if (container === undefined || others.length > 0 || unknown.length > 0) {
    throw new Error(
      `${task.family} is not one container with known fields: ${task.containers.length} containers, ${unknown.join(', ')}`,
    );
  }
  const { linuxParameters: { initProcessEnabled, capabilities } = {} } = container;
  return {
    Image: container.image,
    Entrypoint: container.entryPoint,
    Cmd: container.command,
    User: container.user,
    Env: environmentOf(container, place),
    Labels: place.labels,
    StopTimeout: container.stopTimeout ?? 30,
    // Without one, ECS does not use that of the image.
    Healthcheck: healthCheckOf(container) ?? { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: place.network,
      ReadonlyRootfs: container.readonlyRootFilesystem ?? false,
      Init: initProcessEnabled ?? false,
      CapDrop: capabilities?.drop,
      CapAdd: capabilities?.add,
      Mounts: mountsOf(task, container),
      Ulimits: (container.ulimits ?? []).map(({ name, softLimit, hardLimit }) => ({
        Name: name,
        Soft: Math.min(softLimit, place.maxOpenFiles),
        Hard: Math.min(hardLimit, place.maxOpenFiles),
      })),
      NanoCpus: (task.cpu / 1024) * NANOSECONDS,
      Memory: task.memory * MIB,
      MemorySwap: task.memory * MIB,
    },
    NetworkingConfig: {
      EndpointsConfig: { [place.network]: { IPAMConfig: { IPv4Address: place.address } } },
    },
  };
}

function environmentOf(
  { environment = [], secrets = [] }: ContainerDefinition,
  { readSecret }: TaskPlace,
): string[] {
  return [
    ...environment.map(({ name, value }) => `${name}=${value}`),
    ...secrets.map(({ name, valueFrom }) => `${name}=${readSecret(valueFrom)}`),
  ];
}

function healthCheckOf({ healthCheck }: ContainerDefinition): unknown {
  return (
    healthCheck && {
      Test: healthCheck.command,
      Interval: healthCheck.interval * NANOSECONDS,
      Timeout: healthCheck.timeout * NANOSECONDS,
      Retries: healthCheck.retries,
      StartPeriod: healthCheck.startPeriod * NANOSECONDS,
    }
  );
}

/**
 * A volume of Fargate is root's, and nobody else may write to it. An ordinary one of Docker would take owner and mode
 * from the folder of the image, and a tmpfs of the container its mode.
 */
function mountsOf(
  { volumes }: TaskDefinition,
  { mountPoints = [] }: ContainerDefinition,
): Record<string, unknown>[] {
  return mountPoints.map(({ sourceVolume, containerPath, readOnly = false }) => {
    if (!volumes.includes(sourceVolume)) {
      throw new Error(`there is no volume ${sourceVolume}`);
    }
    return {
      Type: 'volume',
      Target: containerPath,
      ReadOnly: readOnly,
      VolumeOptions: {
        NoCopy: true,
        DriverConfig: {
          Name: 'local',
          Options: { type: 'tmpfs', device: 'tmpfs', o: 'mode=0755,uid=0,gid=0' },
        },
      },
    };
  });
}
