// Every link of the pages leads somewhere, and every page is two clicks from README at most.
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PAGES, proseLines, read, root } from './pages';

/** The project's own pages as npm's readers reach them. */
const OWN = /^https:\/\/github\.com\/cdktf-aiwm\/cdktf-aiwm\/(?:blob|tree)\/main\/([^#]*)(#.*)?$/;

interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

function linksOf(page: string): Link[] {
  return proseLines(page).flatMap((text, index) => {
    const line = text.replace(/`[^`]*`/g, (code) => code.replace(/[[\]()]/g, ' '));
    const inline = [...line.matchAll(/\]\(([^)\s]+)\)/g)];
    const definitions = [...line.matchAll(/^\[[^\]]+\]: (\S+)$/g)];
    return [...inline, ...definitions].map((match) => ({
      page,
      line: index + 1,
      target: match[1]!,
    }));
  });
}

/** Names that are used as `[text][name]` and defined nowhere. */
function undefinedNames(page: string): string[] {
  const text = proseLines(page).join('\n');
  const defined = [...text.matchAll(/^\[([^\]]+)\]: /gm)].map((match) => match[1]);
  const used = [...text.matchAll(/\]\[([^\]]+)\]/g)].map((match) => match[1]!);
  return used.filter((name) => !defined.includes(name));
}

/** As GitHub makes an anchor of a heading. */
function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>();
  return read(page)
    .split('\n')
    .filter((line) => /^#{1,6} /.test(line))
    .map((line) => {
      const slug = line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
        .replace(/\s/g, '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    });
}

/** The file of the project that a link leads to, from the root; undefined for the rest of the world. */
function ownFile({ page, target }: Link): { path: string; anchor?: string } | undefined {
  const own = OWN.exec(target);
  if (own !== null) {
    return { path: own[1]!.replace(/\/$/, ''), anchor: own[2]?.slice(1) };
  }
  if (/^[a-z]+:/.test(target)) {
    return undefined;
  }
  const [path, anchor] = target.split('#') as [string, string | undefined];
  return { path: path === '' ? page : posix.join(dirname(page), path), anchor };
}

/** Pages of the API reference are generated (`npm run docs`): until a first run they have names only. */
function exists(path: string): boolean {
  const isGenerated = /^docs\/api\/(aws|docker|local|platform)\.md$/.test(path);
  return existsSync(join(root, path)) || (isGenerated && !existsSync(join(root, 'docs', 'api')));
}

function problemOf(link: Link): string | undefined {
  const own = ownFile(link);
  if (own === undefined) {
    return URL.canParse(link.target) && link.target.startsWith('https://')
      ? undefined
      : 'is no address';
  }
  if (!exists(own.path)) {
    return `leads to ${own.path}, which does not exist`;
  }
  const isPage = own.path.endsWith('.md');
  if (own.anchor !== undefined && !(isPage && anchorsOf(own.path).includes(own.anchor))) {
    return `names the heading ${own.anchor}, which ${own.path} does not have`;
  }
  const isTree = /\/tree\/main\//.test(link.target);
  const isBlob = /\/blob\/main\//.test(link.target);
  const isFolder = existsSync(join(root, own.path)) && statSync(join(root, own.path)).isDirectory();
  return (isTree && !isFolder) || (isBlob && isFolder)
    ? `is a ${isTree ? 'folder' : 'file'} for GitHub, and ${own.path} is none`
    : undefined;
}

test.each(PAGES)('the links of %s', (page) => {
  const problems = linksOf(page).flatMap((link) => {
    const problem = problemOf(link);
    return problem === undefined ? [] : [`${page}:${link.line}: ${link.target} ${problem}`];
  });
  expect(problems).toEqual([]);
  expect(undefinedNames(page)).toEqual([]);
});

test('README is read on npm as well, where docs/ is not: its links are absolute', () => {
  const links = linksOf('README.md');
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({ target }) => !target.startsWith('https://'))).toEqual([]);
});

test('every page of docs/ is two clicks from README at most', () => {
  const clicks = new Map([['README.md', 0]]);
  for (const [page, distance] of clicks) {
    for (const own of linksOf(page).map(ownFile)) {
      const next = own?.path;
      if (next !== undefined && PAGES.includes(next) && !clicks.has(next)) {
        clicks.set(next, distance + 1);
      }
    }
  }
  const far = PAGES.filter((page) => page.startsWith('docs/') && (clicks.get(page) ?? 9) > 2);
  expect(far).toEqual([]);
});
