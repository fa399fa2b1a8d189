import type { Config } from '@cdktf/provider-docker/lib/config';
import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Secret } from '@cdktf/provider-docker/lib/secret';
import type { Service } from '@cdktf/provider-docker/lib/service';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import type { Check } from '../../../validation/check';

/** Classes of the provider that every platform on Docker uses. */
export interface DockerBindings {
  readonly Container: typeof Container;
  readonly Image: typeof Image;
  readonly Network: typeof Network;
  readonly DockerProvider: typeof DockerProvider;
  readonly Volume: typeof Volume;
}

/** Classes of the provider that a swarm uses. */
export interface SwarmBindings extends DockerBindings {
  readonly Config: typeof Config;
  readonly Secret: typeof Secret;
  readonly Service: typeof Service;
}

/**
 * Loads the provider's bindings when a platform is created and not with the library, so that users of other platforms
 * do not have to install them.
 *
 * @throws ValidationError when they are not installed
 * @internal
 */
export function loadBindings(check: Check, platform: string): DockerBindings {
  return loadInstalled(check, platform, () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
    return {
      ...(require('@cdktf/provider-docker/lib/container') as Pick<DockerBindings, 'Container'>),
      ...(require('@cdktf/provider-docker/lib/image') as Pick<DockerBindings, 'Image'>),
      ...(require('@cdktf/provider-docker/lib/network') as Pick<DockerBindings, 'Network'>),
      ...(require('@cdktf/provider-docker/lib/provider') as Pick<DockerBindings, 'DockerProvider'>),
      ...(require('@cdktf/provider-docker/lib/volume') as Pick<DockerBindings, 'Volume'>),
    };
    /* eslint-enable @typescript-eslint/no-require-imports */
  });
}

/**
 * Loads the provider's bindings for a swarm. See `loadBindings` for the reason.
 *
 * @throws ValidationError when they are not installed
 * @internal
 */
export function loadSwarmBindings(check: Check, platform: string): SwarmBindings {
  const bindings = loadBindings(check, platform);
  return loadInstalled(check, platform, () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
    return {
      ...bindings,
      ...(require('@cdktf/provider-docker/lib/config') as Pick<SwarmBindings, 'Config'>),
      ...(require('@cdktf/provider-docker/lib/secret') as Pick<SwarmBindings, 'Secret'>),
      ...(require('@cdktf/provider-docker/lib/service') as Pick<SwarmBindings, 'Service'>),
    };
    /* eslint-enable @typescript-eslint/no-require-imports */
  });
}

function loadInstalled<T>(check: Check, platform: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') {
      throw error;
    }
    return check.refuse('platform', {
      problem: `${platform} needs the package @cdktf/provider-docker, which is not installed`,
      remedy: 'Run: npm install @cdktf/provider-docker',
    });
  }
}
