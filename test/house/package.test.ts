// The package as its users get it: built from a clean copy of the tree, packed, and used.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Ended, expectClean, PATIENCE, root, run, runTool } from './run';

/** What may be in the package beside the folder build/. */
const BESIDE_BUILD = [
  '.jsii',
  'API.md',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package.json',
] as const;

let copy: string;
let built: Ended;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-package-'));
  copyTree(copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  built = run('npm', ['run', 'build'], { cwd: copy });
}, PATIENCE);

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

/** What a fresh clone would hold, with the changes that are not committed yet. */
function copyTree(destination: string): void {
  const list = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  expectClean(list, 'git cannot list the files of the project');
  for (const file of list.output.split('\0')) {
    if (file !== '' && existsSync(join(root, file))) {
      mkdirSync(dirname(join(destination, file)), { recursive: true });
      cpSync(join(root, file), join(destination, file));
    }
  }
}

function needBuild(): void {
  if (built.status !== 0) {
    throw new Error('the library does not build: see the test of that');
  }
}

/** The files that `npm publish` would ship. */
function packed(): string[] {
  needBuild();
  const pack = run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: copy });
  expectClean(pack, 'npm pack fails');
  const [listing] = JSON.parse(pack.output) as [{ files: { path: string }[] }];
  return listing.files.map(({ path }) => path);
}

test('the library builds, and jsii has nothing to complain of', () => {
  expectClean(built, 'npm run build fails');
  expect(built.output + built.errors).not.toMatch(/\bwarning\b(?!s: 0)/i);
});

const API_PAGES = [
  'API.md',
  ...['aws', 'docker', 'local', 'platform'].map((page) => `docs/api/${page}.md`),
];

test(
  'the API docs are what jsii-docgen makes of the doc comments',
  () => {
    needBuild();
    const fresh = join(copy, 'fresh');
    expectClean(
      run(process.execPath, [join(root, 'scripts/api-docs.mjs'), fresh], { cwd: copy }),
      'scripts/api-docs.mjs fails',
    );
    expect(readdirSync(join(fresh, 'docs/api')).map((page) => `docs/api/${page}`)).toEqual(
      API_PAGES.slice(1),
    );
    for (const page of API_PAGES) {
      const committed = existsSync(join(root, page)) ? readFileSync(join(root, page), 'utf8') : '';
      if (readFileSync(join(fresh, page), 'utf8') !== committed) {
        throw new Error(
          `${page} is out of date: npm run docs\n\n${run('diff', [join(root, page), join(fresh, page)]).output}`,
        );
      }
    }
  },
  PATIENCE,
);

test(
  'the package holds what users need and nothing else',
  () => {
    const files = packed();
    const beside = files.filter((path) => !path.startsWith('build/')).sort();
    expect(beside).toEqual([...BESIDE_BUILD].sort());
    const inBuild = files.filter((path) => path.startsWith('build/'));
    expect(inBuild).toEqual(
      expect.arrayContaining([
        'build/index.js',
        'build/index.d.ts',
        'build/local-agent/agent.js',
        'build/platform/aws/index.js',
        'build/platform/docker/index.js',
        'build/platform/index.js',
        'build/platform/local/index.js',
        'build/testing/index.js',
        'build/testing/index.d.ts',
      ]),
    );
    expect(inBuild.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
  },
  PATIENCE,
);

test(
  'every file that package.json names is in the package',
  () => {
    const files = packed();
    const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as {
      main: string;
      types: string;
      exports: Record<string, string | Record<string, string>>;
    };
    const named = [
      manifest.main,
      manifest.types,
      ...Object.values(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
    ].map((path) => path.replace(/^\.\//, ''));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  },
  PATIENCE,
);

test(
  'the library loads when neither provider is installed',
  () => {
    needBuild();
    // Installed they may be in node_modules, as development dependencies.
    const script = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        if (request.startsWith('@cdktf/provider-')) {
          throw new Error(request + ' was asked for');
        }
        return resolve.call(this, request, ...rest);
      };
      require('./build/index.js');
      require('./build/testing/index.js');
    `;
    expectClean(run(process.execPath, ['-e', script], { cwd: copy }), 'the library does not load');
  },
  PATIENCE,
);

test.each(['aws', 'docker', 'local'])(
  'the platform %s loads no other one',
  (platform) => {
    needBuild();
    const script = `
      require('./build/platform/${platform}/index.js');
      const loaded = Object.keys(require.cache)
        .map((file) => /build.platform.(aws|docker|local)./.exec(file)?.[1])
        .filter((other) => other !== undefined);
      console.log([...new Set(loaded)].join());
    `;
    const ended = run(process.execPath, ['-e', script], { cwd: copy });
    expectClean(ended, 'the platform does not load');
    expect(ended.output.trim()).toBe(platform);
  },
  PATIENCE,
);

test.each([
  ['node10', 'commonjs'],
  ['node16', 'node16'],
  ['bundler', 'esnext'],
])(
  'TypeScript finds the library and its test helpers with moduleResolution %s',
  (moduleResolution, module) => {
    needBuild();
    const consumer = join(copy, `consumer-${moduleResolution}`);
    const modules = join(consumer, 'node_modules');
    mkdirSync(join(modules, '@types'), { recursive: true });
    symlinkSync(copy, join(modules, 'cdktf-aiwm'));
    for (const name of ['cdktf', 'constructs', '@types/node', '@types/jest']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    writeFileSync(
      join(consumer, 'main.ts'),
      ['', '/aws', '/docker', '/local', '/platform', '/testing']
        .map((path, index) => `export * as module${index} from 'cdktf-aiwm${path}';\n`)
        .join(''),
    );
    const options = ['--noEmit', '--strict', '--target', 'es2020', '--skipLibCheck'];
    const types = runTool(
      'tsc',
      [...options, '--module', module, '--moduleResolution', moduleResolution, 'main.ts'],
      consumer,
    );
    expectClean(types, 'TypeScript refuses the package');
  },
  PATIENCE,
);
