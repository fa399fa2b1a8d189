import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { Construct } from 'constructs';
import type { AwsEgress } from '../aws-platform-props';
import type { AwsContext } from '../base/aws-context';
import { rangeId } from '../base/ranges';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { AwsSettings } from '../settings';
import { HTTPS_ANYWHERE } from './egress';
import type { Ports } from './security-rules';
import { allow, allowTo, permanentGroup, port } from './security-rules';

/**
 * Security groups of the hosts.
 *
 * @internal
 */
export interface HostGroups {
  readonly nginx: SecurityGroup;
  readonly instances: SecurityGroup;
}

/**
 * Creates the security groups of the hosts.
 *
 * @internal
 */
export function hostGroups(scope: Construct, aws: AwsContext): HostGroups {
  return {
    nginx: permanentGroup(scope, 'NginxSecurityGroup', aws, 'nginx', 'Hosts with nginx.'),
    instances: permanentGroup(
      scope,
      'InstanceSecurityGroup',
      aws,
      'instances',
      'Instances of the service.',
    ),
  };
}

/**
 * Allows the hosts to connect to their destinations. Packages, images, releases and Systems Manager all use port 443.
 *
 * @internal
 */
export function allowEgress(
  scope: Construct,
  aws: AwsContext,
  { nginx, instances }: HostGroups,
  { nginxEgress, instanceEgress }: AwsSettings,
): void {
  const open = (id: string, from: SecurityGroup, { port: to, range }: AwsEgress, why: string) =>
    allowTo(scope, id, aws, from, range, port(to), why);
  open('NginxOut', nginx, HTTPS_ANYWHERE, 'Packages, releases, AWS');
  open('InstancesOut', instances, HTTPS_ANYWHERE, 'Images, releases, AWS');
  const id = ({ port: to, range }: AwsEgress, index: number) => `${to}-${rangeId(range, index)}`;
  nginxEgress.forEach((egress, index) =>
    open(`NginxOut-${id(egress, index)}`, nginx, egress, 'Servers behind nginx'),
  );
  instanceEgress.forEach((egress, index) =>
    open(`InstancesOut-${id(egress, index)}`, instances, egress, 'What the service uses'),
  );
}

/**
 * Allows nginx to connect to instances. Clusters with the same ports share a rule, because AWS rejects duplicates.
 *
 * @internal
 */
export function allowClients(
  scope: Construct,
  aws: AwsContext,
  { nginx, instances }: HostGroups,
  ports: Ports,
): void {
  const { from, to } = ports;
  const id = from === to ? `Clients${from}` : `Clients${from}To${to}`;
  if (scope.node.tryFindChild(id) === undefined) {
    allow(scope, id, aws, nginx, instances, ports, 'nginx to instances');
  }
}

/**
 * Address ranges from which the load balancer connects to nginx, where it reports the client's address: those of its
 * subnets. Empty where it preserves the address.
 *
 * @internal
 */
export function balancerRanges(
  scope: Construct,
  { bindings, provider, network }: AwsContext,
  balancer: ResolvedBalancer | undefined,
): string[] {
  if (balancer === undefined || (balancer.kind === 'network' && !balancer.proxyProtocol)) {
    return [];
  }
  const { publicSubnetIds, privateSubnetIds } = network;
  return (balancer.internal ? privateSubnetIds : publicSubnetIds).map(
    (id, index) =>
      new bindings.DataAwsSubnet(scope, `BalancerSubnet${index + 1}`, { provider, id }).cidrBlock,
  );
}
