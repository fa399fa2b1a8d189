import type { ITerraformDependable } from 'cdktf';
import { TerraformOutput } from 'cdktf';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import type { ResolvedHeartbeat } from '../model/heartbeat';
import { Upstream } from '../model/upstream';
import type { IPlatform } from '../platform/platform';
import { outputName } from '../terraform/names';
import { Check } from '../validation/check';
import type { AiwmClusterProps } from './aiwm-cluster-props';
import { resolveCluster } from './resolve-cluster';

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
    const { instances, heartbeat, enginePath, drained } = resolveCluster(new Check(this), props);
    const { slots, health } = instances;
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
      })),
      { backplane: props.backplane !== undefined, enginePath, healthPath: health.path },
    );
    this.instancesOutput = new TerraformOutput(this, 'Instances', {
      value: Object.fromEntries(
        this.instances.map(({ name, address, port }) => [name, `${address}:${port}`]),
      ),
      description: 'The instances and their addresses.',
    });
    this.instancesOutput.overrideLogicalId(outputName(this, 'instances'));
  }
}
