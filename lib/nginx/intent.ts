import type { ParsedDirective } from './parse';
import type { NginxVersion } from './version';

/**
 * Intent of a WebSocket front, in the field's terms and with every value decided.
 *
 * The constructs fill it in from what a user said; the generator only translates it.
 */
export interface Intent {
  /** Construct of this configuration, named in its first line. */
  readonly title: string;
  readonly version: NginxVersion;
  readonly layout: Layout;
  readonly serverNames: readonly string[];
  /** Whether some name or origin is known only at apply, and so may be of any length. */
  readonly hasLateNames: boolean;
  readonly tls: Tls;
  readonly http2: boolean;
  readonly hsts?: Hsts;
  readonly upstream: Upstream;
  readonly routes: Routes;
  readonly timeouts: Timeouts;
  readonly limits?: Limits;
  readonly allowedOrigins?: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Whether one trusted proxy may stand before another: the last address that is none of them counts then. */
  readonly proxiesInRow: boolean;
  readonly proxyProtocol: boolean;
  readonly accessLog: 'readable' | 'json' | 'off';
  readonly errorPages?: ErrorPages;
  readonly maxBodySize: string;
  readonly expectedConnections: number;
  readonly drainTimeout: string;
  readonly ownDirectives: OwnDirectives;
}

/** Surroundings of nginx, which the platform decides. Paths are as nginx sees them. */
export interface Layout {
  readonly user?: string;
  readonly pidFile: string;
  readonly errorLog: string;
  readonly accessLog: string;
  /** A writable folder for request bodies. */
  readonly tempDirectory?: string;
  readonly certificate: string;
  readonly certificateKey: string;
  /** Addresses that accept clients over TLS, in the notation of `listen`: "443", "[::]:443", "127.0.0.1:8443". */
  readonly httpsListen: readonly string[];
  /** Addresses that accept clients over plain HTTP. */
  readonly httpListen: readonly string[];
  /** The port that clients use for https, which a redirect has to name. */
  readonly publicHttpsPort: number;
  /** The port that clients use for plain HTTP. */
  readonly publicHttpPort: number;
  /** Address at which the platform reads the serving release and the live counts. */
  readonly statusListen?: string;
  /** The file that answers the first of these questions, written by the platform beside the configuration. */
  readonly releaseFile?: string;
  /** DNS server that nginx asks again and again for the addresses of peers that are names. */
  readonly resolver?: string;
  /** How long nginx uses an answer of that server. */
  readonly resolverValid?: string;
  /** The platform's own load balancer. */
  readonly entry?: Entry;
}

/** A load balancer of the platform itself. */
export interface Entry {
  /** Addresses that accept clients whose TLS ends at the load balancer. */
  readonly terminatedListen: readonly string[];
  /** Address at which it checks the health of this nginx. */
  readonly healthListen: string;
  /** How long it keeps a connection for requests of other clients; undefined where each is one client's. */
  readonly reuseTimeoutMs?: number;
}

/** Served here; spoken by a proxy in front of this nginx; or not at all. */
export type Tls = 'served' | 'terminated-upstream' | 'none';

export interface Hsts {
  readonly maxAgeSeconds: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

export interface Upstream {
  readonly name: string;
  readonly peers: readonly Peer[];
  readonly method: Method;
  /**
   * Present: two pools of the same peers. `method` chooses for a WebSocket handshake that starts a session,
   * this one for every request that belongs to an Engine.IO session.
   */
  readonly sessionMethod?: Method;
  /** Question that finds a live instance for a new session; undefined where nginx asks nobody. */
  readonly question?: Question;
  /** Whether the instances begin the ids of their Engine.IO sessions with their place in `peers`: "2.". */
  readonly marksSessions?: boolean;
  readonly failover: Failover;
}

/** The short request that nginx makes by itself before a new session. */
export interface Question {
  /** The path at the instances. */
  readonly target: string;
  /** Time after which an instance that does not answer it is passed over. */
  readonly timeout: string;
}

export interface Peer {
  readonly address: string;
  readonly weight?: number;
  readonly down?: boolean;
  readonly backup?: boolean;
  /** Whether its name is looked up again, as what it stands for comes and goes. Needs `Layout.resolver`. */
  readonly resolve?: boolean;
  /** Whether its name stands for several instances, each with an address of its own. */
  readonly several?: boolean;
}

export type Method =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'least-connections' }
  | { readonly kind: 'ip-hash' }
  | { readonly kind: 'hash'; readonly key: string }
  | { readonly kind: 'cookie'; readonly cookie: AffinityCookie };

export interface AffinityCookie {
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
  readonly sameSite: 'strict' | 'lax' | 'none';
  readonly maxAgeSeconds?: number;
}

export interface Failover {
  readonly maxFails: number;
  readonly failTimeout: string;
  readonly connectTimeout: string;
  readonly tries: number;
  /** Time after which no further instance is tried. */
  readonly triesTimeout: string;
}

export interface Routes {
  readonly webSocket: WebSocketRoute;
  /** The public path of the REST API; it goes through unchanged. */
  readonly rest?: string;
  readonly health?: HealthRoute;
}

export interface WebSocketRoute {
  /** The public path, without a slash at its end; "" for the root. */
  readonly path: string;
  /** An Engine.IO endpoint (Socket.IO), or a plain WebSocket path. */
  readonly engineIo: boolean;
  /** The path at the instance, with the slash at its end, when it is another one. Engine.IO only. */
  readonly enginePath?: string;
  /** Whether requests that open no WebSocket are answered by nginx. Not for Engine.IO, whose polling they are. */
  readonly refusesPlainRequests?: boolean;
}

export interface HealthRoute {
  readonly path: string;
  /** The path at the instance. */
  readonly target: string;
}

export interface Timeouts {
  readonly webSocket: string;
  readonly rest: string;
}

export interface Limits {
  /** The variable that tells one client from another. */
  readonly key: string;
  readonly connectionsPerClient?: number;
  readonly handshakesPerSecond?: number;
  readonly burst: number;
}

export interface ErrorPages {
  readonly unavailable: string;
  readonly tooManyConnections: string;
  readonly originRefused: string;
  readonly retryAfterSeconds: number;
}

/** Lines of the user's own, already parsed, per context. */
export interface OwnDirectives {
  readonly http: readonly ParsedDirective[];
  readonly server: readonly ParsedDirective[];
  readonly webSocket: readonly ParsedDirective[];
  readonly rest: readonly ParsedDirective[];
}
