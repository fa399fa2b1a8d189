/**
 * An `AwsEntry` with every default filled in.
 *
 * @internal
 */
export interface ResolvedEntry {
  readonly allowedRanges: readonly string[];
  /** Undefined for a single host. */
  readonly balancer?: ResolvedBalancer;
}

/**
 * The load balancer of an `AwsEntry`.
 *
 * @internal
 */
export interface ResolvedBalancer {
  readonly kind: 'network' | 'application';
  readonly idleTimeoutSeconds: number;
  readonly internal: boolean;
  readonly ipv6: boolean;
  readonly proxyProtocol: boolean;
  readonly minHosts: number;
  readonly maxHosts: number;
  readonly maxHostAgeSeconds: number;
  /** Undefined for what the memory of a host allows. */
  readonly connectionsPerHost?: number;
  readonly deletionProtection: boolean;
  readonly webAclArn?: string;
  readonly accessLogs?: { readonly bucket: string; readonly prefix?: string };
}
