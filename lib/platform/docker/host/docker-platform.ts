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
import { loadBindings } from '../engine/bindings';
import { claimName, claimSubnet, engineProvider } from '../engine/provider';
import type { DockerContext } from './docker-context';
import type { DockerPlatformProps } from './docker-platform-props';
import { nginxLayout, runNginx } from './front';
import type { Generation } from './generation';
import { runInstances } from './instances';
import { createNetwork } from './network';
import { runRedis } from './redis';
import { NAME, resolveSettings } from './settings';

/**
 * Platform that runs nginx, Redis and the instances in containers on a single Docker host.
 *
 * The containers share a network of their own, and only nginx is published.
 *
 * When the configuration changes, a short-lived container tests it, swaps it in and reloads nginx. nginx's own
 * container is not replaced, and open WebSockets outlive the change by up to the front's `drainTimeout`.
 *
 * When the service changes, its new instances start beside the old ones. They replace the old instances when all of
 * them are healthy. If one of them does not become healthy, the apply fails and the old instances keep serving.
 *
 * It requires the package `@cdktf/provider-docker`.
 *
 * @example
 * const platform = new DockerPlatform(this, "Platform", { publish: { https: 8443, http: 8080 } });
 */
export class DockerPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** Provider of all resources of the platform. */
  public readonly provider: DockerProvider;
  /** Network of all containers. Attach containers of your own to it if they have to reach the instances. */
  public readonly network: Network;

  private readonly context: DockerContext;
  private readonly claims = new PlatformClaims(this, NAME);
  private redis?: Generation;

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: DockerPlatformProps = {}) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadBindings(check, NAME);
    const settings = resolveSettings(check, props);
    claimName(this, settings.engine, settings.name);
    claimSubnet(this, settings.engine, 'bridge', settings.subnet);
    const provider = engineProvider(this, bindings, settings.engine);
    const network = createNetwork(this, bindings, provider, settings);
    this.traits = settings.traits;
    this.provider = provider;
    this.network = network;
    this.context = { bindings, provider, network, settings };
  }

  /**
   * Runs the instances of a cluster, each in a container with a fixed address.
   *
   * @throws ValidationError for a service that is a command, for limits that Docker does not accept, and for a secret
   * that is not in a file
   */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    return runInstances(scope, this.claims.check(scope), spec, this.context, this.redis);
  }

  /** Paths and ports of the nginx that the platform runs. */
  public nginxLayout(_scope: Construct): NginxLayout {
    return nginxLayout(this.context.settings);
  }

  /**
   * Runs nginx in a container and delivers its configuration.
   *
   * @throws ValidationError for a second front, and for an empty path of a certificate file
   */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    return runNginx(scope, this.claims.only('front', scope), spec, this.context);
  }

  /**
   * Runs the Redis of a backplane in a container.
   *
   * @throws ValidationError for a second Redis, for an invalid `redisImage`, and for a password that is not in a file
   */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const redis = runRedis(scope, this.claims.only('Redis', scope), spec, this.context);
    this.redis = redis.generation;
    return redis.running;
  }
}
