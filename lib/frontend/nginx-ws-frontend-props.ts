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

/** Properties of an `NginxWsFrontend`. */
export interface NginxWsFrontendProps {
  /**
   * The instances behind it.
   *
   * @default - the servers of `upstream`
   */
  readonly cluster?: IAiwmCluster;
  /**
   * Servers that exist already, instead of a cluster. Needs `platform`.
   *
   * @default - the instances of `cluster`
   */
  readonly upstream?: Upstream;
  /**
   * Where nginx runs.
   *
   * @default - where the cluster runs
   */
  readonly platform?: IPlatform;
  /** The name that clients use. */
  readonly serverName: string;
  /**
   * Further names.
   *
   * @default - none
   */
  readonly alternativeNames?: string[];
  /**
   * Where the certificate comes from.
   *
   * @default - plain HTTP, which a platform that others can reach refuses
   */
  readonly tls?: TlsCertificate;
  /**
   * Which public paths lead where.
   *
   * @default AiwmRoutes.guide()
   */
  readonly routes?: AiwmRoutes;
  /**
   * What clients may use. With WEBSOCKET alone no request needs affinity.
   *
   * @default [ClientTransport.POLLING, ClientTransport.WEBSOCKET]
   */
  readonly clientTransports?: ClientTransport[];
  /**
   * How nginx chooses an instance.
   *
   * @default - Balancing.ipHash(), or Balancing.cookie() where the platform hides the addresses of clients, or
   * Balancing.hash("$remote_addr") where those of instances change; with a backplane Balancing.roundRobin()
   */
  readonly balancing?: Balancing;
  /**
   * When another instance is tried.
   *
   * @default - three failures in 10s, 5s to connect, three tries
   */
  readonly failover?: Failover;
  /**
   * How long a connection may be silent.
   *
   * @default - 7 days for WebSockets, 60s for REST
   */
  readonly timeouts?: FrontTimeouts;
  /**
   * Limits on WebSocket handshakes.
   *
   * @default - none
   */
  readonly limits?: ConnectionLimits;
  /**
   * Pages that may open a WebSocket: "https://app.x-or.cloud". Clients that send no Origin are native and may. Apps have
   * origins of their own: "capacitor://localhost", "ionic://localhost", "tauri://localhost", "chrome-extension://<id>".
   * "null" is what pages from files and sandboxed frames send, whoever wrote them.
   *
   * @default - all
   */
  readonly allowedOrigins?: string[];
  /**
   * Proxies that are believed when they name the client's address: "10.0.0.0/8".
   *
   * @default - none
   */
  readonly trustedProxies?: string[];
  /**
   * Whether those proxies name it by the PROXY protocol instead of X-Forwarded-For.
   *
   * @default false
   */
  readonly proxyProtocol?: boolean;
  /**
   * How requests are logged.
   *
   * @default AccessLog.READABLE
   */
  readonly accessLog?: AccessLog;
  /**
   * What a client is told when a WebSocket cannot be had.
   *
   * @default ErrorPages.json()
   */
  readonly errorPages?: ErrorPages;
  /**
   * The largest request body. Above Socket.IO's maxHttpBufferSize (1 MB); WebSocket messages are not limited by it.
   *
   * @default "2m"
   */
  readonly maxBodySize?: string;
  /**
   * Whether HTTP/2 is offered. WebSockets use HTTP/1.1 beside it.
   *
   * @default true
   */
  readonly http2?: boolean;
  /**
   * Tells browsers never to use plain HTTP for this name again.
   *
   * @default - not told
   */
  readonly hsts?: Hsts;
  /**
   * WebSockets open at one time at one nginx, 1 to 500000. Decides nginx's limits on connections and descriptors.
   *
   * @default - 10000; behind a load balancer of the platform, more than it takes for another nginx to come
   */
  readonly expectedConnections?: number;
  /**
   * How long open WebSockets outlive a change of the configuration. A promise to clients: keep it long. A swarm cannot
   * keep it, and has `frontDrain` instead.
   *
   * @default - "1h"; on a DockerSwarmPlatform its frontDrain
   */
  readonly drainTimeout?: string;
  /**
   * The nginx that runs there, "1.22" or "1.22.1": decides the syntax of HTTP/2 and of cookie affinity, nothing else.
   *
   * @default - what the platform says
   */
  readonly nginxVersion?: string;
  /**
   * Lines of nginx configuration of your own.
   *
   * @default - none
   */
  readonly directives?: NginxDirectives;
}
