import { Token } from 'cdktf';
import type { AiwmService } from '../../../model/service';
import type { Check } from '../../../validation/check';
import { IMAGE } from '../../../validation/text-rules';
import { repositoryOf } from './image-access';

/**
 * Image of a service.
 *
 * @param known - what the platform knows of registries
 * @throws ValidationError for a service that is not an image
 * @internal
 */
export function resolveImage(
  check: Check,
  service: AiwmService,
  known: { readonly repositoryArns: readonly string[]; readonly registryCredentials?: string },
): string {
  if (service.imageName === undefined) {
    check.refuse('service', {
      problem:
        service.buildFolder === undefined
          ? 'AwsPlatform runs containers, but the service is a command'
          : 'AwsPlatform cannot build an image',
      allowed: 'AiwmService.image("registry.example/aiwm:1.4.2")',
      remedy:
        service.buildFolder === undefined
          ? undefined
          : 'Build the image, push it to ECR or another registry, and pass its name.',
    });
  }
  const image = check.text('service.image', service.imageName, IMAGE);
  checkPullPermission(check, image, known);
  return image;
}

/** Tasks may pull from a repository of ECR only if its ARN is known, and a Token does not spell it out. */
function checkPullPermission(
  check: Check,
  image: string,
  { repositoryArns, registryCredentials }: Parameters<typeof resolveImage>[2],
): void {
  const [registry] = image.split('/') as [string];
  const mayBeEcr = Token.isUnresolved(registry) || /\.dkr\.ecr\./.test(registry);
  if (
    Token.isUnresolved(image) &&
    mayBeEcr &&
    repositoryOf(image).length + repositoryArns.length === 0 &&
    registryCredentials === undefined
  ) {
    check.warn(
      'service: the image is known only at apply. If it is in a repository of ECR, tasks cannot pull it and the apply fails: ' +
        'add the ARN of the repository, new AwsPlatform(…, { repositoryArns: ["arn:aws:ecr:…:repository/…"] }).',
    );
  }
}
