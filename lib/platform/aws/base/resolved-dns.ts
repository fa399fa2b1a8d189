import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';

/**
 * A hosted zone.
 *
 * @internal
 */
export interface ResolvedZone {
  readonly id: string;
  /** Undefined for the platform's provider. */
  readonly provider?: AwsProvider;
}

/**
 * Validation of new certificates of ACM.
 *
 * @internal
 */
export interface ResolvedValidation {
  /** Zone of the records; undefined for records that exist. */
  readonly zone?: ResolvedZone;
}

/**
 * Routing of names that several platforms share.
 *
 * @internal
 */
export interface ResolvedRouting {
  readonly identifier: string;
  /** Undefined for latency. */
  readonly weight?: number;
}

/**
 * The DNS records of a platform.
 *
 * @internal
 */
export interface ResolvedDns {
  /** Zone of the names; undefined where users point them to the entry. */
  readonly names?: ResolvedZone;
  /** Undefined where no new certificate can be validated. */
  readonly validation?: ResolvedValidation;
  /** Undefined for simple records. */
  readonly routing?: ResolvedRouting;
}
