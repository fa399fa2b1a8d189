/**
 * Heartbeat of Socket.IO.
 *
 * The instances receive it in their environment, and the front derives its timeouts from it.
 *
 * @see https://socket.io/docs/v4/server-options/#pinginterval
 */
export interface Heartbeat {
  /** Time between two pings of the server, 500ms to 1h, e.g. "25s". */
  readonly interval: string;
  /** How long the server waits for an answer before it closes the connection, 500ms to 1h, e.g. "20s". */
  readonly timeout: string;
}
