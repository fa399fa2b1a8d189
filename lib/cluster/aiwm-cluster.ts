import type { ITerraformDependable, TerraformOutput } from 'cdktf';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import type { ResolvedHeartbeat } from '../platform/contract';
import { Upstream } from '../model/upstream';
import type { IPlatform } from '../platform/platform';
import { namedOutput } from '../terraform/named-output';
import { Check } from '../validation/check';
import type { AiwmClusterProps } from './aiwm-cluster-props';
import { resolveCluster } from './resolve-cluster';

/** A cluster of AIWM instances, as a front uses it. */
export interface IAiwmCluster extends IConstruct {
  /** Platform that runs the instances. */
  readonly platform: IPlatform;
  /** Addresses of the instances, in order, and the options that they share. */
  readonly upstream: Upstream;
  /** Heartbeat of the instances; undefined for Socket.IO's own. */
  readonly heartbeat?: ResolvedHeartbeat;
  /** Resources that must exist before a front may send clients. */
  readonly dependables: ITerraformDependable[];
}

/** One instance of a cluster, or all instances of a cluster with `scaling`. */
export interface AiwmInstance {
  /** Name on the platform, e.g. "aiwm-2". With `scaling`, the name that they share: "aiwm". */
  readonly name: string;
  /** Address without its port. */
  readonly address: string;
  /** Port on which the instance listens. */
  readonly port: number;
  /** URL of its health check. The front can reach it; whether other machines can depends on the platform. */
  readonly healthUrl: string;
}

/**
 * Instances of AIWM on a platform.
 *
 * Each instance has a number, a name and a port that never change. With `scaling`, all share one name and one port.
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
  /** Instances, in order. With `scaling`, a single entry for all of them. */
  public readonly instances: AiwmInstance[];
  /** Terraform output that lists their addresses. */
  public readonly instancesOutput: TerraformOutput;

  /** @throws ValidationError for an invalid property, or for a service that the platform cannot run */
  public constructor(scope: Construct, id: string, props: AiwmClusterProps) {
    super(scope, id);
    const { instances, heartbeat, enginePath, drained } = resolveCluster(new Check(this), props);
    const { slots, health, scaling } = instances;
    const running = props.platform.runInstances(this, instances);

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
        ...(scaling === undefined ? {} : { severalInstances: true }),
      })),
      {
        backplane: props.backplane !== undefined,
        enginePath,
        healthPath: health.path,
        marksSessionIds: props.marksSessionIds,
      },
    );
    this.instancesOutput = namedOutput(this, 'Instances', 'instances', {
      value: Object.fromEntries(
        this.instances.map(({ name, address, port }) => [name, `${address}:${port}`]),
      ),
      description: 'The instances and their addresses.',
    });
  }
}
