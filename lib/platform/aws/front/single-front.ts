import type { Construct } from 'constructs';
import { TerraformData } from '../../../terraform/terraform-data';
import { shortHash } from '../base/aws-name';
import { PUBLIC_HTTP, PUBLIC_HTTPS } from '../base/ports';
import { creditsOf, METADATA_OPTIONS, ROOT_SIZE } from '../hosts/hardening';
import { latestImage } from '../hosts/host-image';
import { singleHostAlarms } from '../monitoring/single-host-alarms';
import { permanentAddress } from '../network/permanent-address';
import { allowFrom } from '../network/security-rules';
import { addressRecords } from './dns';
import type { FrontContext, FrontHosts } from './front-context';

/**
 * Creates a single nginx host with a fixed address.
 *
 * @internal
 */
export function singleFront(scope: Construct, front: FrontContext): FrontHosts {
  const { aws, settings, spec, groups, host, image, bucket } = front;
  const { bindings, network } = aws;
  const { names: zone, routing } = settings.dns;
  const from = (id: string, number: number, why: string): void =>
    allowFrom(scope, id, aws, settings.entry.allowedRanges, groups.nginx, number, why);
  from('Https', PUBLIC_HTTPS, 'Clients, over TLS');
  from('Http', PUBLIC_HTTP, 'Clients, to be told to come over TLS');
  const networkInterface = permanentAddress(scope, 'NetworkInterface', aws, {
    name: host.name,
    description: 'The address of nginx.',
    groupIds: groups.nginxIds,
  });
  // Before the host, whose first boot needs internet access.
  const address = new bindings.Eip(scope, 'Address', {
    ...aws.commonArguments(host.name),
    domain: 'vpc',
    networkInterface: networkInterface.id,
    dependsOn: network.dependables,
  });
  const template = new TerraformData(scope, 'HostTemplate', {
    triggersReplace: {
      image: settings.imageId ?? latestImage(host.instanceType),
      instanceType: host.instanceType,
      userData: shortHash(host.userData),
    },
  });
  const instance = new bindings.Instance(scope, 'Host', {
    ...aws.commonArguments(host.name, host.tags),
    ami: image.for(host.instanceType),
    instanceType: host.instanceType,
    creditSpecification: creditsOf(host.instanceType),
    primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
    iamInstanceProfile: host.profile.name,
    metadataOptions: METADATA_OPTIONS,
    rootBlockDevice: {
      encrypted: true,
      kmsKeyId: settings.encryptionKeyArn,
      volumeType: 'gp3',
      volumeSize: ROOT_SIZE,
      tags: aws.tags(host.name),
    },
    userDataBase64: host.userData,
    dependsOn: [address],
    // What the user changes replaces the host. The next image of Amazon Linux must not.
    lifecycle: {
      ignoreChanges: ['ami', 'instance_type', 'user_data_base64'],
      replaceTriggeredBy: [`${template.terraformResourceType}.${template.friendlyUniqueId}.id`],
    },
  });
  if (zone !== undefined) {
    const context = { zone, routing, names: spec.serverNames, region: bucket.region };
    addressRecords(scope, aws, context, address.publicIp);
  }
  return {
    entryAddress: address.publicIp,
    nginxHost: instance,
    hosts: [instance],
    entrance: [address],
    createAlarms: (monitored) =>
      singleHostAlarms(scope, aws, { ...monitored, host: instance, openFiles: spec.openFiles }),
  };
}
