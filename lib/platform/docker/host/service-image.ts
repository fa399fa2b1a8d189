import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { Construct } from 'constructs';
import { type Check, show } from '../../../validation/check';
import type { AiwmService } from '../../../model/service';
import { fromStackFolder } from '../../../terraform/stack-paths';
import { FILE_PATH, IMAGE } from '../../../validation/text-rules';
import type { DockerContext } from './docker-context';
import { hashFolder } from './hash-folder';

/**
 * Image of a service. Its name changes with its content.
 *
 * @internal
 */
export interface ServiceImage {
  readonly name: string;
  /** How the engine builds it; undefined for an image of a registry. */
  readonly build?: { readonly folder: string; readonly dockerfile: string };
}

/**
 * Image of a service, from a registry or built by the engine.
 *
 * @param repository - name of an image that is built, without tag
 * @throws ValidationError for a service that is a command, and for a folder without Dockerfile
 * @internal
 */
export function resolveServiceImage(
  check: Check,
  service: AiwmService,
  repository: string,
): ServiceImage {
  if (service.imageName !== undefined) {
    return { name: check.text('service.image', service.imageName, IMAGE) };
  }
  if (service.buildFolder === undefined) {
    check.refuse('service', {
      problem: 'DockerPlatform runs containers, but the service is a command',
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
        'a folder with a Dockerfile; a relative path starts at the working directory of the app',
    });
  }
  return {
    name: `${repository}:${hashFolder(folder, dockerfile)}`,
    build: { folder, dockerfile },
  };
}

/**
 * Resources that build an image; none for an image of a registry.
 *
 * @internal
 */
export function buildServiceImage(
  scope: Construct,
  { name, build }: ServiceImage,
  { bindings, provider }: DockerContext,
): Image[] {
  if (build === undefined) {
    return [];
  }
  const { folder, dockerfile } = build;
  return [
    new bindings.Image(scope, 'Image', {
      provider,
      name,
      buildAttribute: { context: fromStackFolder(scope, folder), dockerfile },
      lifecycle: { createBeforeDestroy: true },
    }),
  ];
}
