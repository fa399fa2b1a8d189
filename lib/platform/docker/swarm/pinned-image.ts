import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Fn, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { DockerBindings } from '../engine/bindings';

/**
 * An image by what it holds.
 *
 * @internal
 */
export interface PinnedImage {
  /** For a service: the digest, by which every node gets the same; the name where no registry knows the image. */
  readonly reference: string;
  /** For a container on the manager's own engine. */
  readonly id: string;
}

/**
 * The image under a name, pulled by the manager's engine unless it has it. One that is not to be had ends the apply
 * before a service is changed; and the engine itself would write the digest into a new service, which would be a change
 * in the next plan.
 *
 * @internal
 */
export function pinnedImage(
  scope: Construct,
  { Image }: DockerBindings,
  provider: DockerProvider,
  name: string,
): PinnedImage {
  const image = new Image(scope, 'Image', { provider, name, keepLocally: true });
  return {
    reference: Token.asString(Fn.coalesce([image.repoDigest, image.name])),
    id: image.imageId,
  };
}
