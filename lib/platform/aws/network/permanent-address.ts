import type { NetworkInterface } from '@cdktf/provider-aws/lib/network-interface';
import { Fn, TerraformSelf } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * Creates a network interface whose address outlives the hosts that use it.
 *
 * The interface stays in its first subnet. Otherwise, reordering or extending the list of subnets would make Terraform
 * replace interfaces and their hosts, all at once.
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
    readonly groupIds: readonly string[];
    /** Index of the host, by which the subnets are assigned in turn. */
    readonly turn: number;
  },
): NetworkInterface {
  const { name, subnets, description, groupIds, turn } = props;
  const subnetIds = aws.network[subnets];
  const networkInterface = new aws.bindings.NetworkInterface(scope, id, {
    ...aws.commonArguments(name),
    description,
    subnetId: subnetIds[turn % subnetIds.length]!,
    securityGroups: [...groupIds],
  });
  networkInterface.lifecycle = {
    ignoreChanges: ['subnet_id'],
    // AWS does not delete a subnet that is in use, and reports that after 20 minutes.
    postcondition: [
      {
        condition: Fn.contains([...subnetIds], TerraformSelf.getString('subnet_id')),
        errorMessage: `${name} is in ${TerraformSelf.getString('subnet_id')}, which is no longer in network.${subnets}. List it again, or replace the host: terraform apply -replace=${networkInterface.terraformResourceType}.${networkInterface.friendlyUniqueId}`,
      },
    ],
  };
  return networkInterface;
}
