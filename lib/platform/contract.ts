import type { ITerraformDependable } from 'cdktf';
import type { Secret } from '../model/secret';
import type { AiwmService } from '../model/service';
import type { TlsCertificate, TlsKind } from '../model/tls-certificate';

/** Traits of a platform on which the constructs depend. */
export interface PlatformTraits {
  /** Name of the platform in messages, e.g. "LocalPlatform". */
  readonly name: string;
  /** Whether all instances share one address, so that each needs a port of its own. */
  readonly sharesAddress: boolean;
  /** Whether other machines can reach the front. Such a front requires TLS. */
  readonly isPublic: boolean;
  /** Whether nginx sees the addresses of clients, rather than that of a proxy or gateway. */
  readonly seesClientAddresses: boolean;
  /** Version of the nginx that runs there, e.g. "1.22". */
  readonly nginxVersion: string;
  /**
   * Kinds of certificates that the platform supports.
   *
   * @default - FILES, SELF_SIGNED and TERMINATED_UPSTREAM
   */
  readonly tlsKinds?: TlsKind[];
  /**
   * Whether the platform can change the number of instances by itself, as `InstancesSpec.scaling` asks.
   *
   * @default false
   */
  readonly scales?: boolean;
}

/** Instances of one cluster. */
export interface InstancesSpec {
  /** Program that each instance runs. */
  readonly service: AiwmService;
  /** One slot for each instance, in order. With `scaling`, a single slot that all instances share. */
  readonly slots: InstanceSlot[];
  /** How many instances the single slot has; undefined for one instance per slot. */
  readonly scaling?: ResolvedScaling;
  /** Health check of each instance. */
  readonly health: ResolvedHealthCheck;
  /** How long an instance may take to stop, in milliseconds. */
  readonly stopGraceMs: number;
  /** Memory of one instance, in bytes; undefined for no limit. */
  readonly memoryBytes?: number;
  /** Processors of one instance; undefined for no limit. */
  readonly cpu?: number;
  /** Variables that all instances share and that are not secret, without those of the backplane. */
  readonly environment: Record<string, string>;
  /** Variables whose values are secret, without those of the backplane. */
  readonly secrets: Record<string, Secret>;
  /** Backplane to which the instances connect; undefined without one. */
  readonly backplane?: BackplaneSpec;
  /** Resources that must exist before the instances start. */
  readonly dependsOn: ITerraformDependable[];
}

/** Number of instances that depends on their load. */
export interface ResolvedScaling {
  /** Number of instances to begin with, and the smallest one. */
  readonly min: number;
  /** Largest number of instances. */
  readonly max: number;
  /** Average use of processors to aim for, in percent. */
  readonly processorPercent: number;
  /** Average use of memory to aim for, in percent; undefined if the number does not depend on it. */
  readonly memoryPercent?: number;
  /** Number of connections of the fullest instance to aim for; undefined if the number does not depend on it. */
  readonly connections?: number;
  /** Whether instances may be stopped when the load falls. */
  readonly scaleIn: boolean;
}

/** Slot of one instance, whose identity never changes. */
export interface InstanceSlot {
  /** Name on the platform, e.g. "aiwm-2". With `scaling`, without a number: "aiwm". */
  readonly name: string;
  /** Id of its construct, e.g. "Instance2". */
  readonly id: string;
  /** Port on which the instance listens. */
  readonly port: number;
  /** Variables of this instance alone. The platform adds HOST. */
  readonly environment: Record<string, string>;
}

/**
 * Backplane of a cluster.
 *
 * The platform passes it to instances as REDIS_URL, and as REDIS_CLUSTER=1 if it is a Redis Cluster.
 */
export interface BackplaneSpec {
  /** URL; undefined if it holds a password. */
  readonly url?: string;
  /** Complete URL as a secret, if it holds a password. */
  readonly urlSecret?: Secret;
  /** Whether it is a Redis Cluster. */
  readonly isCluster: boolean;
}

/** Instances that a platform runs. */
export interface RunningInstances {
  /** Address of each slot without its port, in order. */
  readonly addresses: string[];
  /** Resources that must exist before a front may send clients. */
  readonly dependables: ITerraformDependable[];
}

/**
 * How nginx runs on a platform.
 *
 * Paths are as nginx sees them. `listen` addresses are in nginx's notation, e.g. "443" or "[::]:443".
 *
 * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
 */
export interface NginxLayout {
  /** User of the worker processes; undefined for the user with which nginx was built. */
  readonly user?: string;
  /** File to which nginx writes its process id. */
  readonly pidFile: string;
  /** File to which nginx writes errors. */
  readonly errorLog: string;
  /** File to which nginx writes its access log. */
  readonly accessLog: string;
  /** Writable folder for request bodies; undefined for the folder with which nginx was built. */
  readonly tempDirectory?: string;
  /** File of the certificate, which the platform delivers. */
  readonly certificate: string;
  /** File of its private key, which the platform delivers. */
  readonly certificateKey: string;
  /** `listen` addresses for TLS. */
  readonly httpsListen: string[];
  /** `listen` addresses for plain HTTP. */
  readonly httpListen: string[];
  /** Port that clients use for TLS. */
  readonly publicHttpsPort: number;
  /** Port that clients use for plain HTTP. */
  readonly publicHttpPort: number;
  /** `listen` address at which the platform reads the serving release and the live counts; undefined if it does not. */
  readonly statusListen?: string;
  /** File that names the serving release, which the platform delivers with the configuration. */
  readonly releaseFile?: string;
  /**
   * Name server that nginx asks for the servers that are names, e.g. "127.0.0.11" or "127.0.0.1:5353".
   *
   * From 1.27.3 on, nginx repeats the lookup while it runs, and so follows a name whose addresses change. Undefined
   * where nginx knows no name server: then it looks a name up when it reloads.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver
   * @default - none
   */
  readonly resolver?: string;
  /**
   * How long nginx uses an answer of `resolver`, whatever the TTL of the records, e.g. "1s".
   *
   * It holds for the answer that a name does not exist as well.
   *
   * @default "3s"
   */
  readonly resolverValid?: string;
  /**
   * How long open connections survive a change, e.g. "2s", where nginx is replaced rather than reloaded.
   *
   * The front's own `drainTimeout` is refused then. Undefined where nginx reloads.
   *
   * @default - none
   */
  readonly drainTimeout?: string;
  /** Load balancer of the platform; undefined where clients connect to nginx directly. */
  readonly entry?: EntryLayout;
}

