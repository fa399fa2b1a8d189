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
import { engineProvider } from '../engine/provider';
import type { DockerContext } from './docker-context';
import type { DockerPlatformProps } from './docker-platform-props';
import { nginxLayout, runNginx } from './front';
import type { Generation } from './generation';
import { runInstances } from './instances';
import { createNetwork } from './network';
import { runRedis } from './redis';
import { NAME, resolveSettings } from './settings';

/**
 * One Docker host: a network of its own, an address for every instance, and nginx as the only thing that is published.
 *
 * A changed configuration is tested, swapped and reloaded by a short-lived container; nginx's own is not replaced. A
 * changed service comes up beside the old one, and takes over when all of it is healthy.
 *
 * @example
 * const platform = new DockerPlatform(this, "Platform", { publish: { https: 8443, http: 8080 } });
 */
export class DockerPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The provider of all resources. */
  public readonly provider: DockerProvider;
  /** The network of all containers. */
  public readonly network: Network;

  private readonly context: DockerContext;
  private readonly claims = new PlatformClaims(this, NAME);
  private redis?: Generation;

  /** @throws ValidationError naming the property that is wrong */
  public constructor(scope: Construct, id: string, props: DockerPlatformProps = {}) {
    super(scope, id);
    const check: Check = new Check(this);
    const bindings = loadBindings(check, NAME);
    const settings = resolveSettings(check, props);
    const provider = engineProvider(this, bindings, settings.engine);
    const network = createNetwork(this, bindings, provider, settings);
    this.traits = settings.traits;
    this.provider = provider;
    this.network = network;
    this.context = { bindings, provider, network, settings };
  }

  /** @throws ValidationError for a service that is a command */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    return runInstances(scope, this.claims.check(scope), spec, this.context, this.redis);
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
    const redis = runRedis(scope, this.claims.only('Redis', scope), spec, this.context);
    this.redis = redis.generation;
    return redis.running;
  }
}
