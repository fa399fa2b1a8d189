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

/** Everything that the agent ever puts into the state folder's top level; nothing else in there is its to remove. */
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

/** The first file of a state folder and its mark. The folder often lies in a repository, and holds passwords and keys. */
const MARK =
  '# The state of a LocalPlatform. Its agent made this folder, and removes it on destroy.\n*\n';

/** The folder in which the agent keeps all it has on this machine. */
export class StateFolder {
  /** Relative, because a unix socket's path is limited to some 104 bytes: both sides work inside the folder. */
  static readonly SOCKET = 'agent.sock';

  /** Opens the folder, and makes it if need be; a folder of somebody else's is refused. */
  static create(path: string): StateFolder {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AgentError(
        `The state folder ${path} cannot be made (${codeOf(error) ?? error}). ` +
          'Give the platform a stateDir that this user can write to.',
      );
    }
    const folder = new StateFolder(realpathSync(path));
    // Another call may be making the folder at this moment; its mark is there before anything else is.
    const content = folder.list('.').filter((name) => !name.startsWith('..gitignore.'));
    if (content.length > 0 && !folder.isOurs()) {
      throw new AgentError(
        `The state folder ${path} holds files that are not the agent's (${listNames(content)}). ` +
          'It is used by the agent alone, and removed by destroy: give the platform a stateDir of its own.',
      );
    }
    chmodSync(folder.root, 0o700);
    folder.write('.gitignore', MARK);
    for (const part of ['units', 'logs', 'locks']) {
      mkdirSync(folder.path(part), { recursive: true, mode: 0o700 });
    }
    return folder;
  }

  /** The folder if there is one of the agent's at this path. */
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

  /** Writes a file that is either the old or the new one, whenever the machine stops. */
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

  /** The names in a folder; none when the folder does not exist. */
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

  /** Removes what the agent put here, and the folder when that leaves it empty. Answers what is left. */
  removeAll(): string[] {
    // The mark goes last, so that a removal that is cut short can be done again; the lock as late as possible.
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

  /** Whether the agent made this folder. A folder without the marks of the agent is never removed. */
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
