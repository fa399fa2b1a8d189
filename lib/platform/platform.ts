import type { Construct, IConstruct } from 'constructs';
import type {
  InstancesSpec,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from './contract';

/**
 * Platform on which the instances, nginx and Redis run.
 *
 * The constructs decide what runs; a platform decides how. It returns addresses, which may be known only at apply. Each
 * method creates its resources in the scope that it receives, under ids that never change.
 */
export interface IPlatform extends IConstruct {
  /** Traits of the platform on which the constructs depend. */
  readonly traits: PlatformTraits;

  /**
   * Runs the instances of a cluster.
   *
   * A changed specification never takes all instances down at once. If a new instance does not become healthy, the apply
   * fails and the old ones continue to serve.
   *
   * @throws ValidationError for a service that the platform cannot run
   */
  runInstances(scope: Construct, spec: InstancesSpec): RunningInstances;

  /** How nginx runs on the platform. It is read before a configuration is rendered. */
  nginxLayout(scope: Construct): NginxLayout;

  /**
   * Runs nginx with a configuration, on one or more hosts.
   *
   * A changed configuration is tested, swapped and reloaded. nginx is replaced instead only where the layout has a
   * `drainTimeout`. If nginx rejects a configuration, the apply fails and the old one continues to serve.
   *
   * @throws ValidationError for a front that the platform cannot run
   */
  runNginx(scope: Construct, spec: NginxSpec): RunningNginx;

  /**
   * Runs a Redis that only the instances can reach.
   *
   * @throws ValidationError for a Redis that the platform cannot run
   */
  runRedis(scope: Construct, spec: RedisSpec): RunningRedis;
}
