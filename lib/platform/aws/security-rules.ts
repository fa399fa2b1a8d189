import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct } from 'constructs';
import type { AwsPlace } from './aws-place';

/**
 * Ports of TCP.
 *
 * @internal
 */
export interface Ports {
  readonly from: number;
  readonly to: number;
}

/** @internal */
export function port(number: number): Ports {
  return { from: number, to: number };
}

/** @internal */
export function securityGroup(
  scope: Construct,
  id: string,
  place: AwsPlace,
  name: string,
  description: string,
): SecurityGroup {
  const full = place.named(255, name);
  return new place.bindings.SecurityGroup(scope, id, {
    ...place.tagged(full),
    name: full,
    description,
    vpcId: place.network.vpcId,
  });
}

/**
 * Lets one group connect to another: a rule at each end.
 *
 * @internal
 */
export function allow(
  scope: Construct,
  id: string,
  place: AwsPlace,
  from: SecurityGroup,
  to: SecurityGroup,
  ports: Ports,
  description: string,
): void {
  const { bindings } = place;
  const rules = new Construct(scope, id);
  const common = {
    ...place.tagged(place.named(255, id)),
    ipProtocol: 'tcp',
    fromPort: ports.from,
    toPort: ports.to,
    description,
  };
  new bindings.VpcSecurityGroupEgressRule(rules, 'Out', {
    ...common,
    securityGroupId: from.id,
    referencedSecurityGroupId: to.id,
  });
  new bindings.VpcSecurityGroupIngressRule(rules, 'In', {
    ...common,
    securityGroupId: to.id,
    referencedSecurityGroupId: from.id,
  });
}

/**
 * Lets ranges of addresses connect to a group.
 *
 * @internal
 */
export function allowFrom(
  scope: Construct,
  id: string,
  place: AwsPlace,
  ranges: readonly string[],
  to: SecurityGroup,
  ports: Ports,
  description: string,
): void {
  const rules = new Construct(scope, id);
  ranges.forEach((range, index) => {
    new place.bindings.VpcSecurityGroupIngressRule(rules, `From${index + 1}`, {
      ...place.tagged(place.named(255, id)),
      securityGroupId: to.id,
      ...cidr(range),
      ipProtocol: 'tcp',
      fromPort: ports.from,
      toPort: ports.to,
      description,
    });
  });
}

/**
 * Lets a group connect to a range of addresses.
 *
 * @internal
 */
export function allowTo(
  scope: Construct,
  id: string,
  place: AwsPlace,
  from: SecurityGroup,
  range: string,
  ports: Ports,
  description: string,
): void {
  new place.bindings.VpcSecurityGroupEgressRule(scope, id, {
    ...place.tagged(place.named(255, id)),
    securityGroupId: from.id,
    ...cidr(range),
    ipProtocol: 'tcp',
    fromPort: ports.from,
    toPort: ports.to,
    description,
  });
}

function cidr(range: string): { cidrIpv4: string } | { cidrIpv6: string } {
  return isIpv6(range) ? { cidrIpv6: whole(range) } : { cidrIpv4: whole(range) };
}

/**
 * A single address is a range of one.
 *
 * @internal
 */
export function whole(range: string): string {
  return range.includes('/') || range.includes('${')
    ? range
    : `${range}/${isIpv6(range) ? 128 : 32}`;
}

function isIpv6(range: string): boolean {
  return range.includes(':') && !range.includes('${');
}
