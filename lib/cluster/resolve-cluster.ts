import { TerraformStack } from 'cdktf';
import { AiwmRoutes } from '../model/routes';
import type { ResolvedHeartbeat } from '../platform/contract';
import type { Secret } from '../model/secret';
import type { InstanceSlot, InstancesSpec } from '../platform/contract';
import type { IPlatform } from '../platform/platform';
import { resourceName } from '../terraform/names';
import { type Check, show } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import { resolveSize } from '../validation/size';
import { ENVIRONMENT_NAME, LINE, PATH } from '../validation/text-rules';
import type { AiwmClusterProps } from './aiwm-cluster-props';
import type { IBackplane } from './redis-adapter-backplane';
import { resolveHealth, resolveHeartbeat } from './resolve-health';
import { resolveScaling } from './resolve-scaling';

/** How often an instance reports its connections: twice within the minute of a metric, so that none is empty. */
const REPORT_INTERVAL_MS = 30_000;

/** Variables of the contract with instances, which a user may not replace. */
const CONTRACT = [
  'PORT',
  'HOST',
  'INSTANCE_ID',
  'REDIS_URL',
  'REDIS_CLUSTER',
  'AIWM_ENGINE_PATH',
  'AIWM_HEALTH_PATH',
  'AIWM_SESSION_ID_PREFIX',
  'AIWM_PING_INTERVAL_MS',
  'AIWM_PING_TIMEOUT_MS',
  'AIWM_SHUTDOWN_DELAY_MS',
  'AIWM_STOP_GRACE_MS',
  'AIWM_SECRET_VERSIONS',
  'AIWM_REPORT_CONNECTIONS_MS',
];

/**
 * The properties of a cluster, resolved.
 *
 * @internal
 */
export interface ClusterSettings {
  readonly instances: InstancesSpec;
  readonly heartbeat?: ResolvedHeartbeat;
  readonly enginePath: string;
  /** Numbers of the instances that receive no new clients. */
  readonly drained: ReadonlySet<number>;
}

/**
 * Resolves all properties of a cluster before anything is built.
 *
 * @throws ValidationError for an invalid property
 * @internal
 */
export function resolveCluster(check: Check, props: AiwmClusterProps): ClusterSettings {
  const health = resolveHealth(check, props.health);
  const heartbeat =
    props.heartbeat === undefined ? undefined : resolveHeartbeat(check, props.heartbeat);
  const enginePath = AiwmRoutes._enginePath(
    check.text('enginePath', props.enginePath ?? '/dev/aiwm/chat/', PATH),
  );
  const scaling = resolveScaling(check, props);
  const slots = scaling === undefined ? resolveSlots(check, props) : [sharedSlot(check, props)];
  const environment = {
    ...resolveEnvironment(check, props.environment ?? {}),
    AIWM_ENGINE_PATH: enginePath,
    AIWM_HEALTH_PATH: health.path,
    ...(heartbeat === undefined
      ? {}
      : {
          AIWM_PING_INTERVAL_MS: String(heartbeat.intervalMs),
          AIWM_PING_TIMEOUT_MS: String(heartbeat.timeoutMs),
        }),
    ...(scaling?.connections === undefined
      ? {}
      : { AIWM_REPORT_CONNECTIONS_MS: String(REPORT_INTERVAL_MS) }),
  };
  const { backplane, limits, stopGrace } = props;
  if (backplane !== undefined) {
    checkBackplane(check, props.platform, backplane);
    if ((scaling?.max ?? slots.length) === 1) {
      check.warn(
        'backplane: has no effect with a single instance, which has no other to exchange events with. Increase instances, or remove the backplane.',
      );
    }
  }
  return {
    heartbeat,
    enginePath,
    instances: {
      service: props.service,
      slots,
      scaling,
      health,
      stopGraceMs: resolveDuration(check, 'stopGrace', stopGrace ?? '30s', '0s', '1h').milliseconds,
      memoryBytes:
        limits?.memory === undefined
          ? undefined
          : resolveSize(check, 'limits.memory', limits.memory),
      cpu: limits?.cpu === undefined ? undefined : check.positive('limits.cpu', limits.cpu, 256),
      environment,
      secrets: resolveSecrets(check, props),
      backplane:
        backplane === undefined
          ? undefined
          : {
              url: backplane.url,
              urlSecret: backplane.urlSecret,
              isCluster: backplane.isCluster ?? false,
            },
      dependsOn: backplane?.dependables ?? [],
    },
    drained: resolveDrained(check, props.drained ?? [], slots.length),
  };
}

/**
 * A Redis of a platform is reachable there alone, and an instance can wait only for what its own stack creates.
 *
 * @throws ValidationError for a Redis that another platform or another stack runs
 */
