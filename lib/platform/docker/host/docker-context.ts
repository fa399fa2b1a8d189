import type { ContainerNetworksAdvanced } from '@cdktf/provider-docker/lib/container';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { DockerBindings } from '../engine/bindings';
import type { DockerSettings } from './settings';

/** Seconds that a container may take to stop before Docker kills it. */
export const STOP_SECONDS = 10;

/**
 * Everything that the parts of a platform are built with.
 *
 * @internal
 */
export interface DockerContext {
  readonly bindings: DockerBindings;
  readonly provider: DockerProvider;
  readonly network: Network;
  readonly settings: DockerSettings;
}

/**
 * Attachment of a container to the platform's network: its address, and a name by which other containers reach it.
 *
 * @param ipv4Address - undefined for one that Docker chooses at each start
 * @internal
 */
export function attachment(
  { network }: DockerContext,
  alias: string,
  ipv4Address?: string,
): ContainerNetworksAdvanced[] {
  return [{ name: network.name, aliases: [alias], ipv4Address }];
}
