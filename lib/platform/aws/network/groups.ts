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
 * The security groups of the hosts.
 *
 * @internal
 */
export interface HostGroups {
  readonly nginx: SecurityGroup;
  readonly instances: SecurityGroup;
}

/** @internal */
export function hostGroups(scope: Construct, aws: AwsContext): HostGroups {
  return {
    nginx: permanentGroup(scope, 'NginxSecurityGroup', aws, 'nginx', 'Hosts with nginx.'),
    instances: permanentGroup(
      scope,
      'InstanceSecurityGroup',
      aws,
      'instances',
      'Hosts with instances of the service.',
    ),
  };
}

/**
 * Packages, images, releases and the agent of Systems Manager: all of it at 443.
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
 * Once, however many clusters have instances at the same ports: AWS refuses a rule that there is.
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
 * Where the load balancer names the client, it is an address of one of its subnets that does.
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
