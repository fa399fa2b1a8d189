// The API docs, out of the doc comments: API.md for the root of the library, and a page for each submodule in docs/api.
// Needs a build: `npm run docs`.
//
//   node scripts/api-docs.mjs [folder]      writes them below another folder
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = resolve(process.argv[2] ?? root);
const docgen = createRequire(import.meta.url).resolve('jsii-docgen/bin/jsii-docgen');
// Absolute, as npm shows API.md without the pages beside it.
const PAGES = 'https://github.com/cdktf-aiwm/cdktf-aiwm/blob/main/docs/api';

const folder = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-docs-'));
try {
  execFileSync(
    process.execPath,
    [docgen, '--split-by-submodule', '--output', join(folder, 'API.md')],
    { cwd: process.cwd(), stdio: 'inherit' },
  );
  mkdirSync(join(target, 'docs/api'), { recursive: true });
  for (const page of readdirSync(folder)) {
    const text = readFileSync(join(folder, page), 'utf8');
    if (page === 'API.md') {
      writeFileSync(join(target, page), text.replaceAll(/\]\(\.\/(\w+\.md)\)/g, `](${PAGES}/$1)`));
    } else {
      writeFileSync(join(target, 'docs/api', page), text);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
