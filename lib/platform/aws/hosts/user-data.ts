import type { Check } from '../../../validation/check';

/** Limit of AWS, before base64 encoding. */
const MAX_BYTES = 16_384;

/**
 * User data of a host, in base64.
 *
 * @param script - renders the script around the user's commands
 * @throws ValidationError when the script exceeds the limit of AWS
 * @internal
 */
export function hostUserData(
  check: Check,
  firstBoot: readonly string[],
  script: (firstBoot: readonly string[]) => string,
): string {
  const text = script(firstBoot);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    const customBytes = bytes - Buffer.byteLength(script([]));
    check.refuse('platform.firstBoot', {
      problem: `the user data of a host would be ${bytes} bytes long, ${customBytes} of them from firstBoot`,
      allowed: `at most ${MAX_BYTES} bytes, the limit of AWS`,
      remedy:
        'Put the commands into a file that hosts can fetch, and let firstBoot fetch and run it.',
    });
  }
  return Buffer.from(text, 'utf8').toString('base64');
}