function checkBackplane(check: Check, platform: IPlatform, backplane: IBackplane): void {
  const { path } = backplane.node;
  const remedy =
    'Run a Redis there: new RedisAdapterBackplane(this, "Backplane", { platform }). Or name one that the instances can reach: RedisAdapterBackplane.fromUrl(this, "Backplane", { secret }).';
  if (backplane.platform !== undefined && backplane.platform !== platform) {
    check.refuse('backplane', {
      problem: `${path} runs on ${backplane.platform.node.path}, but the instances run on ${platform.node.path}`,
      allowed: 'a backplane on the same platform, or an existing Redis',
      remedy,
    });
  }
  if (
    backplane.dependables.length > 0 &&
    TerraformStack.of(backplane) !== TerraformStack.of(check.scope)
  ) {
    check.refuse('backplane', {
      problem: `${path} belongs to another stack`,
      allowed: 'a backplane of the same stack, or an existing Redis',
      remedy,
    });
  }
}

function resolveSlots(check: Check, props: AiwmClusterProps): InstanceSlot[] {
  const count = check.integer('instances', props.instances ?? 3, 1, 64);
  const shares = props.platform.traits.sharesAddress;
  const firstPort = resolveFirstPort(check, props);
  if (shares && firstPort + count - 1 > 65_535) {
    check.refuse('firstPort', {
      problem: `${count} instances starting at port ${firstPort} need ports above 65535`,
      allowed: `1 to ${65_536 - count} for ${count} instances`,
    });
  }
  const name = resourceName(check.scope);
  return Array.from({ length: count }, (_, index) => {
    const port = firstPort + (shares ? index : 0);
    return {
      name: `${name}-${index + 1}`,
      id: `Instance${index + 1}`,
      port,
      environment: {
        PORT: String(port),
        INSTANCE_ID: String(index + 1),
        ...(props.marksSessionIds ? { AIWM_SESSION_ID_PREFIX: `${index + 1}.` } : {}),
      },
    };
  });
}

/** The slot of all instances of a cluster with scaling, which have no numbers. */
function sharedSlot(check: Check, props: AiwmClusterProps): InstanceSlot {
  const port = resolveFirstPort(check, props);
  return {
    name: resourceName(check.scope),
    id: 'Scaled',
    port,
    environment: { PORT: String(port) },
  };
}

function resolveFirstPort(check: Check, { firstPort = 3003 }: AiwmClusterProps): number {
  return check.integer('firstPort', firstPort, 1, 65_535);
}

function resolveEnvironment(
  check: Check,
  environment: Record<string, string>,
): Record<string, string> {
  for (const [name, value] of Object.entries(environment)) {
    checkVariable(check, 'environment', name);
    check.text(`environment.${name}`, value, {
      ...LINE,
      alternative: `Put the text into a file and pass it as a secret: secrets: { ${name}: Secret.fromFile("…") }.`,
    });
  }
  return environment;
}

function resolveSecrets(
  check: Check,
  { secrets = {}, environment = {} }: AiwmClusterProps,
): Record<string, Secret> {
  const names = Object.keys(secrets);
  names.forEach((name) => checkVariable(check, 'secrets', name));
  const twice = names.find((name) => Object.keys(environment).includes(name));
  if (twice !== undefined) {
    check.refuse(`secrets.${twice}`, {
      problem: 'the variable is set in environment as well',
      allowed: 'one of the two',
    });
  }
  return secrets;
}

function checkVariable(check: Check, property: string, name: string): void {
  check.text(`${property}[${show(name)}]`, name, ENVIRONMENT_NAME);
  if (CONTRACT.includes(name)) {
    check.refuse(`${property}.${name}`, {
      problem: 'the variable is reserved: the platform sets it for the instances',
      allowed: `names other than ${CONTRACT.join(', ')}`,
      remedy: 'Use firstPort, backplane, enginePath, health or heartbeat to change its value.',
    });
  }
}

function resolveDrained(check: Check, drained: string[], count: number): ReadonlySet<number> {
  const numbers = check.list('drained', drained).map((id, index) => {
    const number = /^[1-9]\d?$/.test(id) ? Number(id) : 0;
    if (number < 1 || number > count) {
      check.refuse(`drained[${index}]`, {
        problem: `there is no instance ${show(id)}`,
        allowed: `numbers from "1" to "${count}"`,
      });
    }
    return number;
  });
  const set = new Set(numbers);
  if (set.size === count) {
    check.refuse('drained', {
      problem: 'every instance is drained, so no client would be served',
      allowed: 'at least one instance in service',
    });
  }
  return set;
}
