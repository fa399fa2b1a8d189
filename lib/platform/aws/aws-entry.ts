import type { Check } from '../../check';
import { checkDuration } from '../../duration';
import { IP_RANGE } from '../../text-rules';

/** What goes with `AwsEntry.nlb`. */
export interface NlbOptions {
  /**
   * Who may connect to ports 443 and 80: ranges of addresses.
   *
   * @default - everybody
   */
  readonly allowedRanges?: string[];
  /**
   * How long a connection may be silent before the load balancer drops it, e.g. "1h"; 60s to 6000s. It counts where nginx
   * speaks TLS; where the load balancer does, AWS has fixed it to 350s.
   *
   * @default "1h"
   */
  readonly idleTimeout?: string;
  /**
   * Whether only the network itself and what is connected to it can reach the load balancer.
   *
   * @default false
   */
  readonly internal?: boolean;
  /**
   * Whether clients may come over IPv6 as well. Needs `proxyProtocol`, and subnets that have IPv6.
   *
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * Whether the load balancer names the client by the PROXY protocol. It passes the client's address on without it, but
   * not that of an IPv6 client.
   *
   * @default false
   */
  readonly proxyProtocol?: boolean;
  /**
   * Hosts of nginx at least, 1 to 20.
   *
   * @default 2
   */
  readonly minHosts?: number;
  /**
   * Hosts of nginx at most, up to 40: as many as connections ask for. They do not become fewer by themselves.
   *
   * @default - twice `minHosts`
   */
  readonly maxHosts?: number;
  /**
   * Connections of one host above which another one is added.
   *
   * @default 20000
   */
  readonly connectionsPerHost?: number;
  /**
   * Whether AWS refuses to delete the load balancer.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;
}

/** What goes with `AwsEntry.single`. */
export interface SingleHostOptions {
  /**
   * Who may connect to ports 443 and 80: ranges of addresses.
   *
   * @default - everybody
   */
  readonly allowedRanges?: string[];
}

/**
 * How clients come in.
 *
 * @example
 * new AwsPlatform(this, "Platform", { network, entry: AwsEntry.nlb({ minHosts: 3 }) });
 */
export class AwsEntry {
  /** A network load balancer before a group of hosts with nginx, one at least in each of two zones. */
  public static nlb(options: NlbOptions = {}): AwsEntry {
    return new AwsEntry(options, undefined);
  }

  /**
   * One host with nginx and a fixed public address, for development and small teams: no load balancer to pay. While the
   * host is replaced nobody is served.
   */
  public static single(options: SingleHostOptions = {}): AwsEntry {
    return new AwsEntry(undefined, options);
  }

  private constructor(
    private readonly nlbOptions: NlbOptions | undefined,
    private readonly singleOptions: SingleHostOptions | undefined,
  ) {}

  /** @internal */
  public _resolve(check: Check): ResolvedEntry {
    const { nlbOptions: nlb, singleOptions: single } = this;
    const ranges = (given: string[] | undefined, usual: string[]): string[] =>
      given === undefined ? usual : check.texts('entry.allowedRanges', given, IP_RANGE, { min: 1 });
    if (nlb === undefined) {
      return { allowedRanges: ranges(single?.allowedRanges, ['0.0.0.0/0']) };
    }
    const { ipv6 = false, proxyProtocol = false } = nlb;
    if (ipv6 && !proxyProtocol) {
      check.refuse(
        'entry.ipv6',
        'nginx would see the address of the load balancer in place of that of an IPv6 client, and ip_hash and limits would take all of them for one',
        'ipv6 together with proxyProtocol: true',
      );
    }
    const minHosts = check.integer('entry.minHosts', nlb.minHosts ?? 2, 1, 20);
    const idle = checkDuration(check, 'entry.idleTimeout', nlb.idleTimeout ?? '1h', '60s', '6000s');
    return {
      allowedRanges: ranges(nlb.allowedRanges, ipv6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']),
      nlb: {
        idleTimeoutSeconds: Math.floor(idle.milliseconds / 1000),
        internal: nlb.internal ?? false,
        ipv6,
        proxyProtocol,
        minHosts,
        maxHosts: check.integer('entry.maxHosts', nlb.maxHosts ?? 2 * minHosts, minHosts, 40),
        connectionsPerHost: check.integer(
          'entry.connectionsPerHost',
          nlb.connectionsPerHost ?? 20_000,
          100,
          500_000,
        ),
        deletionProtection: nlb.deletionProtection ?? false,
      },
    };
  }
}

/**
 * An entry with every value decided.
 *
 * @internal
 */
export interface ResolvedEntry {
  readonly allowedRanges: readonly string[];
  /** Undefined for a single host. */
  readonly nlb?: ResolvedNlb;
}

/** @internal */
export interface ResolvedNlb {
  readonly idleTimeoutSeconds: number;
  readonly internal: boolean;
  readonly ipv6: boolean;
  readonly proxyProtocol: boolean;
  readonly minHosts: number;
  readonly maxHosts: number;
  readonly connectionsPerHost: number;
  readonly deletionProtection: boolean;
}
