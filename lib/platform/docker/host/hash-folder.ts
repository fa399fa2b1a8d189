import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';

/** What changes without a change of the service: some of it at every synth. */
const LEFT_OUT = /^(?:node_modules|\.git|cdktf\.out|\.terraform|.*\.tfstate(?:\..*)?)$/;

/**
 * Twelve hexadecimal digits that stand for the names, contents and rights of all files in a folder.
 *
 * @param extra - what else decides the result of a build
 * @internal
 */
export function hashFolder(folder: string, extra = ''): string {
  const files = filesOf(folder, '').map((file) => [file, ...describe(path.join(folder, file))]);
  return createHash('sha256')
    .update(JSON.stringify([extra, ...files]))
    .digest('hex')
    .slice(0, 12);
}

/** A link by where it leads, as a build copies it; a file by its content, and whether it can be executed. */
function describe(file: string): string[] {
  const status = lstatSync(file);
  if (status.isSymbolicLink()) {
    return ['link', readlinkSync(file)];
  }
  const content = createHash('sha256').update(readFileSync(file)).digest('hex');
  return [(status.mode & 0o111) === 0 ? 'file' : 'program', content];
}

function filesOf(folder: string, below: string): string[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.posix.join(below, entry.name);
      return entry.isDirectory() ? filesOf(folder, file) : [file];
    });
}
