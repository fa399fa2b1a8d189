import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';

/** Files that change without a change of the service, some of them at every synth. */
const LEFT_OUT = /^(?:node_modules|\.git|cdktf\.out|\.terraform|.*\.tfstate(?:\..*)?)$/;

/**
 * Hash of the names, contents and permissions of all files in a folder, as twelve hexadecimal digits.
 *
 * @param extra - any other input of the build
 * @internal
 */
export function hashFolder(folder: string, extra = ''): string {
  const files = filesOf(folder, '').map((file) => [file, ...describe(path.join(folder, file))]);
  return createHash('sha256')
    .update(JSON.stringify([extra, ...files]))
    .digest('hex')
    .slice(0, 12);
}

/** A link by its target, because a build copies the link; a file by its content and whether it is executable. */
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
