import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import type { Check } from '../../../validation/check';

/** The provider's classes that are used here. */
export interface DockerBindings {
  readonly Container: typeof Container;
  readonly Image: typeof Image;
  readonly Network: typeof Network;
  readonly DockerProvider: typeof DockerProvider;
  readonly Volume: typeof Volume;
}

/**
 * Loads the provider's bindings when a platform is made, and not with the library: who runs nothing on Docker
 * need not install them.
 *
 * @throws ValidationError when they are not installed
 * @internal
 */
export function loadBindings(check: Check, platform: string): DockerBindings {
  return installed(check, platform, () => {
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
 * What a loader loads.
 *
 * @throws ValidationError when its package is not installed
 * @internal
 */
export function installed<T>(check: Check, platform: string, load: () => T): T {
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
