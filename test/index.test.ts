// What each module of the library offers. A name that is added or gone is a change for its users.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as library from 'cdktf-aiwm';
import * as aws from 'cdktf-aiwm/aws';
import * as docker from 'cdktf-aiwm/docker';
import * as local from 'cdktf-aiwm/local';
import * as testing from 'cdktf-aiwm/testing';
import ts from 'typescript';

const root = join(__dirname, '..');
const FACES = [
  'lib/index.ts',
  'lib/platform/index.ts',
  'lib/platform/aws/index.ts',
  'lib/platform/docker/index.ts',
  'lib/platform/local/index.ts',
  'lib/testing/index.ts',
];

test.each(FACES)('%s holds exports and nothing else', (file) => {
  const statements = readFileSync(join(root, file), 'utf8').split('\n').filter(Boolean);
  for (const statement of statements) {
    expect(statement).toMatch(/^export (\*( as \w+)?|\{[^}]*\}) from '\.[^']*';$/);
  }
});

const program = ts.createProgram(
  FACES.map((file) => join(root, file)),
  { noEmit: true, skipLibCheck: true },
);

/** Every name of a module, types included, but for those that are internal. */
function namesOf(file: string): string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, file))!);
  return checker
    .getExportsOfModule(module!)
    .filter((symbol) => {
      const declared =
        symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return !declared.getJsDocTags(checker).some(({ name }) => name === 'internal');
    })
    .map(({ name }) => name)
    .sort();
}

test('the names of the root, which everybody needs', () => {
  expect(namesOf('lib/index.ts')).toMatchSnapshot();
});

test.each(FACES.slice(1))('the names of %s', (file) => {
  expect(namesOf(file)).toMatchSnapshot();
});

test('no name is in two modules', () => {
  const all = FACES.slice(0, -1).flatMap((file) => namesOf(file));
  expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
});

test('the modules are at the root under their names as well', () => {
  expect(library.aws).toBe(aws);
  expect(library.docker).toBe(docker);
  expect(library.local).toBe(local);
  expect(library.platform).toEqual({});
});

test('its test helpers', () => {
  expect(Object.keys(testing).sort()).toEqual([
    'SynthesizedStack',
    'multiLineSerializer',
    'synthesize',
    'synthesizeStack',
  ]);
});
