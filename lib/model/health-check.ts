/** How a platform finds out whether an instance serves. */
export interface HealthCheck {
  /**
   * The path that answers 2xx while the instance serves.
   *
   * @default "/health"
   */
  readonly path?: string;
  /**
   * Time from one question to the next, e.g. "2s".
   *
   * @default "2s"
   */
  readonly interval?: string;
  /**
   * How long an answer may take, e.g. "2s".
   *
   * @default "2s"
   */
  readonly timeout?: string;
  /**
   * So many bad answers in a row mean that the instance hangs: it is restarted. 1 to 20.
   *
   * @default 3
   */
  readonly failures?: number;
  /**
   * How long an instance may take from its start to its first good answer, e.g. "60s".
   *
   * @default "60s"
   */
  readonly startTimeout?: string;
}

/** A health check with every value decided. Times are in milliseconds. */
export interface ResolvedHealthCheck {
  /** The path that answers 2xx while the instance serves. */
  readonly path: string;
  /** Time from one question to the next. */
  readonly intervalMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** So many bad answers in a row mean that the instance hangs. */
  readonly failures: number;
  /** How long an instance may take from its start to its first good answer. */
  readonly startTimeoutMs: number;
}
