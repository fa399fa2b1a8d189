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
import { claimName, claimSubnet, engineProvider } from '../engine/provider';
import type { DockerSwarmPlatformProps } from './docker-swarm-platform-props';
import { nginxLayout, runNginx } from './front';
import { runInstances } from './instances';
import { createNetwork } from './network';
import { runRedis } from './redis';
import { NAME, resolveSettings } from './settings';
import type { SwarmContext } from './swarm-context';

/**
 * Platform that runs nginx, Redis and the instances on a Docker swarm of one or more nodes.
 *
 * Every instance is a service of its own, which Swarm moves to another node when its node is lost. nginx runs on one or
 * more nodes, which publish its ports themselves.
 *
 * When the service changes, Swarm replaces one instance after another: it starts the new one beside the old one, and
 * rolls back if the new one does not become healthy.
 *
 * When the configuration changes, a short-lived container on the manager tests it. Then Swarm replaces nginx, which
 * closes WebSockets after `frontDrain`.
 *
 * It requires the package `@cdktf/provider-docker`.
 *
 * @example
 * const platform = new DockerSwarmPlatform(this, "Platform", {
 *   fronts: 2,
 *   frontConstraints: ["node.labels.edge == true"],
 * });
 */
export class DockerSwarmPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** Provider of all resources of the platform. */
  public readonly provider: DockerProvider;
  /** Overlay network of all services. Attach services of your own to it if they have to reach the instances. */
  public readonly network: Network;

  private readonly context: SwarmContext;
  private readonly claims = new PlatformClaims(this, NAME);

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: DockerSwarmPlatformProps = {}) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadSwarmBindings(check, NAME);
    const settings = resolveSettings(check, props);
    claimName(this, settings.engine, settings.name);
    if (settings.subnet !== undefined) {
      claimSubnet(this, settings.engine, 'overlay', settings.subnet);
    }
    const provider = engineProvider(this, bindings, settings.engine);
    const network = createNetwork(this, bindings, provider, settings);
    this.traits = settings.traits;
    this.provider = provider;
    this.network = network;
    this.context = { bindings, provider, network, settings };
  }

  /**
   * Runs the instances of a cluster, each as a service of its own.
   *
   * @throws ValidationError for a service that is not an image, for a secret that is not in a file, and for a variable
   * whose name the path of a secret needs
   */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    return runInstances(scope, this.claims.check(scope), spec, this.context);
  }

  /** Paths and ports of the nginx that the platform runs. */
  public nginxLayout(_scope: Construct): NginxLayout {
    return nginxLayout(this.context.settings);
  }

  /**
   * Tests a configuration of nginx and runs it as a service.
   *
   * @throws ValidationError for a second front, and for an empty path of a certificate file
   */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    return runNginx(scope, this.claims.only('front', scope), spec, this.context);
  }

  /**
   * Runs the Redis of a backplane as a service.
   *
   * @throws ValidationError for a second Redis, for an invalid `redisImage`, and for a password that is not in a file
   */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    return runRedis(scope, this.claims.only('Redis', scope), spec, this.context);
  }
}
