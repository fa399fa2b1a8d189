/**
 * Number of instances of a cluster that grows with its load.
 *
 * The instances share one name and have no numbers. New ones start when one of the targets is exceeded.
 */
export interface ClusterScaling {
  /** Number of instances to begin with, and the smallest one: 1 to `max`. */
  readonly min: number;
  /**
   * Largest number of instances, `min` to 8.
   *
   * A name in DNS has at most 8 addresses in an answer, so a client with a cookie would not find the others.
   */
  readonly max: number;
  /**
   * Use of the processors to aim for, in percent of what the instances have, 10 to 90.
   *
   * It is the average of all instances.
   *
   * @default 60
   */
  readonly processor?: number;
  /**
   * Use of memory to aim for, in percent of what the instances have, 10 to 90.
   *
   * It is the average of all instances.
   *
   * @default - the number does not depend on memory
   */
  readonly memory?: number;
  /**
   * Number of connections of the fullest instance above which more instances start, 10 to 1000000.
   *
   * The instances receive AIWM_REPORT_CONNECTIONS_MS, and report their connections in their logs. Open connections stay
   * where they are, so use `Balancing.leastConnections()`: new ones then go to the new instances.
   *
   * @default - the number does not depend on connections
   */
  readonly connections?: number;
  /**
   * Whether instances stop when the load falls.
   *
   * The connections of such an instance are closed, whatever their number, and its clients reconnect.
   *
   * @default false
   */
  readonly scaleIn?: boolean;
}
