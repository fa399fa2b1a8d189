import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';
import type { ResolvedBalancer } from '../base/resolved-entry';
import type { AwsSettings } from '../settings';
import type { EgressRule } from './resolve-egress';
import { allow, allowTo, permanentGroup } from './security-rules';

/**
 * Security groups of the nginx hosts and the instances.
 *
 * @internal
 */
export interface HostGroups {
  readonly nginx: SecurityGroup;
  readonly instances: SecurityGroup;
  /** Ids of all groups of an nginx host: the platform's, and those that are added to it. */
  readonly nginxIds: string[];
  /** Ids of all groups of an instance: the platform's, and those that are added to it. */
  readonly instanceIds: string[];
}

/**
 * Creates the security groups of the nginx hosts and the instances.
 *
 * @internal
 */
export function hostGroups(
  scope: Construct,
  aws: AwsContext,
  { nginxSecurityGroupIds, instanceSecurityGroupIds }: AwsSettings,
): HostGroups {
  const nginx = permanentGroup(scope, 'NginxSecurityGroup', aws, 'nginx', 'Hosts with nginx.');
  const instances = permanentGroup(
    scope,
    'InstanceSecurityGroup',
    aws,
    'instances',
    'Instances of the service.',
  );
  return {
    nginx,
    instances,
    nginxIds: [nginx.id, ...nginxSecurityGroupIds],
    instanceIds: [instances.id, ...instanceSecurityGroupIds],
  };
}

/**
 * Allows hosts and instances to connect to their destinations.
 *
 * @internal
 */
export function allowEgress(
  scope: Construct,
  aws: AwsContext,
  { nginx, instances }: HostGroups,
  { nginxEgress, instanceEgress }: AwsSettings,
): void {
  const open = (
    id: string,
    from: SecurityGroup,
    rules: readonly EgressRule[],
    purposes: Readonly<Record<EgressRule['purpose'], string>>,
  ): void => {
    for (const rule of rules) {
      allowTo(scope, `${id}${rule.id}`, aws, from, rule, purposes[rule.purpose]);
    }
  };
  const dns = 'DNS servers';
  open('NginxOut', nginx, nginxEgress.rules, {
    https: 'Packages, releases, AWS',
    dns,
    own: 'Servers behind nginx',
  });
  open('InstancesOut', instances, instanceEgress.rules, {
    https: 'Images, secrets, AWS',
    dns,
    own: 'What the service uses',
  });
}

/**
 * Allows nginx to connect to instances. Clusters with the same port share a rule, because AWS rejects duplicates.
 *
 * @internal
 */
export function allowClients(
  scope: Construct,
  aws: AwsContext,
  { nginx, instances }: HostGroups,
  port: number,
): void {
  const id = `Clients${port}`;
  if (scope.node.tryFindChild(id) === undefined) {
    allow(scope, id, aws, nginx, instances, port, 'nginx to instances');
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
