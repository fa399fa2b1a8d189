import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { SwarmBindings } from '../engine/bindings';
import type { SwarmSettings } from './settings';

/**
 * Everything that the parts of a platform are built with.
 *
 * @internal
 */
export interface SwarmContext {
  readonly bindings: SwarmBindings;
  readonly provider: DockerProvider;
  readonly network: Network;
  readonly settings: SwarmSettings;
}
