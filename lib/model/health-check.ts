/** Health check by which a platform decides whether an instance can serve clients. */
export interface HealthCheck {
  /**
   * HTTP path that answers 2xx while the instance can serve clients.
   *
   * @default "/health"
   */
  readonly path?: string;
  /**
   * Time between two checks, 100ms to 5m. On AWS, at least 5s.
   *
   * @default "2s"
   */
  readonly interval?: string;
  /**
   * How long an answer may take, 100ms to 5m. On AWS, at most 58s.
   *
   * @default "2s"
   */
  readonly timeout?: string;
  /**
   * Number of consecutive failures after which an instance is restarted, 1 to 20. On AWS, at most 10.
   *
   * @default 3
   */
  readonly failures?: number;
  /**
   * How long an instance may take from its start to its first successful check, 100ms to 1h. On AWS, at most 5m.
   *
   * @default "60s"
   */
  readonly startTimeout?: string;
}
