import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { AgentError, codeOf } from './agent-error';
import { listNames } from './text';

/** Everything that the agent creates at the top of the state folder. It removes nothing else there. */
const OURS = [
  '.gitignore',
  'agent.js',
  'agent.sock',
  'supervisor.json',
  'locks',
  'logs',
  'nginx',
  'redis',
  'units',
];

/**
 * Content of .gitignore, the folder's first file and its mark. The folder contains keys and is often in a repository.
 */
const MARK =
  '# The state of a LocalPlatform. Its agent made this folder, and removes it on destroy.\n*\n';

/** Folder for everything that the agent keeps on this machine. */
export class StateFolder {
  /** Relative to the folder, in which both sides work: the path of a unix socket is limited to some 104 bytes. */
  static readonly SOCKET = 'agent.sock';

  /**
   * Opens the folder, and creates it if it does not exist.
   *
   * @throws AgentError for a folder that contains files of others
   */
  static create(path: string): StateFolder {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AgentError(
        `The state folder ${path} cannot be created (${codeOf(error) ?? error}). ` +
          'Give the platform a stateDir that this user can write to.',
      );
    }
    const folder = new StateFolder(realpathSync(path));
    // Another call may be creating the folder right now; the mark is its first file.
    const content = folder.list('.').filter((name) => !name.startsWith('..gitignore.'));
    if (content.length > 0 && !folder.isOurs()) {
      throw new AgentError(
        `The state folder ${path} contains files that do not belong to the agent (${listNames(content)}). ` +
          'Only the agent may use it, and destroy removes it: give the platform a stateDir of its own.',
      );
    }
    chmodSync(folder.root, 0o700);
    folder.write('.gitignore', MARK);
    for (const part of ['units', 'logs', 'locks']) {
      mkdirSync(folder.path(part), { recursive: true, mode: 0o700 });
    }
    return folder;
  }

  /** Folder at a path, if the agent created one there. */
  static find(path: string): StateFolder | undefined {
    if (!existsSync(path) || !statSync(path).isDirectory()) {
      return undefined;
    }
    const folder = new StateFolder(realpathSync(path));
    return folder.isOurs() ? folder : undefined;
  }

  private constructor(readonly root: string) {}

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Replaces a file at once, so that it is complete even if the machine stops in between. */
  write(name: string, content: string | Buffer, mode = 0o600): void {
    const file = this.path(name);
    const fresh = join(file, '..', `.${basename(file)}.${process.pid}.new`);
    writeFileSync(fresh, content, { mode });
    renameSync(fresh, file);
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }

  /** Names in a folder; empty if the folder does not exist. */
  list(name: string): string[] {
    try {
      return readdirSync(this.path(name)).sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        return [];
      }
      throw error;
    }
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  /** Removes what the agent created here, and the folder if it is empty then. Returns the names that are left. */
  removeAll(): string[] {
    // The mark is removed last, so that an interrupted removal can be repeated; the lock as late as possible.
    const last = ['locks', '.gitignore'];
    const names = this.list('.').filter(isOurs);
    for (const name of [...names.filter((each) => !last.includes(each)), ...last]) {
      this.remove(name);
    }
    const left = this.list('.');
    if (left.length === 0) {
      rmSync(this.root, { recursive: true, force: true });
    }
    return left;
  }

  /** Whether the agent created this folder. A folder without its marks is never removed. */
  private isOurs(): boolean {
    return (
      this.read('.gitignore') === MARK ||
      (existsSync(this.path('agent.js')) && existsSync(this.path('units')))
    );
  }
}

function isOurs(name: string): boolean {
  return OURS.includes(name) || OURS.some((own) => name.startsWith(`.${own}.`));
}
