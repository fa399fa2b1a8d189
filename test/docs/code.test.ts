// The TypeScript and JavaScript of the pages is type-checked, and what builds stacks is synthesized.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TerraformStack } from 'cdktf';
import { synthesizeStack } from 'cdktf-aiwm/testing';
import * as ts from 'typescript';
import { goldenFolder } from '../support/stack/golden';
import { temporaryFolder } from '../support/machine/temporary-folder';
import { PATIENCE } from '../house/run';
import { Given } from './given';
import { blocksIn, root } from './pages';
import { type Source, SOURCES } from './sources';

/** jest's own, which knows where `cdktf-aiwm` is. */
const load: (name: string) => unknown = require;

const place = ({ block }: Source): string => `${block.page}:${block.line}`;

let program: ts.Program;

beforeAll(() => {
  const config = join(root, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (file) => ts.sys.readFile(file)).config,
    ts.sys,
    root,
  );
  const relaxed: ts.CompilerOptions = {
    ...options,
    incremental: false,
    tsBuildInfoFile: undefined,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const texts = new Map(SOURCES.map(({ file, text }) => [file, text]));
  const folders = new Set([...texts.keys()].map((file) => dirname(file)));
  const host = ts.createCompilerHost(relaxed);
  const { fileExists, readFile, directoryExists } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.directoryExists = (folder) => folders.has(folder) || (directoryExists?.(folder) ?? true);
  const { getSourceFile } = host;
  host.getSourceFile = (file, how, ...rest) => {
    const text = texts.get(file);
    return text === undefined
      ? getSourceFile(file, how, ...rest)
      : ts.createSourceFile(file, text, how, true);
  };
  program = ts.createProgram([...texts.keys()], relaxed, host);
}, PATIENCE);

/** With the page and the line on which a reader finds it. */
function complaint({ block, linesAbove }: Source, diagnostic: ts.Diagnostic): string {
  const { file, start = 0, messageText } = diagnostic;
  const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  return `${block.page}:${block.line + line - linesAbove}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

test('the pages have code', () => {
  const pages = new Set(SOURCES.map(({ block }) => block.page));
  expect([...pages]).toEqual(
    expect.arrayContaining(['README.md', 'docs/getting-started.md', 'docs/platforms/aws.md']),
  );
});

test.each(SOURCES.map((source) => [place(source), source] as const))(
  '%s has the right types',
  (_, source) => {
    const file = program.getSourceFile(source.file);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    expect(file?.text).toBe(source.text);
    expect(found.map((each) => complaint(source, each))).toEqual([]);
  },
  PATIENCE,
);

/** Blocks that are not run, by the page and a line of theirs, and why. */
const NOT_RUN: readonly { page: string; line: string; reason: string }[] = [
  {
    page: 'docs/testing.md',
    line: 'expect(stack.forReview()).toMatchSnapshot();',
    reason: 'its snapshots would be written beside this test',
  },
];

/** Files that blocks import from blocks above them. */
function required(source: Source, name: string): unknown {
  if (!name.startsWith('./')) {
    return load(name);
  }
  const file = join(dirname(source.file), `${name}.ts`);
  const found = SOURCES.find((each) => each.file === file);
  if (found === undefined) {
    throw new Error(`${place(source)}: no block of the page is ${name}.ts`);
  }
  return run(found);
}

/** Runs a block's file, and its tests where they are declared. */
function run(source: Source): Record<string, unknown> {
  const { outputText } = ts.transpileModule(source.text, {
    fileName: source.file,
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      useDefineForClassFields: false,
    },
  });
  const made = { exports: {} as Record<string, unknown> };
  const now = (_name: string, body: () => void): void => body();
  const code = new Function('require', 'module', 'exports', 'test', outputText) as (
    require: (name: string) => unknown,
    module: unknown,
    exports: unknown,
    test: typeof now,
  ) => void;
  code((name) => required(source, name), made, made.exports, now);
  return made.exports;
}

const fragments = SOURCES.filter(({ kind }) => kind === 'fragment');
const files = SOURCES.filter(({ kind }) => kind === 'file');
const isRun = ({ block }: Source): boolean =>
  !NOT_RUN.some(({ page, line }) => block.page === page && block.text.includes(line));

test.each(fragments.map((source) => [place(source), source] as const))(
  '%s is synthesized',
  (_, source) => {
    const { fragment } = run(source) as { fragment: (this: TerraformStack, given: Given) => void };
    let constructs = 0;
    synthesizeStack((app) => {
      const stack = new TerraformStack(app, 'chat');
      fragment.call(stack, new Given(stack, source.block.page));
      constructs = stack.node.children.length;
      return stack;
    });
    expect(constructs).toBeGreaterThan(0);
  },
);

test.each(files.filter(isRun).map((source) => [place(source), source] as const))(
  '%s runs',
  (_, source) => {
    const outdir = temporaryFolder('docs');
    const kept = process.env.CDKTF_OUTDIR;
    process.env.CDKTF_OUTDIR = outdir;
    try {
      run(source);
    } finally {
      if (kept === undefined) {
        delete process.env.CDKTF_OUTDIR;
      } else {
        process.env.CDKTF_OUTDIR = kept;
      }
    }
    if (source.block.text.includes('app.synth()')) {
      expect(existsSync(join(outdir, 'manifest.json'))).toBe(true);
    }
  },
);

test.each(NOT_RUN)('one block of $page is not run, as $reason', ({ page, line }) => {
  const left = files.filter(({ block }) => block.page === page && block.text.includes(line));
  expect(left).toHaveLength(1);
});

test.each(blocksIn('nginx').map((block) => [`${block.page}:${block.line}`, block] as const))(
  '%s is what some golden file has',
  (_, { text }) => {
    const golden = readGolden();
    expect(golden.some((conf) => conf.includes(`${text}\n`))).toBe(true);
  },
);

function readGolden(): string[] {
  return ['local-redis', 'docker', 'aws', 'aws-redis'].map((name) =>
    readFileSync(join(goldenFolder, `${name}.nginx.conf`), 'utf8'),
  );
}
