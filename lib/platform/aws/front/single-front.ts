import type { Construct } from 'constructs';
import { PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';
import { METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import { singleHostAlarms } from '../monitoring/single-host-alarms';
import { permanentAddress } from '../network/permanent-address';
import { allowFrom, port } from '../network/security-rules';
import { addressRecords } from './dns';
import type { FrontContext, FrontHosts } from './front-context';

/**
 * Creates a single nginx host with a fixed address.
 *
 * @internal
 */
export function singleFront(scope: Construct, front: FrontContext): FrontHosts {
  const { aws, settings, spec, groups, host } = front;
  const { bindings, network } = aws;
  const { hostedZoneId } = settings;
  const from = (id: string, number: number, why: string): void =>
    allowFrom(scope, id, aws, settings.entry.allowedRanges, groups.nginx, port(number), why);
  from('Https', PUBLIC_HTTPS, 'Clients, over TLS');
  from('Http', PUBLIC_HTTP, 'Clients, to be told to come over TLS');
  const networkInterface = permanentAddress(scope, 'NetworkInterface', aws, {
    name: host.name,
    description: 'The address of nginx.',
    group: groups.nginx,
  });
  // Before the host, whose first boot needs internet access.
  const address = new bindings.Eip(scope, 'Address', {
    ...aws.commonArguments(host.name),
    domain: 'vpc',
    networkInterface: networkInterface.id,
    dependsOn: network.dependables,
  });
  const instance = new bindings.Instance(scope, 'Host', {
    ...aws.commonArguments(host.name, host.tags),
    ami: host.imageId,
    instanceType: host.instanceType,
    primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
    iamInstanceProfile: host.profile.name,
    metadataOptions: METADATA_OPTIONS,
    rootBlockDevice: {
      encrypted: true,
      volumeType: 'gp3',
      volumeSize: ROOT_SIZE,
      tags: aws.tags(host.name),
    },
    userDataBase64: host.userData,
    dependsOn: [address],
    // A newer image would replace the only host, and another type would stop it.
    lifecycle: { ignoreChanges: ['ami', 'instance_type', 'user_data_base64'] },
  });
  if (hostedZoneId !== undefined) {
    addressRecords(scope, aws, hostedZoneId, spec.serverNames, address.publicIp);
  }
  return {
    entryAddress: address.publicIp,
    host: instance,
    hosts: [instance],
    entrance: [address],
    createAlarms: (monitored) =>
      singleHostAlarms(scope, aws, { ...monitored, host: instance, openFiles: spec.openFiles }),
  };
}
