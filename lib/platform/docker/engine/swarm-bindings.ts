import type { Config } from '@cdktf/provider-docker/lib/config';
import type { Secret } from '@cdktf/provider-docker/lib/secret';
import type { Service } from '@cdktf/provider-docker/lib/service';
import type { Check } from '../../../validation/check';
import { installed } from './bindings';

/** The provider's classes that only a swarm needs. */
export interface SwarmBindings {
  readonly Config: typeof Config;
  readonly Secret: typeof Secret;
  readonly Service: typeof Service;
}

/**
 * Loads them when a platform is made.
 *
 * @throws ValidationError when they are not installed
 * @internal
 */
export function loadSwarmBindings(check: Check, platform: string): SwarmBindings {
  return installed(check, platform, () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
    return {
      ...(require('@cdktf/provider-docker/lib/config') as Pick<SwarmBindings, 'Config'>),
      ...(require('@cdktf/provider-docker/lib/secret') as Pick<SwarmBindings, 'Secret'>),
      ...(require('@cdktf/provider-docker/lib/service') as Pick<SwarmBindings, 'Service'>),
    };
    /* eslint-enable @typescript-eslint/no-require-imports */
  });
}
