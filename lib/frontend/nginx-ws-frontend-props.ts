import type { IAiwmCluster } from '../cluster/aiwm-cluster';
import type { Balancing } from '../model/balancing';
import type { ErrorPages } from '../model/error-pages';
import type {
  AccessLog,
  ClientTransport,
  ConnectionLimits,
  Failover,
  FrontTimeouts,
  Hsts,
  NginxDirectives,
} from '../model/front-options';
import type { AiwmRoutes } from '../model/routes';
import type { TlsCertificate } from '../model/tls-certificate';
import type { Upstream } from '../model/upstream';
import type { IPlatform } from '../platform/platform';

/**
 * Properties of an `NginxWsFrontend`.
 *
 * Give either `cluster` or `upstream`.
 */
export interface NginxWsFrontendProps {
  /**
   * Cluster of the same stack whose instances serve the clients.
   *
   * @default - the servers of `upstream`
   */
  readonly cluster?: IAiwmCluster;
  /**
   * Existing servers that serve the clients, in place of a cluster.
   *
   * Requires `platform`. They may also be the instances of a cluster on another platform or in another stack, if nginx
   * can reach them.
   *
   * @default - the instances of `cluster`
   */
  readonly upstream?: Upstream;
  /**
   * Platform that runs nginx. Required with `upstream`; a cluster is served on its own platform.
   *
   * @default - the platform of `cluster`
   */
  readonly platform?: IPlatform;
  /**
   * Host name that clients use, e.g. "api.x-or.cloud".
   *
   * @see https://nginx.org/en/docs/http/server_names.html
   */
  readonly serverName: string;
  /**
   * Additional host names that clients may use, at most 63.
   *
   * "*.x-or.cloud" stands for every name below "x-or.cloud".
   *
   * @default - none
   */
  readonly alternativeNames?: string[];
  /**
   * Source of the TLS certificate.
   *
   * Required on a platform that other machines can reach.
   *
   * @default - plain HTTP
   */
  readonly tls?: TlsCertificate;
  /**
   * Public paths of the service.
   *
   * @default AiwmRoutes.guide()
   */
  readonly routes?: AiwmRoutes;
  /**
   * Transports that clients may use.
   *
   * With `ClientTransport.WEBSOCKET` alone, no request needs affinity.
   *
   * @see https://socket.io/docs/v4/client-options/#transports
   * @default - both; WEBSOCKET alone for a plain WebSocket path
   */
  readonly clientTransports?: ClientTransport[];
  /**
   * Method by which nginx chooses an instance.
   *
   * @default - `Balancing.roundRobin()` with a backplane. Without one `Balancing.ipHash()`; `Balancing.cookie()` where
   * the platform hides the addresses of clients; `Balancing.hash("$remote_addr")` where the addresses of instances
   * change
   */
  readonly balancing?: Balancing;
  /**
   * When a request is retried on another instance, and when an instance is taken out of rotation.
   *
   * @default - an instance is out for 10s after 3 failures within 10s; 5s to connect; 3 tries
   */
  readonly failover?: Failover;
  /**
   * How long a connection may be silent before nginx closes it.
   *
   * @default - 7d for WebSockets, or slightly longer than the cluster's heartbeat; 60s for REST
   */
  readonly timeouts?: FrontTimeouts;
  /**
   * Limits on the WebSocket handshakes of one client.
   *
   * @default - no limits
   */
  readonly limits?: ConnectionLimits;
  /**
   * Origins whose pages may connect, e.g. "https://app.x-or.cloud" or "https://*.x-or.cloud".
   *
   * Apps have origins of their own: "capacitor://localhost", "ionic://localhost", "tauri://localhost" or
   * "chrome-extension://<id>". Pages from files and sandboxed frames send "null", whoever wrote them.
   *
   * CORS does not apply to WebSockets, so without this list any page can open one. Native clients send no Origin header
   * and are always accepted.
   *
   * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Origin
   * @default - all origins
   */
  readonly allowedOrigins?: string[];
  /**
   * Addresses of proxies that nginx trusts to report a client's address, e.g. "10.0.0.0/8".
   *
   * Affinity, limits and logs depend on that address.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_realip_module.html
   * @default - none besides the platform's own load balancer
   */
  readonly trustedProxies?: string[];
  /**
   * Whether the trusted proxies report the client's address with the PROXY protocol instead of the X-Forwarded-For header.
   *
   * Not allowed on a platform that has a load balancer of its own.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
   * @default - false, or what the platform's own load balancer does
   */
  readonly proxyProtocol?: boolean;
  /**
   * Format of the access log.
   *
   * @default AccessLog.READABLE
   */
  readonly accessLog?: AccessLog;
  /**
   * Answers to clients that cannot get a WebSocket.
   *
   * @default ErrorPages.json()
   */
  readonly errorPages?: ErrorPages;
  /**
   * Largest request body, with a unit of "k", "m" or "g".
   *
   * Keep it above Socket.IO's `maxHttpBufferSize`, which is 1 MB by default. It does not limit WebSocket messages.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size
   * @default "2m"
   */
  readonly maxBodySize?: string;
  /**
   * Whether nginx offers HTTP/2 to clients. WebSockets continue to use HTTP/1.1.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_v2_module.html
   * @default true
   */
  readonly http2?: boolean;
  /**
   * Strict-Transport-Security header, which makes browsers refuse plain HTTP for this name from then on.
   *
   * @default - no such header
   */
  readonly hsts?: Hsts;
  /**
   * Number of WebSockets that one nginx must be able to hold at the same time, 1 to 500000.
   *
   * It decides how many connections and files nginx may open.
   *
   * @see https://nginx.org/en/docs/ngx_core_module.html#worker_connections
   * @default - 10000; behind the platform's own load balancer, enough to last until another nginx is added
   */
  readonly expectedConnections?: number;
  /**
   * How long open WebSockets survive a change of the configuration, 1s to 7d.
   *
   * Clients that are still connected at its end have to reconnect, so keep it long. A swarm cannot honor it and has `frontDrain` instead.
   *
   * @see https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout
   * @default - "1h"; the `frontDrain` of a DockerSwarmPlatform
   */
  readonly drainTimeout?: string;
  /**
   * Version of nginx on the platform, e.g. "1.22" or "1.22.1".
   *
   * It decides only the syntax of HTTP/2 and of cookie affinity, and whether nginx repeats the lookup of a name (1.27.3).
   *
   * @default - the version that the platform reports
   */
  readonly nginxVersion?: string;
  /**
   * Custom lines of nginx configuration.
   *
   * @default - none
   */
  readonly directives?: NginxDirectives;
}
