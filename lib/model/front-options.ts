/**
 * What a Socket.IO client may use to reach the service.
 *
 * @see https://socket.io/docs/v4/client-options/#transports
 */
export enum ClientTransport {
  /** HTTP long-polling. Socket.IO's clients start with it unless told otherwise. */
  POLLING = 'polling',
  /** WebSocket. */
  WEBSOCKET = 'websocket',
}

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

/** When another instance is tried. */
export interface Failover {
  /**
   * Number of questions without a good answer within `failTimeout` after which an instance gets no new sessions for that
   * same period. 0 to 100; 0 never leaves one out. nginx asks by itself: what clients do is not counted.
   *
   * @default 1
   */
  readonly maxFails?: number;
  /**
   * How long an instance is left out, and within which time `maxFails` failures count, e.g. "2s". 1s to 1h.
   *
   * @default "2s"
   */
  readonly failTimeout?: string;
  /**
   * How long an instance may take to answer the question whether it is alive, e.g. "3s". 100ms to 60s. Longer than its
   * event loop is ever busy.
   *
   * @default "3s"
   */
  readonly answerTimeout?: string;
  /**
   * How long an instance may take to accept a connection. At most 60s: a longer one delays failover by minutes.
   *
   * @default "5s"
   */
  readonly connectTimeout?: string;
  /**
   * How many instances are tried for one request. 1 to 16.
   *
   * @default 3
   */
  readonly tries?: number;
}

/** How long a connection may be silent. */
export interface FrontTimeouts {
  /**
   * A WebSocket without traffic in either direction.
   *
   * @default - "7d"; with a heartbeat, its interval and timeout and 30s more
   */
  readonly webSocket?: string;
  /**
   * A REST call without an answer.
   *
   * @default "60s"
   */
  readonly rest?: string;
}

/** Limits on WebSocket handshakes. REST calls and long-polling are not counted. Give at least one of the two. */
export interface ConnectionLimits {
  /**
   * Open WebSockets of one client, 1 to 65535.
   *
   * @default - no limit
   */
  readonly connectionsPerClient?: number;
  /**
   * Handshakes of one client in a second, 1 to 10000. Leave room for many people behind one address, who all
   * come back at once after a reload.
   *
   * @default - no limit
   */
  readonly handshakesPerSecond?: number;
  /**
   * Handshakes that may come above `handshakesPerSecond` at once, 0 to 100000.
   *
   * @default - four times handshakesPerSecond
   */
  readonly burst?: number;
  /**
   * The variable that tells one client from another. Who does not send a header, argument or cookie is told apart by
   * address; who sends another one each time is a new client each time.
   *
   * @default "$binary_remote_addr"
   */
  readonly key?: string;
}

/**
 * Tells browsers never to use plain HTTP for this name again. A promise that outlives the stack.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Strict-Transport-Security
 */
export interface Hsts {
  /**
   * How long browsers remember, e.g. "365d".
   *
   * @default "365d"
   */
  readonly maxAge?: string;
  /**
   * Whether all subdomains are meant as well.
   *
   * @default false
   */
  readonly includeSubDomains?: boolean;
  /**
   * Whether the name may go into browsers' built-in lists. Needs `includeSubDomains` and at least "365d".
   *
   * @default false
   */
  readonly preload?: boolean;
}

/**
 * Lines of nginx configuration of your own, one directive an entry: `gzip on;`. They are parsed, and refused where
 * they would undo what the library says.
 */
export interface NginxDirectives {
  /**
   * In `http`.
   *
   * @default - none
   */
  readonly http?: string[];
  /**
   * In the `server` that clients reach.
   *
   * @default - none
   */
  readonly server?: string[];
  /**
   * In the locations of the WebSocket.
   *
   * @default - none
   */
  readonly webSocket?: string[];
  /**
   * In the locations of the REST API.
   *
   * @default - none
   */
  readonly rest?: string[];
}
