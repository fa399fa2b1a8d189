/**
 * How requests are logged. Every line names the instance that answered; none holds a query, because session
 * ids and tokens stand there. A WebSocket's line is written when it closes.
 */
export enum AccessLog {
  /** For people: one line of words and `name=value`. */
  READABLE = 'readable',
  /** For a log pipeline: one JSON object a line. */
  JSON = 'json',
  /** Nothing is logged. */
  OFF = 'off',
}
