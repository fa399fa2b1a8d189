import type { Check } from '../../validation/check';
import { checkDuration } from '../../validation/duration';
import { SECURITY_RANGE, WEB_ACL_ARN } from './base/text-rules';
import { canonicalRange } from './base/ranges';
import type { ResolvedEntry } from './base/resolved-entry';

/** What goes with every load balancer. */
export interface LoadBalancerOptions {
  /**
   * Who may connect to ports 443 and 80: ranges of addresses.
   *
   * @default - everybody
   */
  readonly allowedRanges?: string[];
  /**
   * Whether only the network itself and what is connected to it can reach the load balancer. A change makes another one,
   * with minutes without service.
   *
   * @default false
   */
  readonly internal?: boolean;
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
   * Connections of one host above which another one is added. nginx has room for half as many more, unless the front's
   * `expectedConnections` says otherwise.
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

/** What goes with `AwsEntry.nlb`. */
export interface NlbOptions extends LoadBalancerOptions {
  /**
   * How long a connection may be silent before the load balancer drops it, e.g. "1h"; 60s to 6000s. It counts where nginx
   * speaks TLS; where the load balancer does, AWS has fixed it to 350s.
   *
   * @default "1h"
   */
  readonly idleTimeout?: string;
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
}

/** What goes with `AwsEntry.alb`. */
export interface AlbOptions extends LoadBalancerOptions {
  /**
   * How long a connection may be silent before the load balancer drops it, e.g. "1h"; 10s to 4000s.
   *
   * @default "1h"
   */
  readonly idleTimeout?: string;
  /**
   * Whether clients may come over IPv6 as well. Needs subnets that have IPv6.
   *
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * The rules of AWS WAF that every request has to pass: the ARN of a web ACL of the region.
   *
   * @default - none; you may associate one yourself
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html
   */
  readonly webAclArn?: string;
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
    return new AwsEntry((check) => resolveNlb(check, options));
  }

  /**
   * An application load balancer before such a group, for those who need AWS WAF: it speaks TLS with a certificate of
   * ACM, and names the client in a header. It does a second time what nginx does, and costs more for each connection.
   */
  public static alb(options: AlbOptions = {}): AwsEntry {
    return new AwsEntry((check) => resolveAlb(check, options));
  }

  /**
   * One host with nginx and a fixed public address, for development and small teams: no load balancer to pay. While the
   * host is replaced nobody is served.
   */
  public static single(options: SingleHostOptions = {}): AwsEntry {
    return new AwsEntry((check) => ({ allowedRanges: ranges(check, options.allowedRanges) }));
  }

  private constructor(private readonly resolve: (check: Check) => ResolvedEntry) {}

  /** @internal */
  public _resolve(check: Check): ResolvedEntry {
    return this.resolve(check);
  }
}

function resolveNlb(check: Check, options: NlbOptions): ResolvedEntry {
  const { ipv6 = false, proxyProtocol = false } = options;
  if (ipv6 && !proxyProtocol) {
    check.refuse('entry.ipv6', {
      problem:
        'nginx would see the address of the load balancer in place of that of an IPv6 client, and ip_hash and limits would take all of them for one',
      allowed: 'ipv6 together with proxyProtocol: true',
    });
  }
  const group = resolveGroup(check, options);
  return {
    allowedRanges: ranges(check, options.allowedRanges, ipv6),
    balancer: {
      ...group,
      kind: 'network',
      idleTimeoutSeconds: idleSeconds(check, options.idleTimeout, '60s', '6000s'),
      ipv6,
      proxyProtocol,
    },
  };
}

function resolveAlb(check: Check, options: AlbOptions): ResolvedEntry {
  const { ipv6 = false, webAclArn } = options;
  const group = resolveGroup(check, options);
  return {
    allowedRanges: ranges(check, options.allowedRanges, ipv6),
    balancer: {
      ...group,
      kind: 'application',
      idleTimeoutSeconds: idleSeconds(check, options.idleTimeout, '10s', '4000s'),
      ipv6,
      proxyProtocol: false,
      webAclArn:
        webAclArn === undefined ? undefined : check.text('entry.webAclArn', webAclArn, WEB_ACL_ARN),
    },
  };
}

function resolveGroup(check: Check, options: LoadBalancerOptions) {
  const minHosts = check.integer('entry.minHosts', options.minHosts ?? 2, 1, 20);
  return {
    internal: options.internal ?? false,
    minHosts,
    maxHosts: check.integer('entry.maxHosts', options.maxHosts ?? 2 * minHosts, minHosts, 40),
    connectionsPerHost: check.integer(
      'entry.connectionsPerHost',
      options.connectionsPerHost ?? 20_000,
      100,
      500_000,
    ),
    deletionProtection: options.deletionProtection ?? false,
  };
}

function idleSeconds(check: Check, given = '1h', min: string, max: string): number {
  return Math.floor(checkDuration(check, 'entry.idleTimeout', given, min, max).milliseconds / 1000);
}

function ranges(check: Check, given: string[] | undefined, ipv6 = false): string[] {
  return given === undefined
    ? ['0.0.0.0/0', ...(ipv6 ? ['::/0'] : [])]
    : [
        // AWS has no rule twice.
        ...new Set(
          check.texts('entry.allowedRanges', given, SECURITY_RANGE, { min: 1 }).map(canonicalRange),
        ),
      ];
}
