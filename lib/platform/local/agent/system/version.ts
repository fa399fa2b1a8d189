import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Version of an agent: the hash of its content. */
export function versionOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}
