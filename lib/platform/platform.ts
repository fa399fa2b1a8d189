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
 * Where things run. The constructs say what; a platform says how, and answers with addresses, which may be
 * known only at apply.
 *
 * Each method creates its resources below the scope it is given, under ids that never change.
 */
export interface IPlatform extends IConstruct {
  /** What the constructs have to know of it. */
  readonly traits: PlatformTraits;

  /**
   * Runs the instances of a cluster. A new specification reaches them one after another, and the next only
   * when the last is healthy; one that does not get healthy fails the apply while the old one serves.
   *
   * @throws ValidationError for a service that it cannot run
   */
  runInstances(scope: Construct, spec: InstancesSpec): RunningInstances;

  /** Says how nginx runs here, before a configuration is rendered for it. */
  nginxLayout(scope: Construct): NginxLayout;

  /**
   * Runs nginx with a configuration, on one host or several. A changed configuration is tested, swapped and
   * reloaded; nginx is not restarted, but where the layout has a `drainTimeout`. One that nginx refuses fails the apply
   * while the old one serves.
   */
  runNginx(scope: Construct, spec: NginxSpec): RunningNginx;

  /** Runs a Redis that only the instances reach. */
  runRedis(scope: Construct, spec: RedisSpec): RunningRedis;
}
