import type { Check } from '../../check';

/** What AWS takes, before it is put into base64. */
const MOST_BYTES = 16_384;

/**
 * What a host runs at its first boot, in base64.
 *
 * @throws ValidationError when it is longer than AWS takes
 * @internal
 */
export function hostUserData(check: Check, script: string, firstBoot: readonly string[]): string {
  const bytes = Buffer.byteLength(script);
  if (bytes > MOST_BYTES) {
    const ownBytes = Buffer.byteLength(firstBoot.map((line) => `${line}\n`).join(''));
    check.refuse(
      'platform.firstBoot',
      `the user data of a host would have ${bytes} bytes, ${ownBytes} of them from firstBoot`,
      `${MOST_BYTES} bytes, which is what AWS takes`,
      'Put the commands into a file that hosts can fetch, and let firstBoot fetch and run it.',
    );
  }
  return Buffer.from(script, 'utf8').toString('base64');
}
