import type { Statement } from '../base/iam-policy';

/**
 * ARN of the ECR repository that an image's name spells out.
 *
 * @internal
 */
export function repositoryOf(image: string): string[] {
  const match =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/([a-z0-9._/-]+?)(?:[:@].*)?$/.exec(
      image,
    );
  if (match === null) {
    return [];
  }
  const [, account, region, china, repository] = match;
  const partition =
    china !== undefined ? 'aws-cn' : region!.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return [`arn:${partition}:ecr:${region}:${account}:repository/${repository}`];
}

/**
 * Permission to pull images. A login applies to the whole registry; AWS has no narrower resource for it.
 *
 * @internal
 */
export function pullsImages(repositoryArns: readonly string[]): Statement[] {
  return repositoryArns.length === 0
    ? []
    : [
        { Sid: 'RegistryLogin', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
        {
          Sid: 'Images',
          Action: [
            'ecr:BatchCheckLayerAvailability',
            'ecr:BatchGetImage',
            'ecr:GetDownloadUrlForLayer',
          ],
          Resource: [...new Set(repositoryArns)],
        },
      ];
}
