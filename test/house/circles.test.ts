// No file of the library imports, by whatever way round, a file that imports it; and every file has a room.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { roomOf } from '../../scripts/house-rules.mjs';
import { root } from './run';

const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(root, 'lib', file));

/** The files of the library that each of its files imports, types included. */
function importsOf(all: readonly string[]): Map<string, string[]> {
  return new Map(
    all.map((file) => {
      const { importedFiles } = ts.preProcessFile(ts.sys.readFile(file) ?? '');
      const imported = importedFiles
        .map(({ fileName }) => ts.resolveModuleName(fileName, file, {}, ts.sys).resolvedModule)
        .map((module) => module?.resolvedFileName)
        .filter((path): path is string => path !== undefined && all.includes(path));
      return [file, imported];
    }),
  );
}

/** A way from a file back to itself, or undefined. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (done.has(file)) {
      return undefined;
    }
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle !== undefined) {
        return circle;
      }
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) {
      return circle;
    }
  }
  return undefined;
}

test('a circle is found where there is one', () => {
  const imports = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  expect(findCircle(imports)).toEqual(['b', 'd', 'b']);
});

test('the imports of the library are read', () => {
  const imports = importsOf(files);
  expect(imports.get(join(root, 'lib/frontend/nginx-ws-frontend.ts'))).toContain(
    join(root, 'lib/frontend/front-intent.ts'),
  );
});

test('no file imports itself, by whatever way round', () => {
  expect(findCircle(importsOf(files))?.map((file) => file.slice(root.length + 1))).toBeUndefined();
});

test('every file but index.ts has a room', () => {
  const homeless = files
    .map((file) => file.slice(root.length + 1))
    .filter((file) => roomOf(file) === undefined);
  expect(homeless).toEqual([]);
});
