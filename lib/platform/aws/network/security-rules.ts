import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct } from 'constructs';
import { immutable } from '../../../terraform/immutable-attributes';
import type { AwsContext } from '../base/aws-context';
import { cidr, rangeId } from '../base/ranges';
import type { EgressRule } from './resolve-egress';

/**
 * Creates a security group without rules.
 *
 * @internal
 */
export function securityGroup(
  scope: Construct,
  id: string,
  aws: AwsContext,
  name: string,
  description: string,
): SecurityGroup {
  const groupName = aws.resourceName(255, name);
  return new aws.bindings.SecurityGroup(scope, id, {
    ...aws.commonArguments(groupName),
    name: groupName,
    description,
    vpcId: aws.network.vpcId,
  });
}

/**
 * Creates a security group that must never be replaced: hosts keep it for life.
 *
 * AWS can change neither its name nor its VPC. Terraform would replace the group and most of the platform with it. The
 * apply would fail halfway, because AWS does not delete a group that is in use. So the plan is refused.
 *
 * @internal
 */
export function permanentGroup(
  ...[scope, id, aws, name, description]: Parameters<typeof securityGroup>
): SecurityGroup {
  const group = securityGroup(scope, id, aws, name, description);
  const remedy = 'Create a second platform, move clients there, then remove this one.';
  group.lifecycle = immutable(
    {
      attribute: 'name',
      value: group.nameInput!,
      errorMessage: (current) =>
        `name: the platform has created ${current} and other resources by that name, and cannot be renamed. ${remedy}`,
    },
    {
      attribute: 'vpc_id',
      value: aws.network.vpcId,
      errorMessage: (current) =>
        `network.vpcId: the platform is in ${current}, and cannot move to another network. ${remedy}`,
    },
  );
  return group;
}

/**
 * Allows connections from one group to another, with a rule at each end.
 *
 * @internal
 */
export function allow(
  scope: Construct,
  id: string,
  aws: AwsContext,
  from: SecurityGroup,
  to: SecurityGroup,
  port: number,
  description: string,
): void {
  const { bindings } = aws;
  const rules = new Construct(scope, id);
  const common = {
    ...aws.commonArguments(aws.resourceName(255, id)),
    ipProtocol: 'tcp',
    fromPort: port,
    toPort: port,
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
 * Allows connections from address ranges to a group.
 *
 * @internal
 */
export function allowFrom(
  scope: Construct,
  id: string,
  aws: AwsContext,
  ranges: readonly string[],
  to: SecurityGroup,
  port: number,
  description: string,
): void {
  const rules = new Construct(scope, id);
  ranges.forEach((range, index) => {
    new aws.bindings.VpcSecurityGroupIngressRule(rules, `From-${rangeId(range, index)}`, {
      ...aws.commonArguments(aws.resourceName(255, id)),
      securityGroupId: to.id,
      ...cidr(range),
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      description,
    });
  });
}

/**
 * Allows connections from a group to a destination.
 *
 * @internal
 */
export function allowTo(
  scope: Construct,
  id: string,
  aws: AwsContext,
  from: SecurityGroup,
  { protocol, port: to, destination }: EgressRule,
  description: string,
): void {
  const { range, prefixListId, securityGroupId } = destination;
  new aws.bindings.VpcSecurityGroupEgressRule(scope, id, {
    ...aws.commonArguments(aws.resourceName(255, id)),
    securityGroupId: from.id,
    ...(range === undefined
      ? { prefixListId, referencedSecurityGroupId: securityGroupId }
      : cidr(range)),
    ipProtocol: protocol,
    fromPort: to,
    toPort: to,
    description,
  });
}
