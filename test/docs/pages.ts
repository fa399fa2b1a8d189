// The pages that people read, and the blocks of code in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

export const root = join(__dirname, '..', '..');

/** A fenced block of code. */
export interface Block {
  readonly page: string;
  /** Empty where the fence names none. */
  readonly language: string;
  /** Line of the page on which its first line stands, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Pages by their paths from the root, with "/". Those that are generated are not among them. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/chat-service/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.split(sep).join('/')}`)
    .filter((path) => path.endsWith('.md') && !path.startsWith('docs/api/'))
    .sort(),
];

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  read(page)
    .split('\n')
    .forEach((text, index) => {
      const fence = /^```(\S*)$/.exec(text);
      if (fence === null) {
        open?.lines.push(text);
      } else if (open === undefined) {
        open = { language: fence[1]!, line: index + 2, lines: [] };
      } else {
        blocks.push({
          page,
          language: open.language,
          line: open.line,
          text: open.lines.join('\n'),
        });
        open = undefined;
      }
    });
  if (open !== undefined) {
    throw new Error(`${page}:${open.line - 1}: the block has no end`);
  }
  return blocks;
}

/** Blocks of one language, of all pages. */
export function blocksIn(language: string): Block[] {
  return PAGES.flatMap(blocksOf).filter((block) => block.language === language);
}

/** A page without its blocks of code, line by line: what stood in a block is empty. */
export function proseLines(page: string): string[] {
  let inside = false;
  return read(page)
    .split('\n')
    .map((line) => {
      const isFence = line.startsWith('```');
      inside = isFence ? !inside : inside;
      return isFence || inside ? '' : line;
    });
}
