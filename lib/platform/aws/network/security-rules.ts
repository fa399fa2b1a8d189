import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct } from 'constructs';
import { keeps } from '../../../terraform/immutable-attributes';
import type { AwsPlace } from '../base/aws-context';
import { cidr, rangeId } from '../base/ranges';

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
 * A group that hosts are in from their first day to their last.
 *
 * AWS changes neither its name nor its network. Terraform would replace the group, with it and after it most of the
 * platform, and end in the middle: nothing is removed that something is in. So the plan is refused.
 *
 * @internal
 */
export function lastingGroup(
  ...[scope, id, place, name, description]: Parameters<typeof securityGroup>
): SecurityGroup {
  const group = securityGroup(scope, id, place, name, description);
  const remedy = 'Make a platform beside this one, lead clients there, then take this one away.';
  group.lifecycle = keeps(
    {
      attribute: 'name',
      wanted: group.nameInput!,
      refusal: (is) =>
        `name: the platform has made ${is} and much else of that name, and cannot take another. ${remedy}`,
    },
    {
      attribute: 'vpc_id',
      wanted: place.network.vpcId,
      refusal: (is) =>
        `network.vpcId: the platform is in ${is}, and cannot move to another network. ${remedy}`,
    },
  );
  return group;
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
    new place.bindings.VpcSecurityGroupIngressRule(rules, `From-${rangeId(range, index)}`, {
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
