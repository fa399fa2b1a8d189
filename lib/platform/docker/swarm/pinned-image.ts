import { Fn, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { SwarmContext } from './swarm-context';

/**
 * An image by its content.
 *
 * @internal
 */
export interface PinnedImage {
  /** For a service: the digest, so that every node gets the same image; the name where no registry knows the image. */
  readonly reference: string;
  /** For a container on the manager's own engine. */
  readonly id: string;
}

/**
 * Pins the image under a name, which the manager's engine pulls unless it has it. A missing image fails the apply before
 * a service is changed. Without this the engine itself would write the digest into a new service, which would be a change
 * in the next plan.
 *
 * @internal
 */
export function pinnedImage(
  scope: Construct,
  name: string,
  { bindings, provider }: SwarmContext,
): PinnedImage {
  const image = new bindings.Image(scope, 'Image', { provider, name, keepLocally: true });
  return {
    reference: Token.asString(Fn.coalesce([image.repoDigest, image.name])),
    id: image.imageId,
  };
}
