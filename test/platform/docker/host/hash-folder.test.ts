// The hash that names a built image: another one for everything that can make another image, the same for the rest.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { hashFolder } from '../../../../lib/platform/docker/host/hash-folder';
import { temporaryFolder } from '../../../support/machine/temporary-folder';

const FILES = {
  Dockerfile: 'FROM node:24-alpine\n',
  'server.js': 'listen();\n',
  'lib/chat.js': 'chat();\n',
};

function folder(files: Readonly<Record<string, string>> = FILES): string {
  const path = temporaryFolder('hash');
  for (const [name, content] of Object.entries(files)) {
    write(join(path, name), content);
  }
  return path;
}

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const before = hashFolder(folder());

test('is twelve hexadecimal digits', () => {
  expect(before).toMatch(/^[0-9a-f]{12}$/);
});

describe('is the same', () => {
  test('in another place, written in another order, at another time', () => {
    const other = folder(Object.fromEntries(Object.entries(FILES).reverse()));
    utimesSync(join(other, 'server.js'), 1, 1);
    expect(hashFolder(other)).toBe(before);
  });

  test.each(['node_modules/ws/index.js', '.git/HEAD', 'lib/node_modules/x.js', 'lib/.git/HEAD'])(
    'with %s, which is left out',
    (file) => {
      expect(hashFolder(folder({ ...FILES, [file]: 'x' }))).toBe(before);
    },
  );

  test('with a folder in which there is nothing', () => {
    const path = folder();
    mkdirSync(join(path, 'empty'));
    expect(hashFolder(path)).toBe(before);
  });
});

const changes: [string, (path: string) => void][] = [
  ['another content', (path) => write(join(path, 'server.js'), 'listen(1);\n')],
  ['a byte that is no text', (path) => write(join(path, 'server.js'), Buffer.from([0xff]))],
  ['another byte that is no text', (path) => write(join(path, 'server.js'), Buffer.from([0xfe]))],
  ['an empty file', (path) => write(join(path, 'server.js'), '')],
  ['a file more, empty', (path) => write(join(path, 'z.js'), '')],
  ['a file less', (path) => rmSync(join(path, 'lib/chat.js'))],
  ['another name', (path) => renameSync(join(path, 'server.js'), join(path, 'serve.js'))],
  ['another content further down', (path) => write(join(path, 'lib/chat.js'), 'talk();\n')],
  ['another folder', (path) => renameSync(join(path, 'lib'), join(path, 'src'))],
  ['a file moved up', (path) => renameSync(join(path, 'lib/chat.js'), join(path, 'chat.js'))],
  [
    'a copy of a folder',
    (path) => cpSync(join(path, 'lib'), join(path, 'src'), { recursive: true }),
  ],
  ['a .dockerignore', (path) => write(join(path, '.dockerignore'), 'lib\n')],
  ['a hidden file', (path) => write(join(path, '.npmrc'), 'x=1\n')],
  ['a name that only begins as one left out', (path) => write(join(path, '.gitignore'), 'x\n')],
  ['contents of two files exchanged', exchange],
  ['a file that can be executed now', (path) => chmodSync(join(path, 'server.js'), 0o755)],
];

function exchange(path: string): void {
  write(join(path, 'server.js'), FILES['lib/chat.js']);
  write(join(path, 'lib/chat.js'), FILES['server.js']);
}

describe('is another one after', () => {
  test.each(changes)('%s', (_, change) => {
    const path = folder();
    change(path);
    expect(hashFolder(path)).not.toBe(before);
  });

  test('each of these: no two are alike', () => {
    const hashes = changes.map(([, change]) => {
      const path = folder();
      change(path);
      return hashFolder(path);
    });
    expect(new Set(hashes).size).toBe(changes.length);
  });
});

describe('a link is one more file, and another one when it leads elsewhere:', () => {
  test.each([
    ['to files', 'server.js', 'lib/chat.js'],
    ['to folders', 'lib', '.'],
    ['to nothing', 'none', 'nothing'],
  ])('%s', (_, target, otherTarget) => {
    const [one, other] = [folder(), folder()];
    symlinkSync(target, join(one, 'link'));
    symlinkSync(otherTarget, join(other, 'link'));
    expect(new Set([before, hashFolder(one), hashFolder(other)]).size).toBe(3);
  });
});

// What it leaves out is in the hash all the same: at worst an image is built that is like the last one.
test('a file that .dockerignore names counts as well', () => {
  const ignoring = { ...FILES, '.dockerignore': 'notes.md\n' };
  expect(hashFolder(folder({ ...ignoring, 'notes.md': 'x' }))).not.toBe(
    hashFolder(folder({ ...ignoring, 'notes.md': 'y' })),
  );
});
