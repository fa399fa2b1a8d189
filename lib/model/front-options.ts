/**
 * Transport by which a Socket.IO client reaches the service.
 *
 * @see https://socket.io/docs/v4/client-options/#transports
 */
export enum ClientTransport {
  /** HTTP long-polling, with which Socket.IO clients start by default. */
  POLLING = 'polling',
  /** WebSocket. */
  WEBSOCKET = 'websocket',
}

/**
 * Format of the access log.
 *
 * Every line names the instance that answered. No line holds a query, because queries contain session ids and tokens.
 * The line of a WebSocket is written when it closes.
 */
export enum AccessLog {
  /** One line of words and `name=value` pairs, for people. */
  READABLE = 'readable',
  /** One JSON object per line, for a log pipeline. */
  JSON = 'json',
  /** No access log. */
  OFF = 'off',
}

/** When a request is retried on another instance, and when an instance is taken out of rotation. */
export interface Failover {
  /**
   * Number of questions without a good answer within `failTimeout` after which an instance gets no new sessions for that
   * same period, 0 to 100.
   *
   * nginx itself asks for the health path before a new session. Requests of clients never count. 0 never takes an
   * instance out of rotation.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_fails
   * @default - 1; 3 for a single instance, which nginx does not ask
   */
  readonly maxFails?: number;
  /**
   * Period within which failures count, and for which an instance is then out of rotation, 1s to 1h.
   *
   * Whole seconds only.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#fail_timeout
   * @default - "2s"; "10s" for a single instance
   */
  readonly failTimeout?: string;
  /**
   * How long an instance may take to answer at its health path before a new session, 100ms to 60s.
   *
   * Choose a value above the longest time for which its event loop is busy.
   *
   * @default "3s"
   */
  readonly answerTimeout?: string;
  /**
   * How long an instance may take to accept a connection, 10ms to 60s.
   *
   * An unreachable instance delays a request by this time before nginx tries another one.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout
   * @default "5s"
   */
  readonly connectTimeout?: string;
  /**
   * Number of instances that nginx tries for one request, 1 to 16.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream_tries
   * @default 3
   */
  readonly tries?: number;
}

/**
 * How long a connection may be silent before nginx closes it.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
 */
export interface FrontTimeouts {
  /**
   * How long a WebSocket may have no traffic in either direction, 1s to 365d.
   *
   * @default - "7d"; with the cluster's heartbeat, its interval plus its timeout plus 30s
   */
  readonly webSocket?: string;
  /**
   * How long a REST call may wait for an answer, 1s to 1d.
   *
   * @default "60s"
   */
  readonly rest?: string;
}

/**
 * Limits on the WebSocket handshakes of one client.
 *
 * REST calls and long-polling do not count. Give `connectionsPerClient`, `handshakesPerSecond` or both.
 */
export interface ConnectionLimits {
  /**
   * Number of WebSockets that one client may have open, 1 to 65535.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html
   * @default - no limit
   */
  readonly connectionsPerClient?: number;
  /**
   * Number of handshakes that one client may make per second, 1 to 10000.
   *
   * Leave room for many users behind one address, who may all reconnect at the same moment.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_limit_req_module.html
   * @default - no limit
   */
  readonly handshakesPerSecond?: number;
  /**
   * Number of handshakes above `handshakesPerSecond` that are accepted at once, 0 to 100000.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_limit_req_module.html#limit_req
   * @default - four times handshakesPerSecond
   */
  readonly burst?: number;
  /**
   * nginx variable that identifies a client, as in `Balancing.hash()`.
   *
   * A client that does not send the header, argument or cookie is identified by its address. One that sends a new value
   * each time counts as a new client each time.
   *
   * @default "$binary_remote_addr"
   */
  readonly key?: string;
}

/**
 * Strict-Transport-Security header, which makes browsers refuse plain HTTP for a name.
 *
 * Browsers remember it for `maxAge`, even when the stack is gone.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Strict-Transport-Security
 */
export interface Hsts {
  /**
   * How long browsers remember it, 1s to 3650d.
   *
   * @default "365d"
   */
  readonly maxAge?: string;
  /**
   * Whether it applies to all subdomains as well.
   *
   * @default false
   */
  readonly includeSubDomains?: boolean;
  /**
   * Whether the name may be included in the preload lists of browsers.
   *
   * Requires `includeSubDomains` and a `maxAge` of at least "365d".
   *
   * @see https://hstspreload.org
   * @default false
   */
  readonly preload?: boolean;
}

/**
 * Custom lines of nginx configuration, one directive per entry, e.g. `gzip on;`.
 *
 * They are parsed, and refused where they would undo a generated directive.
 *
 * @see https://nginx.org/en/docs/dirindex.html
 */
export interface NginxDirectives {
  /**
   * Lines in the `http` block.
   *
   * @default - none
   */
  readonly http?: string[];
  /**
   * Lines in the `server` block that clients reach.
   *
   * @default - none
   */
  readonly server?: string[];
  /**
   * Lines in the locations of the WebSocket.
   *
   * @default - none
   */
  readonly webSocket?: string[];
  /**
   * Lines in the locations of the REST API.
   *
   * @default - none
   */
  readonly rest?: string[];
}
