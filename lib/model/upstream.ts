import type { Check } from '../validation/check';
import type { Peer } from '../nginx/intent';
import type { TokensInText } from '../terraform/tokens-in-text';
import { ADDRESS } from '../validation/text-rules';

/**
 * Servers behind a front.
 *
 * Every `AiwmCluster` has an upstream. `Upstream.servers()` is for servers that exist already.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   platform,
 *   upstream: Upstream.servers(["10.0.1.5:3003", { address: "10.0.1.6:3003", weight: 2 }]),
 *   serverName: "api.x-or.cloud",
 * });
 */
export class Upstream {
  /**
   * Existing servers.
   *
   * Keep their order: `Balancing.ipHash()` depends on it.
   *
   * @param servers - addresses with their ports, e.g. "10.0.1.5:3003", or servers with options
   */
  public static servers(
    servers: (string | UpstreamServer)[],
    options: UpstreamOptions = {},
  ): Upstream {
    return new Upstream(
      servers.map((server) => (typeof server === 'string' ? { address: server } : server)),
      options,
    );
  }

  /** Servers, in the order in which nginx lists them. */
  public readonly list: UpstreamServer[];
  /** Whether the servers share a Socket.IO adapter. */
  public readonly hasBackplane: boolean;
  /** Path at which the servers serve Engine.IO; undefined for the public path. */
  public readonly enginePath?: string;
  /** Path at which the servers answer health checks. */
  public readonly healthPath: string;
  /** Whether the servers begin the ids of their Engine.IO sessions with their own number. */
  public readonly marksSessionIds: boolean;

  private constructor(list: UpstreamServer[], options: UpstreamOptions) {
    this.list = list;
    this.hasBackplane = options.backplane ?? false;
    this.enginePath = options.enginePath;
    this.healthPath = options.healthPath ?? '/health';
    this.marksSessionIds = options.marksSessionIds ?? false;
  }

  /** @internal */
  public _resolve(check: Check, tokens: TokensInText): Peer[] {
    check.texts(
      'upstream.servers',
      this.list.map(({ address }) => address),
      ADDRESS,
      { min: 1 },
    );
    const peers = this.list.map(({ address, weight, down, backup, severalInstances }, index) => ({
      address: tokens.hide(address),
      several: severalInstances,
      weight:
        weight === undefined
          ? undefined
          : check.integer(`upstream.servers[${index}].weight`, weight, 1, 1000),
      down,
      backup,
    }));
    if (peers.every(({ down, backup }) => down || backup)) {
      check.refuse('upstream.servers', {
        problem: 'no server can accept clients: all are down or backup',
        allowed: 'at least one server in service',
      });
    }
    return peers;
  }
}

/**
 * One server behind a front.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
 */
export interface UpstreamServer {
  /**
   * Address with its port, e.g. "10.0.1.5:3003" or "aiwm-1.internal:3003".
   *
   * A name stands for one server, such as an instance or a load balancer, whatever the number of its addresses. See
   * `resolve` for a name whose addresses change, and `severalInstances` for one that several instances share.
   */
  readonly address: string;
  /**
   * Whether nginx repeats the lookup of the name while it runs, and so follows it to other addresses.
   *
   * It requires nginx 1.27.3 or later, and a platform whose nginx has a name server. The name has to be complete and in
   * DNS: nginx reads no `/etc/hosts`. Set it to true for a name that is known only at apply: it is taken for an address.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#resolve
   * @default - true for a name other than "localhost" where nginx can; otherwise nginx looks it up when it reloads
   */
  readonly resolve?: boolean;
  /**
   * Whether the name stands for several instances, each with an address of its own, such as a service of ECS.
   *
   * A method that hashes chooses among names, so affinity requires `Balancing.cookie()` and nginx 1.29.6 or later. Many
   * name servers answer with at most 8 addresses. Leave it out for the name of a load balancer.
   *
   * @default false
   */
  readonly severalInstances?: boolean;
  /**
   * Share of clients relative to the other servers, 1 to 1000.
   *
   * @default 1
   */
  readonly weight?: number;
  /**
   * Whether the server is out of service.
   *
   * Mark a server as down rather than remove it. Under `ip_hash`, a removed server moves most clients to another one; a
   * marked server moves only its own.
   *
   * @default false
   */
  readonly down?: boolean;
  /**
   * Whether the server is used only when all others are unreachable. Not possible with a method that hashes.
   *
   * @default false
   */
  readonly backup?: boolean;
}

/** Options that the servers of `Upstream.servers()` share. */
export interface UpstreamOptions {
  /**
   * Whether the servers share a Socket.IO adapter, as instances with a `RedisAdapterBackplane` do.
   *
   * It decides the default balancing.
   *
   * @default false
   */
  readonly backplane?: boolean;
  /**
   * Path of their Socket.IO server, e.g. "/socket.io/".
   *
   * @see https://socket.io/docs/v4/server-options/#path
   * @default - the public path
   */
  readonly enginePath?: string;
  /**
   * HTTP path at which the servers answer health checks.
   *
   * Before a new session, nginx asks there by HEAD which server is alive. It skips a server that answers 5xx or not at
   * all. Where no server answers, sessions start without the question.
   *
   * @default "/health"
   */
  readonly healthPath?: string;
  /**
   * Whether each server begins the ids of its Engine.IO sessions with its own number in the list: "2." for the second.
   * Then every request of a session finds its server, also from clients that keep no cookies and share an address.
   *
   * @default false
   */
  readonly marksSessionIds?: boolean;
}
