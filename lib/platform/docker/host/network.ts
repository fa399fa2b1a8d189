import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Construct } from 'constructs';
import type { DockerBindings } from '../engine/bindings';
import { permanentNetwork } from '../engine/permanent-network';
import type { DockerSettings } from './settings';

/**
 * Creates the network of all containers.
 *
 * @internal
 */
export function createNetwork(
  scope: Construct,
  bindings: DockerBindings,
  provider: DockerProvider,
  settings: DockerSettings,
): Network {
  const { cidr, gateway, others } = settings.subnet;
  // Instances are created before the old ones are destroyed, and so is their network. So both need a name.
  const name = `${settings.name}-${cidr.replace('/', '-')}`;
  return new bindings.Network(scope, 'Network', {
    provider,
    name,
    driver: 'bridge',
    ipamConfig: [{ subnet: cidr, gateway, ipRange: others }],
    lifecycle: permanentNetwork(name, 'name'),
  });
}
