import { createHash } from 'node:crypto';

/**
 * The parts with hyphens between them. What is too long for AWS loses its end to a hash of the whole, so that two long
 * names stay two.
 *
 * @internal
 */
export function awsName(maxLength: number, ...parts: readonly string[]): string {
  const name = parts.join('-');
  if (name.length <= maxLength) {
    return name;
  }
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${name.slice(0, maxLength - hash.length - 1).replace(/-$/, '')}-${hash}`;
}

/**
 * Eight hexadecimal digits of what is known at synth.
 *
 * @internal
 */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
