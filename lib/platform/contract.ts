import type { ITerraformDependable } from 'cdktf';
import type { ResolvedHealthCheck } from '../model/health-check';
import type { Secret } from '../model/secret';
import type { AiwmService } from '../model/service';
import type { TlsCertificate, TlsKind } from '../model/tls-certificate';

/** What the constructs have to know of a platform. */
export interface PlatformTraits {
  /** Its name in messages: "LocalPlatform". */
  readonly name: string;
  /** Whether all instances share one address, so that each needs a port of its own. */
  readonly sharesAddress: boolean;
  /** Whether other machines can reach the front. Without TLS that is refused. */
  readonly isPublic: boolean;
  /** Whether nginx sees the addresses of clients, rather than one of a proxy or gateway for all. */
  readonly seesClientAddresses: boolean;
  /** The nginx that runs there, e.g. "1.22". */
  readonly nginxVersion: string;
  /**
   * The kinds of certificates that it can do.
   *
   * @default - from files, self-signed, and TLS that is terminated upstream
   */
  readonly tlsKinds?: TlsKind[];
}

/** The instances of one cluster. */
export interface InstancesSpec {
  /** What each of them runs. */
  readonly service: AiwmService;
  /** One for each instance, in order. */
  readonly slots: InstanceSlot[];
  /** How to find out whether one serves. */
  readonly health: ResolvedHealthCheck;
  /** How long an instance may take to stop, in milliseconds. */
  readonly stopGraceMs: number;
  /** Memory of one instance, in bytes; undefined for no limit. */
  readonly memoryBytes?: number;
  /** Processors of one instance; undefined for no limit. */
  readonly cpu?: number;
  /** Variables that all instances share and that are not secret. */
  readonly environment: Record<string, string>;
  /** Variables whose values are secrets. */
  readonly secrets: Record<string, Secret>;
  /** The backplane that the instances connect to; undefined without one. */
  readonly backplane?: BackplaneSpec;
  /** What has to run before the instances. */
  readonly dependsOn: ITerraformDependable[];
}

/** One place for an instance. Its identity never changes. */
export interface InstanceSlot {
  /** Its name on the platform: "aiwm-2". */
  readonly name: string;
  /** The id of its construct: "Instance2". */
  readonly id: string;
  /** The port it listens on. */
  readonly port: number;
  /** The variables that belong to this instance alone; HOST is for the platform to add. */
  readonly environment: Record<string, string>;
}

/** The backplane of a cluster, as its instances find it. */
export interface BackplaneSpec {
  /** Its URL, when it holds no password. */
  readonly url?: string;
  /** Its whole URL as a secret, when it holds a password. */
  readonly urlSecret?: Secret;
  /** Whether it is a Redis Cluster. */
  readonly isCluster: boolean;
}

/** What a platform says of the instances it runs. */
export interface RunningInstances {
  /** The address of each slot without port, in order. */
  readonly addresses: string[];
  /** What has to be there before a front may send clients. */
  readonly dependables: ITerraformDependable[];
}

/** How nginx runs on a platform. Paths are as nginx sees them. */
export interface NginxLayout {
  /** The user of its workers; undefined for the one that nginx was built with. */
  readonly user?: string;
  /** Where it writes its process id. */
  readonly pidFile: string;
  /** Where it writes what goes wrong. */
  readonly errorLog: string;
  /** Where it writes its access log. */
  readonly accessLog: string;
  /** A writable folder for request bodies; undefined for the one that nginx was built with. */
  readonly tempDirectory?: string;
  /** Where the platform puts the certificate. */
  readonly certificate: string;
  /** Where the platform puts its key. */
  readonly certificateKey: string;
  /** Where clients come in over TLS, in the notation of `listen`. */
  readonly httpsListen: string[];
  /** Where clients come in over plain HTTP. */
  readonly httpListen: string[];
  /** The port that clients use for TLS. */
  readonly publicHttpsPort: number;
  /** The port that clients use for plain HTTP. */
  readonly publicHttpPort: number;
  /** Where the platform itself asks for the serving release and the live counts; undefined when it does not. */
  readonly statusListen?: string;
  /** The file with the answer to "which release", which the platform delivers beside the configuration. */
  readonly releaseFile?: string;
  /**
   * The name server that knows the instances by name, where their addresses change while nginx runs; nginx 1.27.3 or
   * later asks it again and again. Undefined where addresses stay.
   */
  readonly resolver?: string;
  /**
   * How long open connections outlive a change, e.g. "2s", where a new nginx takes the place of the old one instead of a
   * reload. The front's own drainTimeout is refused then. Undefined where nginx reloads.
   */
  readonly drainTimeout?: string;
  /** The load balancer of the platform itself; undefined where clients reach nginx directly. */
  readonly entry?: EntryLayout;
}

