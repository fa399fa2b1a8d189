import type { Check } from '../../validation/check';
import { resolveDuration } from '../../validation/duration';
import { BUCKET, LOG_PREFIX, SECURITY_RANGE, WEB_ACL_ARN } from './base/text-rules';
import { canonicalRange } from './base/ranges';
import type { ResolvedBalancer, ResolvedEntry } from './base/resolved-entry';

/** Options that `AwsEntry.nlb` and `AwsEntry.alb` share. */
export interface LoadBalancerOptions {
  /**
   * Address ranges that may connect to ports 443 and 80, e.g. "203.0.113.0/24".
   *
   * @default - any address
   */
  readonly allowedRanges?: string[];
  /**
   * Whether the load balancer is reachable only from its VPC and the networks connected to it.
   *
   * A change replaces the load balancer, which interrupts the service for minutes.
   *
   * @default false
   */
  readonly internal?: boolean;
  /**
   * Minimum number of nginx hosts, 1 to 20.
   *
   * @default 2
   */
  readonly minHosts?: number;
  /**
   * Maximum number of nginx hosts, `minHosts` to 40.
   *
   * Hosts are added as connections grow, and never removed automatically: a host that is removed takes its connections
   * with it.
   *
   * @default - twice `minHosts`
   */
  readonly maxHosts?: number;
  /**
   * Age at which an nginx host is replaced by a new one, e.g. "14d"; 1d to 365d.
   *
   * A new host has the latest image of Amazon Linux 2023, unless you set `imageId`, and the latest nginx of its release
   * line. It starts before the old one stops, which keeps its connections for `hostDrain`.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html
   * @default "30d"
   */
  readonly maxHostAge?: string;
  /**
   * Number of client connections of the fullest host above which hosts are added, 100 to 500000.
   *
   * Open WebSockets stay where they are, so a new host takes only new ones. While the fullest host stays above the
   * number, more hosts follow every 35 minutes, up to `maxHosts`.
   *
   * nginx accepts half as many again, unless the front's `expectedConnections` says otherwise.
   *
   * @default - by the memory of `nginxInstanceType`. t4g.small: 19000 with ACM, 12000 if nginx terminates TLS. A type
   * of another family than c, m, r and t counts as one of 2 GiB
   */
  readonly connectionsPerHost?: number;
  /**
   * Whether deletion protection is enabled for the load balancer.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;
  /**
   * Bucket that receives the access logs of the load balancer.
   *
   * A network load balancer logs only connections whose TLS it terminates, so it needs a certificate of ACM.
   *
   * @default - none; nginx's own access log is in CloudWatch
   */
  readonly accessLogs?: LoadBalancerAccessLogs;
}

/** Destination of the access logs of a load balancer. */
export interface LoadBalancerAccessLogs {
  /**
   * Name of an existing bucket in the region of the platform, whose policy lets Elastic Load Balancing write to it.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
   */
  readonly bucket: string;
  /**
   * Folder in the bucket, without a slash at either end, e.g. "chat/production".
   *
   * @default - none; the logs are below "AWSLogs/"
   */
  readonly prefix?: string;
}

/** Options of `AwsEntry.nlb`. */
export interface NlbOptions extends LoadBalancerOptions {
  /**
   * How long a connection may be idle before the load balancer closes it, e.g. "1h"; 60s to 6000s.
   *
   * It applies where nginx terminates TLS. Where the load balancer does, with a certificate of ACM, AWS fixes the
   * timeout at 350 seconds.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
   * @default "1h"
   */
  readonly idleTimeout?: string;
  /**
   * Whether clients may also connect over IPv6.
   *
   * Requires `proxyProtocol`, and subnets with IPv6.
   *
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * Whether the load balancer reports the client's address to nginx with the PROXY protocol.
   *
   * Without it, the load balancer preserves the address of IPv4 clients only.
   *
   * @see
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#proxy-protocol
   * @default false
   */
  readonly proxyProtocol?: boolean;
}

/** Options of `AwsEntry.alb`. */
export interface AlbOptions extends LoadBalancerOptions {
  /**
   * How long a connection may be idle before the load balancer closes it, e.g. "1h"; 10s to 4000s.
   *
   * @default "1h"
   */
  readonly idleTimeout?: string;
  /**
   * Whether clients may also connect over IPv6.
   *
   * Requires subnets with IPv6.
   *
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * ARN of an AWS WAF web ACL, in the region of the platform, that filters every request.
   *
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html
   * @default - none; you can associate one yourself
   */
  readonly webAclArn?: string;
}

/** Options of `AwsEntry.single`. */
export interface SingleHostOptions {
  /**
   * Address ranges that may connect to ports 443 and 80, e.g. "203.0.113.0/24".
   *
   * @default - any address
   */
  readonly allowedRanges?: string[];
}

/**
 * Entry of an `AwsPlatform`: the load balancer or the single host that clients connect to.
 *
 * @example
 * new AwsPlatform(this, "Platform", { network, entry: AwsEntry.nlb({ minHosts: 3 }) });
 */
export class AwsEntry {
  /** A network load balancer in front of a group of nginx hosts, in at least two availability zones. */
  public static nlb(options: NlbOptions = {}): AwsEntry {
    return new AwsEntry((check) => resolveNlb(check, options));
  }

  /**
   * An application load balancer in front of a group of nginx hosts, for services that need AWS WAF.
   *
   * It terminates TLS with a certificate of ACM and reports the client's address in a header. It repeats work that
   * nginx does, and costs more per connection than `nlb`.
   */
  public static alb(options: AlbOptions = {}): AwsEntry {
    return new AwsEntry((check) => resolveAlb(check, options));
  }

  /**
   * A single nginx host with a fixed public address and no load balancer, for development and small teams.
   *
   * The service is interrupted while the host is replaced.
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
        "nginx would see the load balancer's address instead of an IPv6 client's, so ip_hash and limits would treat all of them as one client",
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
    maxHostAgeSeconds: wholeSeconds(check, 'maxHostAge', options.maxHostAge ?? '30d', '1d', '365d'),
    connectionsPerHost:
      options.connectionsPerHost === undefined
        ? undefined
        : check.integer('entry.connectionsPerHost', options.connectionsPerHost, 100, 500_000),
    deletionProtection: options.deletionProtection ?? false,
    accessLogs: resolveAccessLogs(check, options.accessLogs),
  };
}

function resolveAccessLogs(
  check: Check,
  given: LoadBalancerAccessLogs | undefined,
): ResolvedBalancer['accessLogs'] {
  if (given === undefined) {
    return undefined;
  }
  const bucket = check.text('entry.accessLogs.bucket', given.bucket, BUCKET);
  return given.prefix === undefined
    ? { bucket }
    : { bucket, prefix: check.text('entry.accessLogs.prefix', given.prefix, LOG_PREFIX) };
}

function idleSeconds(check: Check, given = '1h', min: string, max: string): number {
  return wholeSeconds(check, 'idleTimeout', given, min, max);
}

function wholeSeconds(
  check: Check,
  property: string,
  given: string,
  min: string,
  max: string,
): number {
  const { milliseconds } = resolveDuration(check, `entry.${property}`, given, min, max);
  return Math.floor(milliseconds / 1000);
}

function ranges(check: Check, given: string[] | undefined, ipv6 = false): string[] {
  return given === undefined
    ? ['0.0.0.0/0', ...(ipv6 ? ['::/0'] : [])]
    : [
        // AWS rejects duplicate rules.
        ...new Set(
          check.texts('entry.allowedRanges', given, SECURITY_RANGE, { min: 1 }).map(canonicalRange),
        ),
      ];
}
