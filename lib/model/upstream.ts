import type { Check } from '../validation/check';
import type { Peer } from '../nginx/intent';
import type { TokensInText } from '../terraform/tokens-in-text';
import { ADDRESS } from '../validation/text-rules';

/**
 * The servers behind a front. A cluster has one; `Upstream.servers` names servers that exist already.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   platform,
 *   upstream: Upstream.servers(["10.0.1.5:3003", { address: "10.0.1.6:3003", weight: 2 }]),
 *   serverName: "api.x-or.cloud",
 * });
 */
export class Upstream {
  /** Servers by their addresses, e.g. "10.0.1.5:3003". Their order is part of the balancing: keep it. */
  public static servers(
    servers: (string | UpstreamServer)[],
    options: UpstreamOptions = {},
  ): Upstream {
    return new Upstream(
      servers.map((server) => (typeof server === 'string' ? { address: server } : server)),
      options,
    );
  }

  /** The servers, in the order in which nginx lists them. */
  public readonly list: UpstreamServer[];
  /** Whether the servers share a Socket.IO adapter. */
  public readonly hasBackplane: boolean;
  /** Where the servers serve Engine.IO; undefined where it is the public path. */
  public readonly enginePath?: string;
  /** Where the servers answer health checks. */
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
  public _peers(check: Check, tokens: TokensInText): Peer[] {
    check.texts(
      'upstream.servers',
      this.list.map(({ address }) => address),
      ADDRESS,
      { min: 1 },
    );
    const peers = this.list.map(({ address, weight, down, backup }, index) => ({
      address: tokens.hide(address),
      weight:
        weight === undefined
          ? undefined
          : check.integer(`upstream.servers[${index}].weight`, weight, 1, 1000),
      down,
      backup,
    }));
    if (peers.every(({ down, backup }) => down || backup)) {
      check.refuse(
        'upstream.servers',
        'no server is left to take a client: all are down or backup',
        'at least one server in service',
      );
    }
    return peers;
  }
}

/** One server behind a front. */
export interface UpstreamServer {
  /**
   * Its address with port: "10.0.1.5:3003". A name is looked up once, when nginx starts or reloads; on a platform whose
   * addresses change, such as a swarm, again and again.
   */
  readonly address: string;
  /**
   * Its share, against the others'. 1 to 1000.
   *
   * @default 1
   */
  readonly weight?: number;
  /**
   * Taken out of service. Keep the line and mark it, rather than delete it: under `ip_hash` a deleted line
   * moves most clients, a marked one only its own.
   *
   * @default false
   */
  readonly down?: boolean;
  /**
   * Used only when all others are unreachable. Not possible with a method that hashes.
   *
   * @default false
   */
  readonly backup?: boolean;
}

/** What the servers of `Upstream.servers` have in common. */
export interface UpstreamOptions {
  /**
   * Whether they share a Socket.IO adapter, as instances with a `RedisAdapterBackplane` do. Decides the balancing.
   *
   * @default false
   */
  readonly backplane?: boolean;
  /**
   * The `path` of their Socket.IO server, e.g. "/socket.io/".
   *
   * @default - the public path
   */
  readonly enginePath?: string;
  /**
   * The path that answers health checks. Before a new session nginx asks there which server is alive, by HEAD: 5xx or no
   * answer passes a server over. Where none answers, sessions are served without asking.
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
