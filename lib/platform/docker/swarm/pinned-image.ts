import { Fn, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { SwarmContext } from './swarm-context';

/**
 * An image by its content.
 *
 * @internal
 */
export interface PinnedImage {
  /** Image of a service: the digest, so that all nodes run the same image; the name for an image without registry. */
  readonly reference: string;
  /** Image of a container on the manager's own engine. */
  readonly id: string;
}

/**
 * Pulls an image on the manager, unless its engine has it, and pins it. A missing image fails the apply before any
 * service changes. Without a pinned image the engine would add the digest to a new service, which is a change in the
 * next plan.
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
