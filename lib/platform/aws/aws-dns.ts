import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Check } from '../../validation/check';
import type { ResolvedRouting, ResolvedValidation } from './base/resolved-dns';
import { RECORD_IDENTIFIER, ZONE_ID } from './base/text-rules';

/** Options of the DNS records of a platform. */
export interface AwsDnsOptions {
  /**
   * Id of the Route 53 hosted zone of the front's names, public or private.
   *
   * @default - none; point the names to the platform's `entryAddress` yourself
   */
  readonly hostedZoneId?: string;
  /**
   * Provider of that zone, e.g. for the account that owns the domain.
   *
   * @default - the platform's provider
   */
  readonly provider?: AwsProvider;
  /**
   * How a new certificate of ACM is validated.
   *
   * ACM asks public DNS. Behind a private zone, name a public one: `AwsDnsValidation.zone(id)`.
   *
   * @see https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
   * @default - by records in the zone of `hostedZoneId`
   */
  readonly validation?: AwsDnsValidation;
  /**
   * How several platforms share the names, for blue and green or for several regions.
   *
   * @default - simple records: no other platform can have the names
   */
  readonly routing?: AwsDnsRouting;
}

/** Options of another hosted zone. */
export interface AwsZoneOptions {
  /**
   * Provider of the zone, e.g. for the account that owns the domain.
   *
   * @default - the platform's provider
   */
  readonly provider?: AwsProvider;
}

/**
 * Validation of new certificates of ACM.
 *
 * @example
 * new AwsPlatform(this, "Platform", {
 *   network,
 *   dns: { hostedZoneId: privateZoneId, validation: AwsDnsValidation.zone(publicZoneId) },
 * });
 */
export class AwsDnsValidation {
  /**
   * Records in another hosted zone, which has to be public.
   *
   * @param hostedZoneId - id of the zone
   */
  public static zone(hostedZoneId: string, options: AwsZoneOptions = {}): AwsDnsValidation {
    return new AwsDnsValidation((check) => ({
      zone: {
        id: check.text('dns.validation.hostedZoneId', hostedZoneId, ZONE_ID),
        provider: options.provider,
      },
    }));
  }

  /**
   * Records that exist already, because somebody else has created them and keeps them.
   *
   * All certificates of an account for one name share one record, in every region.
   */
  public static existingRecords(): AwsDnsValidation {
    return new AwsDnsValidation(() => ({}));
  }

  private constructor(private readonly resolve: (check: Check) => ResolvedValidation) {}

  /** @internal */
  public _resolve(check: Check): ResolvedValidation {
    return this.resolve(check);
  }
}

/** Options of `AwsDnsRouting`. */
export interface AwsDnsRoutingOptions {
  /**
   * Identifier of the platform's records, different for each platform that shares the names.
   *
   * @default - name and region of the platform
   */
  readonly identifier?: string;
}

/**
 * Routing of the names that several platforms share.
 *
 * All of them need a routing of the same kind. A platform with simple records changes to it in place, without a gap.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
 * @example
 * new AwsPlatform(this, "Green", {
 *   network,
 *   dns: { hostedZoneId, routing: AwsDnsRouting.weighted(10) },
 * });
 */
export class AwsDnsRouting {
  /**
   * A share of the look-ups, by which clients move from one platform to another.
   *
   * @param weight - 0 to 255; the share is this weight among those of all platforms, and 0 is none
   */
  public static weighted(weight: number, options: AwsDnsRoutingOptions = {}): AwsDnsRouting {
    return new AwsDnsRouting((check) => ({
      ...resolveIdentifier(check, options),
      weight: check.integer('dns.routing.weight', weight, 0, 255),
    }));
  }

  /** The platform whose region is nearest to the client, by the latency that AWS measures. */
  public static latency(options: AwsDnsRoutingOptions = {}): AwsDnsRouting {
    return new AwsDnsRouting((check) => resolveIdentifier(check, options));
  }

  private constructor(
    private readonly resolve: (check: Check) => Omit<ResolvedRouting, 'identifier'> & {
      readonly identifier?: string;
    },
  ) {}

  /** @internal */
  public _resolve(check: Check, defaultIdentifier: string): ResolvedRouting {
    return { identifier: defaultIdentifier, ...this.resolve(check) };
  }
}

function resolveIdentifier(
  check: Check,
  { identifier }: AwsDnsRoutingOptions,
): { readonly identifier?: string } {
  return identifier === undefined
    ? {}
    : { identifier: check.text('dns.routing.identifier', identifier, RECORD_IDENTIFIER) };
}
