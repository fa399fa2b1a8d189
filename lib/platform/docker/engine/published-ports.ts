/** Ports at which clients reach the front of a platform that runs on Docker. */
export interface PublishedPorts {
  /**
   * Port for TLS, 1 to 65535.
   *
   * @default 443
   */
  readonly https?: number;
  /**
   * Port for plain HTTP, 1 to 65535.
   *
   * @default 80
   */
  readonly http?: number;
}
