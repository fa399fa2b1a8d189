import type { HealthCheck } from '../model/health-check';
import type { Heartbeat } from '../model/heartbeat';
import type { Secret } from '../model/secret';
import type { AiwmService } from '../model/service';
import type { IPlatform } from '../platform/platform';
import type { IBackplane } from './redis-adapter-backplane';

/** What one instance may use. */
export interface InstanceLimits {
  /**
   * Memory, e.g. "512m".
   *
   * @default - no limit
   */
  readonly memory?: string;
  /**
   * Processors, e.g. 0.5.
   *
   * @default - no limit
   */
  readonly cpu?: number;
}

/** Properties of an `AiwmCluster`. */
export interface AiwmClusterProps {
  /** Where the instances run. */
  readonly platform: IPlatform;
  /** What each of them runs. */
  readonly service: AiwmService;
  /**
   * How many, 1 to 64. Instance 2 stays instance 2, with its port and its place in nginx's list, whatever
   * the number becomes.
   *
   * @default 3
   */
  readonly instances?: number;
  /**
   * The port of the first instance; where a platform shares one address, the others take the following ones. A
   * change on AWS takes the service down for the time of the roll-out: nginx hears of the new ports when all have moved.
   *
   * @default 3003
   */
  readonly firstPort?: number;
  /**
   * Lets an event of one instance reach the clients of all. Turns the balancing from `ip_hash` to round-robin.
   *
   * @default - none: a client's state lives on its one instance
   */
  readonly backplane?: IBackplane;
  /**
   * Whether the service begins the ids of its Engine.IO sessions with AIWM_SESSION_ID_PREFIX, which instances get then:
   * "2." for the second. nginx sends every request of a session to its instance by that, also those of clients that keep
   * no cookies and share an address. In the service it is one line:
   * `io.engine.generateId = () => process.env.AIWM_SESSION_ID_PREFIX + randomBytes(15).toString("base64url")`.
   *
   * @default false
   */
  readonly marksSessionIds?: boolean;
  /**
   * Instances that get no new clients, by number: ["2"]. Their line stays, marked `down`, so that the clients of
   * the others stay where they are.
   *
   * @default - none
   */
  readonly drained?: string[];
  /**
   * The `path` of the instances' Socket.IO server, which they get as AIWM_ENGINE_PATH.
   *
   * @default "/dev/aiwm/chat/"
   */
  readonly enginePath?: string;
  /**
   * Further variables for the instances. They stand in the plan and the state.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;
  /**
   * Further variables whose values stand nowhere.
   *
   * @default - none
   */
  readonly secrets?: Record<string, Secret>;
  /**
   * Socket.IO's heartbeat: reaches the instances by their environment and tightens the front's timeouts.
   *
   * @default - Socket.IO's own: 25s and 20s
   */
  readonly heartbeat?: Heartbeat;
  /**
   * How the platform finds out whether an instance serves.
   *
   * @default - "/health" every 2s; three bad answers in a row restart the instance
   */
  readonly health?: HealthCheck;
  /**
   * How long an instance may take to stop before it is killed.
   *
   * @default "30s"
   */
  readonly stopGrace?: string;
  /**
   * What one instance may use.
   *
   * @default - no limits
   */
  readonly limits?: InstanceLimits;
}
