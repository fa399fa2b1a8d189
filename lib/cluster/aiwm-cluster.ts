import type { ITerraformDependable } from 'cdktf';
import { Annotations, TerraformOutput } from 'cdktf';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import { Check, show } from '../validation/check';
import { resolveHealth, resolveHeartbeat } from './resolve-health';
import { checkDuration } from '../validation/duration';
import { AiwmRoutes } from '../model/routes';
import type { ResolvedHealthCheck } from '../model/health-check';
import type { ResolvedHeartbeat } from '../model/heartbeat';
import type { IPlatform, InstanceSlot } from '../platform/platform';
import type { AiwmClusterProps } from './aiwm-cluster-props';
import { outputName, resourceName } from '../terraform/names';
import type { Secret } from '../model/secret';
import { ENVIRONMENT_NAME, LINE, PATH, SIZE } from '../validation/text-rules';
import { Upstream } from '../model/upstream';

/** Instances of AIWM, as a front sees them. */
export interface IAiwmCluster extends IConstruct {
  /** Where they run. */
  readonly platform: IPlatform;
  /** Their addresses, in order, and what they have in common. */
  readonly upstream: Upstream;
  /** Their heartbeat, when it was decided here. */
  readonly heartbeat?: ResolvedHeartbeat;
  /** What has to be there before clients may be sent. */
  readonly dependables: ITerraformDependable[];
}

/** One instance of a cluster. */
export interface AiwmInstance {
  /** Its name on the platform: "aiwm-2". */
  readonly name: string;
  /** Its address without port. */
  readonly address: string;
  /** Its port. */
  readonly port: number;
  /** Where it says whether it serves. Reachable from the front and, as the platform has it, from nowhere else. */
  readonly healthUrl: string;
}

/** Variables of the contract, which a user's own must not replace. */
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
];

/**
 * N instances of AIWM, each in a slot with an identity of its own.
 *
 * @example
 * const cluster = new AiwmCluster(this, "Aiwm", {
 *   platform: new LocalPlatform(this, "Platform"),
 *   service: AiwmService.command(["node", "server.js"], { workingDirectory: "services/aiwm" }),
 *   instances: 3,
 * });
 */
export class AiwmCluster extends Construct implements IAiwmCluster {
  public readonly platform: IPlatform;
  public readonly upstream: Upstream;
  public readonly heartbeat?: ResolvedHeartbeat;
  public readonly dependables: ITerraformDependable[];
  /** The instances, in order. */
  public readonly instances: AiwmInstance[];
  /** The Terraform output that lists their addresses. */
  public readonly instancesOutput: TerraformOutput;

  /** @throws ValidationError naming the property that is wrong */
  public constructor(scope: Construct, id: string, props: AiwmClusterProps) {
    super(scope, id);
    const check = new Check(this);
    const health = resolveHealth(check, props.health);
    const heartbeat =
      props.heartbeat === undefined ? undefined : resolveHeartbeat(check, props.heartbeat);
    const enginePath = AiwmRoutes._enginePath(
      check.text('enginePath', props.enginePath ?? '/dev/aiwm/chat/', PATH),
    );
    const slots = this.slots(check, props, { health, heartbeat, enginePath });
    const running = props.platform.runInstances(this, {
      service: props.service,
      slots,
      health,
      stopGraceMs: checkDuration(check, 'stopGrace', props.stopGrace ?? '30s', '0s', '1h')
        .milliseconds,
      memory:
        props.limits?.memory === undefined
          ? undefined
          : check.text('limits.memory', props.limits.memory, SIZE),
      cpu:
        props.limits?.cpu === undefined
          ? undefined
          : check.positive('limits.cpu', props.limits.cpu, 256),
      secrets: this.secrets(check, props),
      dependsOn: props.backplane?.dependables ?? [],
    });

    const drained = checkDrained(check, props.drained ?? [], slots.length);
    this.platform = props.platform;
    this.heartbeat = heartbeat;
    this.dependables = running.dependables;
    this.instances = slots.map(({ name, port }, index) => ({
      name,
      port,
      address: running.addresses[index]!,
      healthUrl: `http://${running.addresses[index]}:${port}${health.path}`,
    }));
    this.upstream = Upstream.servers(
      this.instances.map(({ address, port }, index) => ({
        address: `${address}:${port}`,
        down: drained.has(index + 1),
      })),
      {
        backplane: props.backplane !== undefined,
        enginePath,
        healthPath: health.path,
        marksSessionIds: props.marksSessionIds,
      },
    );
    this.instancesOutput = new TerraformOutput(this, 'Instances', {
      value: Object.fromEntries(
        this.instances.map(({ name, address, port }) => [name, `${address}:${port}`]),
      ),
      description: 'The instances and their addresses.',
    });
    this.instancesOutput.overrideLogicalId(outputName(this, 'instances'));
    if (props.backplane !== undefined && slots.length === 1) {
      Annotations.of(this).addWarning(
        'One instance with a backplane: there is nobody to pass events to. Raise instances, or leave the backplane out.',
      );
    }
  }

