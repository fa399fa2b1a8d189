import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { Route53RecordConfig } from '@cdktf/provider-aws/lib/route53-record';
import { Token } from 'cdktf';
import type { Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/** @internal */
export const TTL_SECONDS = 60;

/** What others keep: names are the same in upper and lower case, and AWS tells them in lower case. */
export function canonicalName(name: string): string {
  return Token.isUnresolved(name) ? name : name.toLowerCase();
}

/** A record goes with its name, wherever that stands in the list. */
export function recordId(name: string, index: number): string {
  return Token.isUnresolved(name) ? String(index + 1) : canonicalName(name);
}

/**
 * Leads the names of a front to its load balancer.
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
 * Leads the names of a front to its one address.
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
 * Of a name outside, AWS would make one inside without a word: "chat.example.com.example.org". Checked at plan, as name and
 * zone are known then.
 */
function isIn(zone: DataAwsRoute53Zone): Postcondition {
  return {
    condition: `\${endswith(lower(join(".", ["", self.name])), lower(join(".", ["", trimsuffix(${zone.name}, ".")])))}`,
    errorMessage: `\${self.name} is not in the hosted zone ${zone.name}: give the platform the zone of the front's names (hostedZoneId), or none.`,
  };
}
