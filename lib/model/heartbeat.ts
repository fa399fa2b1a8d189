/**
 * Socket.IO's own heartbeat. It reaches the instances by their environment, and the front's timeouts follow it.
 *
 * @see https://socket.io/docs/v4/server-options/#pinginterval
 */
export interface Heartbeat {
  /** How often the server pings, e.g. "25s". */
  readonly interval: string;
  /** How long it waits for the answer before it closes the connection, e.g. "20s". */
  readonly timeout: string;
}

/** A heartbeat with its lengths in milliseconds. */
export interface ResolvedHeartbeat {
  /** How often the server pings. */
  readonly intervalMs: number;
  /** How long it waits for the answer. */
  readonly timeoutMs: number;
}
