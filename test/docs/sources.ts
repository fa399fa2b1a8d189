// What the TypeScript and JavaScript blocks of the pages become: files that TypeScript checks and Node.js runs. The rules
// are in docs/style.md.
import { join } from 'node:path';
import * as ts from 'typescript';
import { GIVEN } from './given';
import { type Block, blocksOf, PAGES, root } from './pages';

export interface Source {
  readonly block: Block;
  /** Where it is for TypeScript; there is no such file. */
  readonly file: string;
  readonly text: string;
  /** Lines that stand above the block's own. */
  readonly linesAbove: number;
  /** A whole file, or what stands in the constructor of a stack: a function `fragment` of a stack and a `Given`. */
  readonly kind: 'file' | 'fragment' | 'script';
}

/** Local names of imports, each with the line that imports it. */
type Imports = Map<string, string>;

export const SOURCES: readonly Source[] = PAGES.flatMap(sourcesOf);

function sourcesOf(page: string): Source[] {
  const folder = join(root, `${page}.blocks`);
  const above: Imports = new Map();
  return blocksOf(page).flatMap((block): Source[] => {
    if (block.language === 'js') {
      const file = join(folder, `line-${block.line}.mjs`);
      return [{ block, file, text: block.text, linesAbove: 0, kind: 'script' }];
    }
    if (block.language !== 'ts') {
      return [];
    }
    const parsed = ts.createSourceFile('block.ts', block.text, ts.ScriptTarget.ES2022, true);
    const name = /^\/\/ (\S+)\.ts$/m.exec(block.text.split('\n')[0]!)?.[1];
    const file = join(folder, `${name ?? `line-${block.line}`}.ts`);
    const own = importsOf(parsed);
    const source = isFile(parsed)
      ? wholeFile(block, file, without(above, [...own.keys(), ...declaredIn(parsed)]))
      : fragment(block, file, parsed, without(above, [...own.keys()]));
    own.forEach((line, local) => above.set(local, line));
    return [source];
  });
}

function wholeFile(block: Block, file: string, above: Imports): Source {
  const head = [...above.values()];
  const text = [...head, block.text, 'export {};'].join('\n');
  return { block, file, text, linesAbove: head.length, kind: 'file' };
}

function fragment(block: Block, file: string, parsed: ts.SourceFile, above: Imports): Source {
  const declared = declaredIn(parsed);
  const used = identifiersIn(parsed);
  const given = GIVEN.filter((each) => used.has(each) && !declared.includes(each));
  const head = [
    "import type { TerraformStack as StackOfFragment } from 'cdktf';",
    "import type { Given as GivenToFragment } from '" + join(root, 'test', 'docs', 'given') + "';",
    ...above.values(),
    ...importsOf(parsed).values(),
    `export function fragment(this: StackOfFragment, { ${given.join(', ')} }: GivenToFragment): void { {`,
  ];
  // Imports are above, so their own lines are left empty: others keep their places.
  const body = block.text.split('\n');
  for (const statement of parsed.statements.filter(ts.isImportDeclaration)) {
    const first = parsed.getLineAndCharacterOfPosition(statement.getStart()).line;
    const last = parsed.getLineAndCharacterOfPosition(statement.getEnd()).line;
    body.fill('', first, last + 1);
  }
  const text = [...head, ...body, '} }'].join('\n');
  return { block, file, text, linesAbove: head.length, kind: 'fragment' };
}

/** A class or a test stands in a file; anything else is a fragment. */
function isFile(parsed: ts.SourceFile): boolean {
  return parsed.statements.some(
    (statement) =>
      ts.isClassDeclaration(statement) ||
      (ts.isExpressionStatement(statement) &&
        ts.isCallExpression(statement.expression) &&
        statement.expression.expression.getText() === 'test'),
  );
}

function importsOf(parsed: ts.SourceFile): Imports {
  const imports: Imports = new Map();
  for (const statement of parsed.statements.filter(ts.isImportDeclaration)) {
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) {
      throw new Error(`"${statement.getText()}": blocks import names, { … }`);
    }
    const type = statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type ' : '';
    for (const element of bindings.elements) {
      const from = statement.moduleSpecifier.getText();
      imports.set(element.name.text, `import ${type}{ ${element.getText()} } from ${from};`);
    }
  }
  return imports;
}

function without(imports: Imports, names: readonly string[]): Imports {
  return new Map([...imports].filter(([local]) => !names.includes(local)));
}

/** What a block declares at its top. */
function declaredIn(parsed: ts.SourceFile): string[] {
  return parsed.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    }
    return ts.isClassDeclaration(statement) && statement.name ? [statement.name.text] : [];
  });
}

function identifiersIn(parsed: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    const isName =
      ts.isIdentifier(node) &&
      !(ts.isPropertyAccessExpression(parent) && parent.name === node) &&
      !(ts.isPropertyAssignment(parent) && parent.name === node);
    if (isName) {
      names.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return names;
}
