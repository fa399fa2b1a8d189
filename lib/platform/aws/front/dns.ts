import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { Route53RecordConfig } from '@cdktf/provider-aws/lib/route53-record';
import { Token } from 'cdktf';
import type { Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

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
 * Creates alias records that point the names of a front to its load balancer.
 *
 * @internal
 */
export function aliasRecords(
  scope: Construct,
  aws: AwsContext,
  zoneId: string,
  names: readonly string[],
  balancer: Lb,
  { ipv6 }: { readonly ipv6: boolean },
): void {
  nameRecords(scope, aws, zoneId, names, ipv6 ? ['A', 'AAAA'] : ['A'], {
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
  zoneId: string,
  names: readonly string[],
  address: string,
): void {
  nameRecords(scope, aws, zoneId, names, ['A'], { ttl: TTL_SECONDS, records: [address] });
}

function nameRecords(
  scope: Construct,
  { bindings, provider }: AwsContext,
  zoneId: string,
  names: readonly string[],
  types: readonly ('A' | 'AAAA')[],
  target: Pick<Route53RecordConfig, 'alias' | 'records' | 'ttl'>,
): void {
  const records = new Construct(scope, 'Names');
  const zone = new bindings.DataAwsRoute53Zone(records, 'Zone', { provider, zoneId });
  names.forEach((name, index) => {
    for (const type of types) {
      const id = `${type === 'A' ? 'Ipv4' : 'Ipv6'}-${recordId(name, index)}`;
      new bindings.Route53Record(records, id, {
        provider,
        zoneId,
        name,
        type,
        ...target,
        lifecycle: { postcondition: [isIn(zone)] },
      });
    }
  });
}

/**
 * A condition that a record is in its zone. For a name outside the zone, AWS would silently create a record inside it:
 * "chat.example.com.example.org". It is checked at plan, when name and zone are known.
 */
function isIn(zone: DataAwsRoute53Zone): Postcondition {
  return {
    condition: `\${endswith(lower(join(".", ["", self.name])), lower(join(".", ["", trimsuffix(${zone.name}, ".")])))}`,
    errorMessage: `\${self.name} is not in the hosted zone ${zone.name}: pass the zone of the front's names as hostedZoneId, or none.`,
  };
}
