import type { NetworkInterface } from '@cdktf/provider-aws/lib/network-interface';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Fn, TerraformSelf } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * A network interface, whose address outlives the hosts that have it one after the other.
 *
 * It stays in the subnet that it began in. Where subnets are listed in another order, or one more is, Terraform would
 * otherwise replace interfaces with their hosts, all of them at one time.
 *
 * @internal
 */
export function permanentAddress(
  scope: Construct,
  id: string,
  aws: AwsContext,
  props: {
    readonly name: string;
    readonly subnets: 'publicSubnetIds' | 'privateSubnetIds';
    readonly description: string;
    readonly group: SecurityGroup;
    /** Hosts begin in the subnets in turn. */
    readonly turn: number;
  },
): NetworkInterface {
  const { name, subnets, description, group, turn } = props;
  const subnetIds = aws.network[subnets];
  const networkInterface = new aws.bindings.NetworkInterface(scope, id, {
    ...aws.commonArguments(name),
    description,
    subnetId: subnetIds[turn % subnetIds.length]!,
    securityGroups: [group.id],
  });
  networkInterface.lifecycle = {
    ignoreChanges: ['subnet_id'],
    // AWS does not remove a subnet in which something is, and tells so after 20 minutes.
    postcondition: [
      {
        condition: Fn.contains([...subnetIds], TerraformSelf.getString('subnet_id')),
        errorMessage: `${name} is in ${TerraformSelf.getString('subnet_id')}, which is not among network.${subnets} any more. List it again, or replace the host: terraform apply -replace=${networkInterface.terraformResourceType}.${networkInterface.friendlyUniqueId}`,
      },
    ],
  };
  return networkInterface;
}