/** Load balancer that a platform runs in front of nginx. */
export interface EntryLayout {
  /** `listen` addresses for plain HTTP from clients whose TLS ends at the load balancer. */
  readonly terminatedListen: string[];
  /** `listen` address of its health check of nginx, `GET /nginx-health`. */
  readonly healthListen: string;
  /** How long a connection may be silent before the load balancer drops it, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long a connection whose TLS ends at the load balancer may be silent, in milliseconds. */
  readonly terminatedIdleTimeoutMs: number;
  /** Property of the platform that sets `idleTimeoutMs`. */
  readonly idleTimeoutProperty: string;
  /** Addresses of the load balancer, if it reports the client's address; empty if it preserves that address. */
  readonly trustedProxies: string[];
  /** Whether it reports the client's address by the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /**
   * How long it keeps an idle connection to nginx for reuse by other clients, in milliseconds.
   *
   * nginx must not close it first. Undefined where each connection belongs to one client.
   *
   * @default - connections are not reused
   */
  readonly reuseTimeoutMs?: number;
  /** Room of one nginx that terminates TLS. */
  readonly room: HostRoom;
  /** Room of one nginx whose clients' TLS ends at the load balancer. */
  readonly terminatedRoom: HostRoom;
  /** Property of the platform that sets `connectionsPerHost` of both. */
  readonly connectionsPerHostProperty: string;
}

/** Numbers of open connections of one nginx in a group. */
export interface HostRoom {
  /**
   * Number of open connections of the fullest nginx at which the platform adds another one.
   *
   * A front that expects fewer would be full before that.
   */
  readonly connectionsPerHost: number;
  /** Number of open connections that one nginx must be able to hold, unless the front decides it. */
  readonly expectedConnections: number;
}

/** One nginx, or a group of identical ones. */
export interface NginxSpec {
  /** Name on the platform. */
  readonly name: string;
  /** Text of the nginx.conf. Terraform resolves the Tokens in it. */
  readonly configuration: string;
  /** Source of its certificate; undefined for plain HTTP, or if TLS ends at a proxy in front. */
  readonly certificate?: TlsCertificate;
  /** Host names that clients use. */
  readonly serverNames: string[];
  /** Addresses, with ports, of the servers of an `upstream`. nginx must be able to reach them. Empty for a cluster. */
  readonly foreignPeers: string[];
  /** Number of files and connections that nginx must be allowed to open. */
  readonly openFiles: number;
  /** Resources that must exist before nginx receives the configuration. */
  readonly dependsOn: ITerraformDependable[];
}

/** nginx that a platform runs. */
export interface RunningNginx {
  /** Resources that must exist before clients can connect. */
  readonly dependables: ITerraformDependable[];
}

/** Redis for a backplane. */
export interface RedisSpec {
  /** Name on the platform. */
  readonly name: string;
  /** Server that runs: "redis" or "valkey". */
  readonly engine: string;
  /** Memory that it may use, in bytes. */
  readonly maxMemoryBytes: number;
  /** Limits on the output buffer of a subscriber that reads too slowly. */
  readonly outputBuffer: OutputBufferLimit;
  /** Password; undefined for one that the platform generates. */
  readonly password?: Secret;
}

/**
 * Limits on the output buffer of a subscriber that reads too slowly.
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

/** Redis that a platform runs. */
export interface RunningRedis {
  /** Complete URL as a secret, including the password. */
  readonly url: Secret;
  /**
   * Whether it is a Redis Cluster. The URL then names any of its nodes.
   *
   * @default false
   */
  readonly isCluster?: boolean;
  /** Resources that must exist before an instance may connect. */
  readonly dependables: ITerraformDependable[];
}

/** Health check with every value decided. */
export interface ResolvedHealthCheck {
  /** HTTP path that answers 2xx while the instance can serve clients. */
  readonly path: string;
  /** Time between two checks, in milliseconds. */
  readonly intervalMs: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Number of consecutive failures after which an instance is restarted. */
  readonly failures: number;
  /** How long an instance may take from its start to its first successful check, in milliseconds. */
  readonly startTimeoutMs: number;
}

/** Heartbeat with its times in milliseconds. */
export interface ResolvedHeartbeat {
  /** Time between two pings of the server, in milliseconds. */
  readonly intervalMs: number;
  /** How long the server waits for an answer before it closes the connection, in milliseconds. */
  readonly timeoutMs: number;
}
