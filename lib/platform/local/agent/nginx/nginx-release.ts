import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './self-signed';

/** Configuration with its certificate, in a folder below releases/ that is named after the hash of its content. */
export interface Release {
  readonly name: string;
  /** Whether this call created the folder. */
  readonly isNew: boolean;
}

/** Number of releases that stay for comparison and for going back. */
const KEPT = 3;

/** Creates the folder of a release, unless it exists. */
export function makeRelease(
  prefix: string,
  configuration: string,
  tls: KeyPair | undefined,
): Release {
  const name = createHash('sha256')
    .update(JSON.stringify([configuration, tls?.certificate ?? '', tls?.key ?? '']))
    .digest('hex')
    .slice(0, 12);
  const folder = join(prefix, 'releases', name);
  if (existsSync(folder)) {
    return { name, isNew: false };
  }
  // The folder is renamed when it is complete, so that one of this name always is.
  const draft = join(prefix, 'releases', `.${name}.new`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const write = (file: string, content: string) =>
    writeFileSync(join(draft, file), content, { mode: 0o600 });
  write('nginx.conf', configuration);
  write('release.conf', `return 200 "${name}\\n";\n`);
  if (tls) {
    mkdirSync(join(draft, 'tls'), { mode: 0o700 });
    write('tls/certificate.pem', tls.certificate);
    write('tls/key.pem', tls.key);
  }
  renameSync(draft, folder);
  return { name, isNew: true };
}

export function removeRelease(prefix: string, name: string): void {
  rmSync(join(prefix, 'releases', name), { recursive: true, force: true });
}

/**
 * Removes old releases, and returns the names of those that stay.
 *
 * @param recent - releases that were served, the latest first
 */
export function pruneReleases(prefix: string, recent: readonly string[]): string[] {
  const kept = [...new Set(recent)].slice(0, KEPT);
  readdirSync(join(prefix, 'releases'))
    .filter((name) => !kept.includes(name))
    .forEach((name) => removeRelease(prefix, name));
  return kept;
}
