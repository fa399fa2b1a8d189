import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Construct } from 'constructs';
import type { SwarmBindings } from '../engine/bindings';
import { permanentNetwork } from '../engine/permanent-network';
import { swarmName } from './names';
import type { SwarmSettings } from './settings';

/**
 * Creates the overlay network of all services.
 *
 * @internal
 */
export function createNetwork(
  scope: Construct,
  bindings: SwarmBindings,
  provider: DockerProvider,
  { name: prefix, subnet, encrypted }: SwarmSettings,
): Network {
  // A changed network is created before its services leave the old one, so both need a name.
  const name = swarmName(
    prefix,
    ...(subnet === undefined ? [] : [subnet.cidr.replace(/[./]/g, '-')]),
    ...(encrypted ? ['encrypted'] : []),
  );
  const permanent = subnet === undefined ? {} : permanentNetwork(name, 'name or encryption');
  return new bindings.Network(scope, 'Network', {
    provider,
    name,
    driver: 'overlay',
    ...(subnet === undefined
      ? {}
      : { ipamConfig: [{ subnet: subnet.cidr, gateway: subnet.gateway }] }),
    ...(encrypted ? { options: { encrypted: 'true' } } : {}),
    lifecycle: {
      ...permanent,
      createBeforeDestroy: true,
      // Swarm adds options of its own; a change of encryption is a change of the name.
      ...(encrypted ? { ignoreChanges: [...(permanent.ignoreChanges ?? []), 'options'] } : {}),
    },
  });
}
