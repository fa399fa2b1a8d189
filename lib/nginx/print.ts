import type { Comment, Directive, Entry } from './directive';
import { isDirective } from './directive';
import { excerpt, NginxTextError } from './text-error';

const INDENT = '    ';

/** nginx reads its configuration through a buffer of 4096 bytes; no word may be longer. */
const MAX_WORD_BYTES = 4000;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

/** A private-use character stands for a text that is filled in later, and may hold any of the others. */
const NEEDS_QUOTES = /[\s;{}"'#\ue000-\uf8ff]/;

/** The configuration as nginx reads it: stable order, one directive a line. */
export function print(entries: readonly Entry[]): string {
  return printEntries(entries, 0);
}

function printEntries(entries: readonly Entry[], depth: number): string {
  return entries.map((entry) => printEntry(entry, depth)).join('');
}

function printEntry(entry: Entry, depth: number): string {
  if (isDirective(entry)) {
    return printDirective(entry, depth);
  }
  return 'comment' in entry ? printComment(entry, depth) : '\n';
}

function printComment({ comment }: Comment, depth: number): string {
  return `${INDENT.repeat(depth)}# ${refuseUnprintable(comment)}\n`;
}

function printDirective({ name, args, block, wrapped }: Directive, depth: number): string {
  const indent = INDENT.repeat(depth);
  // The lines of a log format look alike, whether or not one of them holds a quote.
  const words = [name, ...args].map((word) => quote(word, wrapped ? "'" : '"'));
  const line = wrapped ? wrap(words, indent) : words.join(' ');
  return block === undefined
    ? `${indent}${line};\n`
    : `${indent}${line} {\n${printEntries(block, depth + 1)}${indent}}\n`;
}

/** The first two words on the first line, each further one on its own. */
function wrap([name, first, ...rest]: readonly string[], indent: string): string {
  return [`${name} ${first}`, ...rest.map((word) => `${indent}${INDENT}${word}`)].join('\n');
}

/**
 * One word of nginx syntax.
 *
 * @throws NginxTextError for what cannot be said inside one word, or what Terraform would read as a template
 */
export function quote(word: string, preferred: "'" | '"' = '"'): string {
  refuseUnprintable(word);
  if (Buffer.byteLength(word) > MAX_WORD_BYTES) {
    throw new NginxTextError(
      `a word of ${Buffer.byteLength(word)} bytes: nginx reads at most ${MAX_WORD_BYTES}`,
    );
  }
  if (word !== '' && !NEEDS_QUOTES.test(word)) {
    return escapeBackslashes(word);
  }
  const other = preferred === '"' ? "'" : '"';
  const mark = word.includes(preferred) && !word.includes(other) ? other : preferred;
  return mark + escapeBackslashes(word).split(mark).join(`\\${mark}`) + mark;
}

/** nginx drops a backslash before a quote or a backslash and reads \t, \r, \n; elsewhere it keeps it. */
function escapeBackslashes(word: string): string {
  return word.replace(/\\(?=["'\\trn]|$)/g, '\\\\');
}

function refuseUnprintable(text: string): string {
  const control = CONTROL_CHARACTER.exec(text);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0');
    throw new NginxTextError(`a control character (U+${code.toUpperCase()}) in ${excerpt(text)}`);
  }
  if (/[$%]\{/.test(text)) {
    throw new NginxTextError(
      `"\${" or "%{" in ${excerpt(text)}: Terraform would read it as a template; write $name without braces`,
    );
  }
  return text;
}
