import type { Check } from '../../../validation/check';

/**
 * The version that a tag begins with: "nginx:1.30.4-alpine" says 1.30.4.
 *
 * @internal
 */
export function versionInTag(image: string): string | undefined {
  return /:(\d+\.\d+(?:\.\d+)?)(?:[-@].*)?$/.exec(image)?.[1];
}

/**
 * The version of the nginx in an image.
 *
 * @throws ValidationError when neither the tag nor anybody else says it
 * @internal
 */
export function nginxVersionOf(check: Check, image: string, given: string | undefined): string {
  const version = given ?? versionInTag(image);
  if (version === undefined) {
    check.refuse('nginxVersion', {
      problem: `the tag of "${image}" does not say which nginx it holds`,
      allowed:
        'a tag that begins with the version ("nginx:1.30", "nginx:1.30.4-alpine"), or nginxVersion',
    });
  }
  return version;
}