/** A load balancer that a platform puts in front of its nginx. */
export interface EntryLayout {
  /** Where nginx gets clients whose TLS the load balancer has spoken: in plain HTTP. */
  readonly terminatedListen: string[];
  /** Where it asks nginx whether it serves: `GET /nginx-health`. */
  readonly healthListen: string;
  /** So long a connection may be silent before it drops it, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** The same for a connection whose TLS it speaks. */
  readonly terminatedIdleTimeoutMs: number;
  /** Where in the platform's properties the first of the two is set. */
  readonly idleTimeoutProperty: string;
  /** Its own addresses, where it names the client; empty where it passes the client's address on. */
  readonly trustedProxies: string[];
  /** Whether it names the client by the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /**
   * So long it keeps a connection to nginx for requests of other clients, in milliseconds; nginx must not close it first.
   * Undefined where each connection is one client's.
   */
  readonly reuseTimeoutMs?: number;
  /** The open connections at which another nginx comes to help. A front that expects fewer would be full before. */
  readonly connectionsPerHost: number;
  /** Where in the platform's properties that is set. */
  readonly connectionsPerHostProperty: string;
  /** The open connections that one nginx has to take, where the front does not say how many. */
  readonly expectedConnections: number;
}

/** One nginx, or a group of equal ones. */
export interface NginxSpec {
  /** Its name on the platform. */
  readonly name: string;
  /** The finished nginx.conf. Tokens in it are resolved by Terraform. */
  readonly configuration: string;
  /** Where its certificate comes from; undefined for plain HTTP. */
  readonly certificate?: TlsCertificate;
  /** The names it serves. */
  readonly serverNames: string[];
  /** The addresses with port of servers that this platform does not run: nginx has to be able to reach them. */
  readonly foreignPeers: string[];
  /** How many files and connections it has to be allowed to open. */
  readonly openFiles: number;
  /** What has to run before nginx is told of it. */
  readonly dependsOn: ITerraformDependable[];
}

/** What a platform says of the nginx it runs. */
export interface RunningNginx {
  /** What has to be there before clients can be told. */
  readonly dependables: ITerraformDependable[];
}

/** A Redis for a backplane. */
export interface RedisSpec {
  /** Its name on the platform. */
  readonly name: string;
  /** "redis" or "valkey". */
  readonly engine: string;
  /** Memory that it may use, in bytes. */
  readonly maxMemoryBytes: number;
  /** Limits on what it keeps for a subscriber that reads too slowly. */
  readonly outputBuffer: OutputBufferLimit;
  /** Its password; undefined for one that the platform makes. */
  readonly password?: Secret;
}

/**
 * Limits on the memory that Redis keeps for one subscriber that does not read fast enough.
 *
 * @see https://redis.io/docs/latest/develop/reference/clients/#output-buffer-limits
 */
export interface OutputBufferLimit {
  /** Size at which the subscriber is disconnected at once, in bytes. */
  readonly hardBytes: number;
  /** Size that a subscriber may exceed for `softSeconds` before it is disconnected, in bytes. */
  readonly softBytes: number;
  /** How long a subscriber may exceed `softBytes`, in seconds. */
  readonly softSeconds: number;
}

/** What a platform says of the Redis it runs. */
export interface RunningRedis {
  /** Its URL with the password in it. */
  readonly url: Secret;
  /**
   * Whether it is a Redis Cluster; the URL is that of any of its nodes then.
   *
   * @default false
   */
  readonly isCluster?: boolean;
  /** What has to be there before an instance may connect. */
  readonly dependables: ITerraformDependable[];
}
