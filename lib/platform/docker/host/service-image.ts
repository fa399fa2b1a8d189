import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Check, show } from '../../../validation/check';
import type { AiwmService } from '../../../model/service';
import { fromStackFolder } from '../../../terraform/stack-paths';
import { FILE_PATH, IMAGE } from '../../../validation/text-rules';
import type { DockerBindings } from '../engine/bindings';
import { hashFolder } from './hash-folder';

/**
 * An image by a name that says its content: a new content is a new name.
 *
 * @internal
 */
export interface ServiceImage {
  readonly image: string;
  /** What makes it, when it is built. */
  readonly built: Image[];
}

/**
 * The image of a service, from a registry or built by the engine.
 *
 * @param repository - the name of one that is built, without tag
 * @throws ValidationError for a service that is a command, and for a folder without Dockerfile
 * @internal
 */
export function serviceImage(
  check: Check,
  service: AiwmService,
  bindings: DockerBindings,
  provider: DockerProvider,
  repository: string,
): ServiceImage {
  if (service.imageName !== undefined) {
    return { image: check.text('service.image', service.imageName, IMAGE), built: [] };
  }
  if (service.buildFolder === undefined) {
    check.refuse('service', {
      problem: 'DockerPlatform runs containers, and the service is a command',
      allowed:
        'AiwmService.image("registry.example/aiwm:1.4.2") or AiwmService.buildFrom("services/aiwm")',
    });
  }
  const folder = check.text('service.buildFolder', service.buildFolder, FILE_PATH);
  const dockerfile = check.text(
    'service.dockerfile',
    service.dockerfile ?? 'Dockerfile',
    FILE_PATH,
  );
  if (!existsSync(path.join(folder, dockerfile))) {
    check.refuse('service.buildFolder', {
      problem: `there is no ${dockerfile} in ${show(folder)}`,
      allowed:
        'a folder with a Dockerfile; a relative one starts at the folder in which the app runs',
    });
  }
  const image = `${repository}:${hashFolder(folder, dockerfile)}`;
  const built = new bindings.Image(check.scope, 'Image', {
    provider,
    name: image,
    buildAttribute: { context: fromStackFolder(check.scope, folder), dockerfile },
    lifecycle: { createBeforeDestroy: true },
  });
  return { image, built: [built] };
}
