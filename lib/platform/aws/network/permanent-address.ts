import type { NetworkInterface } from '@cdktf/provider-aws/lib/network-interface';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Fn, TerraformSelf } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * Creates a network interface in a public subnet, whose address outlives the hosts that use it.
 *
 * The interface stays in its first subnet. Otherwise, reordering or extending the list of subnets would make Terraform
 * replace the interface and its host.
 *
 * @internal
 */
export function permanentAddress(
  scope: Construct,
  id: string,
  aws: AwsContext,
  props: {
    readonly name: string;
    readonly description: string;
    readonly group: SecurityGroup;
  },
): NetworkInterface {
  const { name, description, group } = props;
  const { publicSubnetIds } = aws.network;
  const networkInterface = new aws.bindings.NetworkInterface(scope, id, {
    ...aws.commonArguments(name),
    description,
    subnetId: publicSubnetIds[0]!,
    securityGroups: [group.id],
  });
  networkInterface.lifecycle = {
    ignoreChanges: ['subnet_id'],
    // AWS does not delete a subnet that is in use, and reports that after 20 minutes.
    postcondition: [
      {
        condition: Fn.contains([...publicSubnetIds], TerraformSelf.getString('subnet_id')),
        errorMessage: `${name} is in ${TerraformSelf.getString('subnet_id')}, which is no longer in network.publicSubnetIds. List it again, or replace the host: terraform apply -replace=${networkInterface.terraformResourceType}.${networkInterface.friendlyUniqueId}`,
      },
    ],
  };
  return networkInterface;
}
