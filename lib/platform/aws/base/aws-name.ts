import { createHash } from 'node:crypto';

/**
 * Joins the parts with hyphens. A name that is too long ends in a hash of the whole, so that two long names stay
 * distinct.
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
 * The first eight hexadecimal digits of a text's SHA-256. The text must be known at synth.
 *
 * @internal
 */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
