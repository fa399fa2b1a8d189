// Small root file systems put together from what this machine has installed: programs, the libraries that the dynamic
// loader names for them, and the few files without which they do not run.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '../../../scripts/machine/programs.mjs';

export interface RootFileSystem {
  /** Programs of this machine, copied to the same place with their libraries. */
  readonly programs: readonly string[];
  /** More of them under another name or in another place: the path inside, and the file on this machine. */
  readonly copies?: Readonly<Record<string, string>>;
  /** A folder of libraries that come before this machine's own, for a program that was built elsewhere. */
  readonly libraries?: string;
  /** Texts by path; what begins with `#!` can be executed. */
  readonly files: Readonly<Record<string, string>>;
  readonly folders?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  /** Files that belong to somebody else than root, as `uid:gid`. */
  readonly owners?: Readonly<Record<string, string>>;
}

/** Every root file system has these. */
const skeleton = {
  folders: [
    'etc',
    'proc',
    'sys',
    'dev',
    'root',
    'run',
    'var/log',
    'usr/bin',
    'usr/sbin',
    'usr/lib',
  ],
  // As all distributions lay them out today.
  links: {
    bin: 'usr/bin',
    sbin: 'usr/sbin',
    lib: 'usr/lib',
    lib64: 'usr/lib64',
    'var/run': '../run',
  },
};

/** What keeps it from being made on this machine. */
export function rootFileSystemProblem({ programs }: RootFileSystem): string | undefined {
  if (process.platform !== 'linux' || !findProgram('ldd')) {
    return 'images can be made on Linux with glibc only';
  }
  const missing = programs.filter((program) => !findProgram(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

/** Everything that decides what is in it, to tell whether it has changed since. */
export function fingerprintOf(root: RootFileSystem): string {
  const sources = [...root.programs.map(locate), ...Object.values(root.copies ?? {})];
  const facts = sources.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`);
  return JSON.stringify([skeleton, root, facts]);
}

/** Puts it together below the folder, and returns an archive of it. */
export function buildArchive(root: RootFileSystem, folder: string): string {
  const target = join(folder, 'root');
  const inside = (path: string) => join(target, path);
  for (const path of [...skeleton.folders, 'usr/lib64', ...(root.folders ?? [])]) {
    mkdirSync(inside(path), { recursive: true });
  }
  for (const [path, to] of Object.entries({ ...skeleton.links, ...root.links })) {
    mkdirSync(dirname(inside(path)), { recursive: true });
    symlinkSync(to, inside(path));
  }
  mkdirSync(inside('tmp'));
  chmodSync(inside('tmp'), 0o1777);

  const put = (from: string, path: string) => {
    mkdirSync(dirname(inside(path)), { recursive: true });
    if (statSync(from).isDirectory()) {
      cpSync(from, inside(path), { recursive: true, dereference: true });
    } else {
      copyFileSync(from, inside(path));
    }
  };
  const programs = [
    ...root.programs.map((program) => [program, locate(program)] as const),
    ...Object.entries(root.copies ?? {}),
  ];
  for (const [name, from] of programs) {
    // By the name it is called by, as one file can be many programs.
    put(from, name.includes('/') ? name : `usr/bin/${name}`);
  }
  for (const library of new Set(programs.flatMap(([, from]) => librariesOf(from)))) {
    put(library, library);
  }
  if (root.libraries) {
    putLibraries(root.libraries, target);
  }
  for (const [path, text] of Object.entries(root.files)) {
    mkdirSync(dirname(inside(path)), { recursive: true });
    writeFileSync(inside(path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }

  const archive = join(folder, 'root.tar');
  const owned = Object.entries(root.owners ?? {});
  const tar = (...args: string[]) => execFileSync('tar', ['--directory', target, ...args]);
  tar(
    ...['--create', '--file', archive, '--owner=0', '--group=0', '--numeric-owner'],
    ...owned.map(([path]) => `--exclude=./${path}`),
    '.',
  );
  for (const [path, owner] of owned) {
    const [uid, gid] = owner.split(':');
    tar(
      '--append',
      '--file',
      archive,
      `--owner=${uid}`,
      `--group=${gid}`,
      '--numeric-owner',
      `./${path}`,
    );
  }
  return archive;
}

function locate(program: string): string {
  const file = findProgram(program);
  if (!file) {
    throw new Error(`${program} is not installed`);
  }
  return realpathSync(file);
}

/** The files that the dynamic loader would load, itself included; none for a script or a static program. */
function librariesOf(file: string): string[] {
  if (statSync(file).isDirectory()) {
    return [];
  }
  let list: string;
  try {
    list = execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return [];
  }
  return [...list.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] as string);
}

/**
 * Libraries of a program that was built elsewhere take the place of those of the same name: newer ones serve older
 * programs as well. Should the C library of this machine be the newer one, it stays.
 */
function putLibraries(from: string, target: string): void {
  const loader = readdirSync(from).find((name) => /^ld-linux/.test(name)) as string;
  const place = readdirSync(join(target, 'usr/lib')).find((name) =>
    existsSync(join(target, 'usr/lib', name, 'libc.so.6')),
  );
  if (!place) {
    throw new Error('no C library among the libraries of this machine');
  }
  const own = join(target, 'usr/lib64', loader);
  const keepsOwn = releaseOf(own) >= releaseOf(join(from, loader));
  for (const name of readdirSync(from)) {
    const isGlibc = name === loader || name === 'libc.so.6';
    if (!(isGlibc && keepsOwn)) {
      copyFileSync(join(from, name), name === loader ? own : join(target, 'usr/lib', place, name));
    }
  }
}

/** 2.41 is 241. */
function releaseOf(loader: string): number {
  const text = execFileSync(loader, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) * 100 + Number(minor);
}
