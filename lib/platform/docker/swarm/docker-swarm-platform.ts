import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Construct } from 'constructs';
import { Check } from '../../../validation/check';
import type {
  InstancesSpec,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from '../../contract';
import type { IPlatform } from '../../platform';
import { PlatformClaims } from '../../platform-claims';
import { loadSwarmBindings } from '../engine/bindings';
import { engineProvider } from '../engine/provider';
import type { DockerSwarmPlatformProps } from './docker-swarm-platform-props';
import { nginxLayout, runNginx } from './front';
import { runInstances } from './instances';
import { createNetwork } from './network';
import { runRedis } from './redis';
import { NAME, resolveSettings } from './settings';
import type { SwarmContext } from './swarm-context';

/**
 * A Docker swarm: a service for every instance, which Swarm places on its nodes and places anew when a node is lost; and
 * nginx on one node or several, published by the nodes themselves.
 *
 * A changed service comes up beside the old one, one instance after another, and back when it does not get healthy. A
 * changed configuration is tested first and then takes a new nginx: see `frontDrain` for what that means to clients.
 *
 * @example
 * const platform = new DockerSwarmPlatform(this, "Platform", { fronts: 2, frontConstraints: ["node.labels.edge == true"] });
 */
export class DockerSwarmPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The provider of all resources. */
  public readonly provider: DockerProvider;
  /** The overlay network of all services. */
  public readonly network: Network;

  private readonly context: SwarmContext;
  private readonly claims = new PlatformClaims(this, NAME);

  /** @throws ValidationError naming the property that is wrong */
  public constructor(scope: Construct, id: string, props: DockerSwarmPlatformProps = {}) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadSwarmBindings(check, NAME);
    const settings = resolveSettings(check, props);
    const provider = engineProvider(this, bindings, settings.engine);
    const network = createNetwork(this, bindings, provider, settings);
    this.traits = settings.traits;
    this.provider = provider;
    this.network = network;
    this.context = { bindings, provider, network, settings };
  }

  /** @throws ValidationError for a service that is not an image */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    return runInstances(scope, this.claims.check(scope), spec, this.context);
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    return nginxLayout(this.context.settings);
  }

  /** @throws ValidationError for a second front */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    return runNginx(scope, this.claims.only('front', scope), spec, this.context);
  }

  /** @throws ValidationError for a second Redis, and for a password that is not in a file */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    return runRedis(scope, this.claims.only('Redis', scope), spec, this.context);
  }
}
