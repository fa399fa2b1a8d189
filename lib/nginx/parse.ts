import { excerpt, NginxSyntaxError } from './text-error';

/** A directive as it was read: without comments, so that a block holds directives alone. */
export interface ParsedDirective {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly ParsedDirective[];
}

type Token = { readonly word: string } | { readonly mark: ';' | '{' | '}' };

/** Characters that nginx reads as space between words. Any other character belongs to a word. */
const SPACE = /[ \t\r\n]/;

/**
 * Reads nginx syntax. Comments and empty lines are passed over.
 *
 * @throws NginxSyntaxError for an unbalanced brace, an open quote or a missing semicolon
 */
export function parse(text: string): ParsedDirective[] {
  const tokens = tokenize(text);
  const { directives, next } = parseBlock(tokens, 0, false);
  if (next < tokens.length) {
    throw new NginxSyntaxError('a "}" without its "{"');
  }
  return directives;
}

function parseBlock(
  tokens: readonly Token[],
  start: number,
  nested: boolean,
): { directives: ParsedDirective[]; next: number } {
  const directives: ParsedDirective[] = [];
  let words: string[] = [];
  let at = start;
  for (; at < tokens.length; at++) {
    const token = tokens[at]!;
    if ('word' in token) {
      words.push(token.word);
      continue;
    }
    if (token.mark === '}') {
      refuseUnfinished(words);
      return { directives, next: nested ? at + 1 : at };
    }
    const [name, ...args] = words;
    if (name === undefined) {
      throw new NginxSyntaxError(`a "${token.mark}" with no directive before it`);
    }
    words = [];
    if (token.mark === ';') {
      directives.push({ name, args });
    } else {
      const inner = parseBlock(tokens, at + 1, true);
      directives.push({ name, args, block: inner.directives });
      at = inner.next - 1;
    }
  }
  refuseUnfinished(words);
  if (nested) {
    throw new NginxSyntaxError('a "{" without its "}"');
  }
  return { directives, next: at };
}

function refuseUnfinished(words: readonly string[]): void {
  if (words.length > 0) {
    throw new NginxSyntaxError(`${excerpt(words.join(' '))} does not end in ";"`);
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (SPACE.test(char)) {
      at++;
    } else if (char === '#') {
      at = endOfLine(text, at);
    } else if (char === ';' || char === '{' || char === '}') {
      tokens.push({ mark: char });
      at++;
    } else {
      const { word, next } = char === '"' || char === "'" ? quoted(text, at) : bare(text, at);
      tokens.push({ word: unescape(word) });
      at = next;
    }
  }
  return tokens;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function quoted(text: string, start: number): { word: string; next: number } {
  const mark = text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
    } else if (text[at] === mark) {
      const after = text[at + 1];
      if (after !== undefined && !/[ \t\r\n;{)]/.test(after)) {
        throw new NginxSyntaxError(`"${after}" directly after a closing quote`);
      }
      return { word: text.slice(start + 1, at), next: at + 1 };
    }
  }
  throw new NginxSyntaxError(`a quote is opened and not closed: ${excerpt(text.slice(start))}`);
}

function bare(text: string, start: number): { word: string; next: number } {
  let at = start;
  // nginx ends a bare word at a space, ";" or "{"; "}" and quotes are part of it.
  while (at < text.length && !/[ \t\r\n;{]/.test(text[at]!)) {
    at += text[at] === '\\' ? 2 : 1;
  }
  return { word: text.slice(start, at), next: Math.min(at, text.length) };
}

function unescape(word: string): string {
  const letters: Record<string, string> = { t: '\t', r: '\r', n: '\n' };
  return word.replace(/\\(["'\\trn])/g, (_, char: string) => letters[char] ?? char);
}
