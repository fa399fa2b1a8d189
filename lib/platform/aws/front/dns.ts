import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { Route53RecordConfig } from '@cdktf/provider-aws/lib/route53-record';
import { Token } from 'cdktf';
import type { Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { ResolvedRouting, ResolvedZone } from '../base/resolved-dns';
import { claimName } from './claim-record';

/** @internal */
export const TTL_SECONDS = 60;

/**
 * A name in lower case, as AWS returns it.
 *
 * @internal
 */
export function canonicalName(name: string): string {
  return Token.isUnresolved(name) ? name : name.toLowerCase();
}

/**
 * Id of a name's record, which does not depend on the order of the names.
 *
 * @internal
 */
export function recordId(name: string, index: number): string {
  return Token.isUnresolved(name) ? String(index + 1) : canonicalName(name);
}

/**
 * Zone, routing and names of a front's records.
 *
 * @internal
 */
export interface NamesContext {
  readonly zone: ResolvedZone;
  readonly routing?: ResolvedRouting;
  readonly names: readonly string[];
  /** Region of the platform. */
  readonly region: string;
}

/**
 * Creates alias records that point the names of a front to its load balancer.
 *
 * @internal
 */
export function aliasRecords(
  scope: Construct,
  aws: AwsContext,
  context: NamesContext,
  balancer: Lb,
  { ipv6 }: { readonly ipv6: boolean },
): void {
  nameRecords(scope, aws, context, ipv6 ? ['A', 'AAAA'] : ['A'], {
    alias: { name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true },
  });
}

/**
 * Creates records that point the names of a front to the address of its host.
 *
 * @internal
 */
export function addressRecords(
  scope: Construct,
  aws: AwsContext,
  context: NamesContext,
  address: string,
): void {
  nameRecords(scope, aws, context, ['A'], { ttl: TTL_SECONDS, records: [address] });
}

function nameRecords(
  scope: Construct,
  aws: AwsContext,
  { zone: { id: zoneId, provider = aws.provider }, routing, names, region }: NamesContext,
  types: readonly ('A' | 'AAAA')[],
  target: Pick<Route53RecordConfig, 'alias' | 'records' | 'ttl'>,
): void {
  const records = new Construct(scope, 'Names');
  const zone = new aws.bindings.DataAwsRoute53Zone(records, 'Zone', { provider, zoneId });
  names.forEach((name, index) => {
    claimName(scope, { name: canonicalName(name), zoneId, routing });
    for (const type of types) {
      const id = `${type === 'A' ? 'Ipv4' : 'Ipv6'}-${recordId(name, index)}`;
      new aws.bindings.Route53Record(records, id, {
        provider,
        zoneId,
        name,
        type,
        ...target,
        ...policyOf(routing, region),
        lifecycle: { postcondition: [isIn(zone)] },
      });
    }
  });
}

function policyOf(
  routing: ResolvedRouting | undefined,
  region: string,
): Pick<Route53RecordConfig, 'setIdentifier' | 'weightedRoutingPolicy' | 'latencyRoutingPolicy'> {
  if (routing === undefined) {
    return {};
  }
  const { identifier: setIdentifier, weight } = routing;
  return weight === undefined
    ? { setIdentifier, latencyRoutingPolicy: { region } }
    : { setIdentifier, weightedRoutingPolicy: { weight } };
}

/**
 * A condition that a record is in its zone. For a name outside the zone, AWS would silently create a record inside it:
 * "chat.example.com.example.org". It is checked at plan, when name and zone are known.
 */
function isIn(zone: DataAwsRoute53Zone): Postcondition {
  return {
    condition: `\${${endsWithZone('self.name', zone)}}`,
    errorMessage: `\${self.name} is not in the hosted zone ${zone.name}: pass the zone of the front's names as hostedZoneId, or none.`,
  };
}

/**
 * Expression of whether a name is in a zone.
 *
 * @param name - expression of the name
 * @internal
 */
export function endsWithZone(name: string, zone: DataAwsRoute53Zone): string {
  return `endswith(lower(join(".", ["", ${name}])), lower(join(".", ["", trimsuffix(${zone.name}, ".")])))`;
}
