import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { AgentError } from '../system/agent-error';

/** Folders of server programs, which an ordinary user's PATH often leaves out. */
const SERVER_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/opt/homebrew/bin',
];

/** Packages that contain a program, by the program's name. */
const PACKAGES: Record<string, { apt: string; brew: string }> = {
  nginx: { apt: 'nginx', brew: 'nginx' },
  'redis-server': { apt: 'redis-server', brew: 'redis' },
  'valkey-server': { apt: 'valkey-server', brew: 'valkey' },
};

/** Path of the program that the command `name` starts in `folder`; undefined if there is none. */
export function findExecutable(
  name: string,
  folder: string,
  path: string | undefined,
): string | undefined {
  const candidates =
    isAbsolute(name) || name.includes('/')
      ? [resolve(folder, name)]
      : (path ?? '').split(delimiter).map((each) => resolve(folder, each, name));
  return candidates.find(isExecutable);
}

/**
 * Path of a server program. A relative path starts at `folder`.
 *
 * @throws AgentError that names the package to install
 */
export function resolveServer(name: string, folder: string): string {
  const executable =
    findExecutable(name, folder, process.env.PATH) ??
    (name.includes('/')
      ? undefined
      : SERVER_FOLDERS.map((each) => join(each, name)).find(isExecutable));
  if (executable) {
    return executable;
  }
  const known = PACKAGES[basename(name)];
  const remedy = known
    ? `Install it (Debian, Ubuntu: apt-get install ${known.apt}; macOS: brew install ${known.brew}), ` +
      'or give the platform its path.'
    : 'Give the platform its path.';
  const where = name.includes('/')
    ? `${resolve(folder, name)} is not an executable file`
    : `${name} is neither in PATH (${process.env.PATH ?? 'empty'}) nor in ${SERVER_FOLDERS.join(', ')}`;
  throw new AgentError(`${basename(name)} is not installed on this machine: ${where}. ${remedy}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
