import type { HealthCheck } from '../model/health-check';
import type { Heartbeat } from '../model/heartbeat';
import type { Secret } from '../model/secret';
import type { AiwmService } from '../model/service';
import type { IPlatform } from '../platform/platform';
import type { ClusterScaling } from './cluster-scaling';
import type { IBackplane } from './redis-adapter-backplane';

/** Resources that one instance may use. */
export interface InstanceLimits {
  /**
   * Memory, with a unit of "k", "m" or "g", e.g. "512m".
   *
   * @default - no limit; on AWS 1 GB, or the least that Fargate has for `cpu`
   */
  readonly memory?: string;
  /**
   * Number of processors, above 0 and at most 256, e.g. 0.5.
   *
   * Fargate on AWS has 0.25, 0.5, 1, 2, 4, 8 and 16, each with its own sizes of memory.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   * @default - no limit; on AWS 0.5, or the least that Fargate has for `memory`
   */
  readonly cpu?: number;
}

/**
 * Properties of an `AiwmCluster`.
 *
 * Durations are in the notation of nginx: "500ms", "30s", "1h30m".
 *
 * @see https://nginx.org/en/docs/syntax.html
 */
export interface AiwmClusterProps {
  /** Platform that runs the instances. */
  readonly platform: IPlatform;
  /** Program that each instance runs. */
  readonly service: AiwmService;
  /**
   * Number of instances, 1 to 64.
   *
   * A change adds or removes the last instances. The others keep their numbers, their ports and their positions in
   * nginx's list.
   *
   * @default 3
   */
  readonly instances?: number;
  /**
   * Number of instances that grows with the load, in place of `instances`.
   *
   * The instances share one name, so affinity is by cookie alone. It requires a backplane, and a platform that scales.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
   * @default - a fixed number of instances
   */
  readonly scaling?: ClusterScaling;
  /**
   * Port of the first instance, 1 to 65535.
   *
   * The others use the same port, or the following ones on a platform where all instances share one address. On AWS, a
   * change interrupts the service until the roll-out is complete, because nginx receives the new ports only then.
   *
   * @default 3003
   */
  readonly firstPort?: number;
  /**
   * Backplane that carries events of one instance to the clients of all instances.
   *
   * It changes the default balancing from affinity to round-robin. A Redis that a platform runs is for clusters of that
   * platform alone; `RedisAdapterBackplane.fromUrl` names one that is elsewhere.
   *
   * @see https://socket.io/docs/v4/adapter/
   * @default - none; an event reaches only the clients of the instance that emits it
   */
  readonly backplane?: IBackplane;
  /**
   * Whether the service begins the ids of its Engine.IO sessions with the value of AIWM_SESSION_ID_PREFIX.
   *
   * Instances then receive that variable: "2." for the second one. nginx sends every request of a session to its
   * instance by the prefix, even for clients that keep no cookies and share one address. In the service it is one line:
   * `io.engine.generateId = () => process.env.AIWM_SESSION_ID_PREFIX + randomBytes(15).toString("base64url")`.
   *
   * @see https://socket.io/docs/v4/server-api/#serverenginegenerateid
   * @default false
   */
  readonly marksSessionIds?: boolean;
  /**
   * Numbers of the instances that receive no new clients, e.g. ["2"].
   *
   * nginx keeps them in its list, marked as `down`, so that the clients of the other instances do not move. Drain an
   * instance before you remove it.
   *
   * @default - none
   */
  readonly drained?: string[];
  /**
   * Path of the instances' Socket.IO server, which they receive as AIWM_ENGINE_PATH.
   *
   * @see https://socket.io/docs/v4/server-options/#path
   * @default "/dev/aiwm/chat/"
   */
  readonly enginePath?: string;
  /**
   * Additional environment variables of the instances. They are visible in Terraform's plan and state.
   *
   * For a value that contains "${", use `Fn.rawString`. For one of several lines, use `secrets`.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;
  /**
   * Additional environment variables whose values are secret.
   *
   * @default - none
   */
  readonly secrets?: Record<string, Secret>;
  /**
   * Heartbeat of Socket.IO.
   *
   * The instances receive it in their environment, and the front closes silent WebSockets accordingly.
   *
   * @default - Socket.IO's own: an interval of 25s and a timeout of 20s
   */
  readonly heartbeat?: Heartbeat;
  /**
   * Health check by which the platform decides whether an instance can serve clients.
   *
   * @default - "/health" every 2s; 3 consecutive failures restart the instance
   */
  readonly health?: HealthCheck;
  /**
   * How long an instance may take to stop before it is killed, 0s to 1h. On AWS, 20s to 120s.
   *
   * @default "30s"
   */
  readonly stopGrace?: string;
  /**
   * Resources that one instance may use.
   *
   * @default - no limits
   */
  readonly limits?: InstanceLimits;
}
