import type { Construct } from 'constructs';
import type { ResolvedBalancer } from '../base/resolved-entry';
import { frontAlarms } from '../monitoring/front-alarms';
import { applicationLoadBalancer } from './application-load-balancer';
import { hostRoom } from './capacity';
import { certificateFor } from './certificate';
import { aliasRecords } from './dns';
import type { FrontContext, FrontHosts } from './front-context';
import { networkLoadBalancer } from './network-load-balancer';
import { nginxHosts } from './nginx-hosts';

/**
 * Creates a group of nginx hosts behind a load balancer.
 *
 * @internal
 */
export function balancedFront(
  scope: Construct,
  front: FrontContext,
  entry: ResolvedBalancer,
): FrontHosts {
  const { aws, settings, spec, groups, host, bucket } = front;
  const { dns, hostDrainSeconds } = settings;
  const certificateArn = certificateFor(scope, aws, spec, front.certificate, dns);
  const isNetwork = entry.kind === 'network';
  const create = isNetwork ? networkLoadBalancer : applicationLoadBalancer;
  const { balancer, targetGroups, listeners } = create(scope, aws, spec.name, {
    ranges: settings.entry.allowedRanges,
    entry,
    certificateArn,
    nginxGroup: groups.nginx,
    hostDrainSeconds,
  });
  const group = nginxHosts(scope, front, entry, targetGroups);
  if (dns.names !== undefined) {
    const { names: zone, routing } = dns;
    const context = { zone, routing, names: spec.serverNames, region: bucket.region };
    aliasRecords(scope, aws, context, balancer, entry);
  }
  return {
    entryAddress: balancer.dnsName,
    loadBalancer: balancer,
    nginxGroup: group,
    hosts: [group],
    entrance: listeners,
    createAlarms: (monitored) =>
      frontAlarms(scope, aws, {
        ...monitored,
        balancer,
        balancerNamespace: isNetwork ? 'AWS/NetworkELB' : 'AWS/ApplicationELB',
        targetGroup: targetGroups[0]!,
        group,
        certificateArn,
        connectionsPerHost: hostRoom(
          host.instanceType,
          certificateArn !== undefined,
          entry.connectionsPerHost,
        ).connectionsPerHost,
      }),
  };
}
