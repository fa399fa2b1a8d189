import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** What a build does not look at, and what changes without a change of the service. */
const LEFT_OUT = new Set(['node_modules', '.git']);

/**
 * Twelve hexadecimal digits that stand for the names and contents of all files in a folder.
 *
 * @internal
 */
export function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  for (const file of filesOf(folder, '')) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(folder, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}

function filesOf(folder: string, below: string): string[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.posix.join(below, entry.name);
      return entry.isDirectory() ? filesOf(folder, file) : [file];
    });
}