  private slots(
    check: Check,
    props: AiwmClusterProps,
    contract: {
      health: ResolvedHealthCheck;
      heartbeat?: ResolvedHeartbeat;
      enginePath: string;
    },
  ): InstanceSlot[] {
    const count = check.integer('instances', props.instances ?? 3, 1, 64);
    const shares = props.platform.traits.sharesAddress;
    const firstPort = check.integer('firstPort', props.firstPort ?? 3003, 1, 65_535);
    if (shares && firstPort + count - 1 > 65_535) {
      check.refuse(
        'firstPort',
        `${count} instances from port ${firstPort} on end above 65535`,
        `1 to ${65_536 - count} for ${count} instances`,
      );
    }
    const own = checkEnvironment(check, 'environment', props.environment ?? {});
    const name = resourceName(this);
    return Array.from({ length: count }, (_, index) => {
      const port = firstPort + (shares ? index : 0);
      return {
        name: `${name}-${index + 1}`,
        id: `Instance${index + 1}`,
        port,
        environment: {
          ...own,
          PORT: String(port),
          INSTANCE_ID: String(index + 1),
          AIWM_ENGINE_PATH: contract.enginePath,
          AIWM_HEALTH_PATH: contract.health.path,
          ...(props.marksSessionIds ? { AIWM_SESSION_ID_PREFIX: `${index + 1}.` } : {}),
          ...(contract.heartbeat === undefined
            ? {}
            : {
                AIWM_PING_INTERVAL_MS: String(contract.heartbeat.intervalMs),
                AIWM_PING_TIMEOUT_MS: String(contract.heartbeat.timeoutMs),
              }),
          ...(props.backplane?.url === undefined ? {} : { REDIS_URL: props.backplane.url }),
          ...(props.backplane?.isCluster ? { REDIS_CLUSTER: '1' } : {}),
        },
      };
    });
  }

  private secrets(check: Check, props: AiwmClusterProps): Record<string, Secret> {
    const own = props.secrets ?? {};
    Object.keys(own).forEach((name) => checkVariable(check, 'secrets', name));
    const variables = Object.keys(props.environment ?? {});
    const twice = Object.keys(own).find((name) => variables.includes(name));
    if (twice !== undefined) {
      check.refuse(`secrets.${twice}`, 'the variable is in environment as well', 'one of the two');
    }
    const url = props.backplane?.urlSecret;
    return { ...own, ...(url === undefined ? {} : { REDIS_URL: url }) };
  }
}

function checkEnvironment(
  check: Check,
  property: string,
  environment: Record<string, string>,
): Record<string, string> {
  for (const [name, value] of Object.entries(environment)) {
    checkVariable(check, property, name);
    check.text(`${property}.${name}`, value, LINE);
  }
  return environment;
}

function checkVariable(check: Check, property: string, name: string): void {
  check.text(`${property}[${show(name)}]`, name, ENVIRONMENT_NAME);
  if (CONTRACT.includes(name)) {
    check.refuse(
      `${property}.${name}`,
      'the variable belongs to the contract between platform and instance',
      `names other than ${CONTRACT.join(', ')}`,
      'Use firstPort, backplane, enginePath, health or heartbeat to decide its value.',
    );
  }
}

function checkDrained(check: Check, drained: string[], count: number): Set<number> {
  const numbers = check.list('drained', drained).map((id, index) => {
    const number = /^[1-9]\d?$/.test(id) ? Number(id) : 0;
    if (number < 1 || number > count) {
      check.refuse(
        `drained[${index}]`,
        `there is no instance ${show(id)}`,
        `numbers from "1" to "${count}"`,
      );
    }
    return number;
  });
  const set = new Set(numbers);
  if (set.size === count) {
    check.refuse(
      'drained',
      'every instance is drained, and no client would be served',
      'at least one instance in service',
    );
  }
  return set;
}
