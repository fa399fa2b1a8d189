import fc from 'fast-check';
import type { Entry } from '../../lib/nginx/directive';
import { block, comment, directive, GAP, isDirective } from '../../lib/nginx/directive';
import { parse, type ParsedDirective } from '../../lib/nginx/parse';
import { print, quote } from '../../lib/nginx/print';
import { NginxTextError } from '../../lib/nginx/text-error';

/** Characters that nginx gives a meaning to come often. */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...';{}"\'\\#$%~*()= \u00a0ütrn') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
);
const word = fc
  .array(character, { maxLength: 12 })
  .map((characters) => characters.join(''))
  // eslint-disable-next-line no-control-regex -- what print refuses
  .filter((text) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029]|[$%]\{/.test(text));

const { entries } = fc.letrec<{ entries: Entry[]; entry: Entry }>((tie) => ({
  entries: fc.array(tie('entry'), { maxLength: 4 }),
  entry: fc.oneof(
    { maxDepth: 4 },
    fc.record({ name: word, args: fc.array(word, { maxLength: 4 }) }),
    fc.record({
      name: word,
      args: fc.array(word, { minLength: 1, maxLength: 4 }),
      wrapped: fc.constant(true),
    }),
    fc.record({ name: word, args: fc.array(word, { maxLength: 3 }), block: tie('entries') }),
    word.map(comment),
    fc.constant(GAP),
  ),
}));

/** What is left of entries when they have been read again. */
function meaning(list: readonly Entry[]): ParsedDirective[] {
  return list.filter(isDirective).map(({ name, args, block: inner }) => ({
    name,
    args: [...args],
    ...(inner === undefined ? {} : { block: meaning(inner) }),
  }));
}

test('whatever is printed is read as it was meant', () => {
  fc.assert(
    fc.property(entries, (list) => {
      expect(parse(print(list))).toEqual(meaning(list));
    }),
    { numRuns: 3000 },
  );
});

test('a word takes one line, whatever is in it', () => {
  fc.assert(
    fc.property(word, (text) => {
      expect(print([directive('x', text)]).match(/\n/g)).toHaveLength(1);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['plain', 'plain'],
  ['', '""'],
  ['two words', '"two words"'],
  ['a;b', '"a;b"'],
  ['{a}', '"{a}"'],
  ['a#b', '"a#b"'],
  ['say "hi"', `'say "hi"'`],
  ["it's", `"it's"`],
  [`"it's"`, `"\\"it's\\""`],
  ['a\\b', 'a\\b'],
  ['a\\nb', 'a\\\\nb'],
  ['ends in \\', '"ends in \\\\"'],
  ['$http_upgrade', '$http_upgrade'],
  ['~*^https://(?:[a-z0-9-]+\\.)+x\\.org$', '~*^https://(?:[a-z0-9-]+\\.)+x\\.org$'],
])('%j is written %s', (text, written) => {
  expect(quote(text)).toBe(written);
});

test('one directive a line, blocks indented, comments and gaps where they were put', () => {
  const text = print([
    comment('why'),
    directive('worker_processes', 'auto'),
    GAP,
    block('http', [], [block('map', ['$a', '$b'], [directive('default', '')])]),
    { name: 'log_format', args: ['x', '$a ', '"$b" ', "it's ", '$c'], wrapped: true },
  ]);
  expect(text).toBe(
    [
      '# why',
      'worker_processes auto;',
      '',
      'http {',
      '    map $a $b {',
      '        default "";',
      '    }',
      '}',
      'log_format x',
      "    '$a '",
      `    '"$b" '`,
      `    "it's "`,
      '    $c;',
      '',
    ].join('\n'),
  );
});

describe('is refused', () => {
  test.each([
    ['a line break', 'a\nb', 'a control character (U+000A) in "a\\nb"'],
    ['NUL', 'a\0', 'a control character (U+0000) in "a\\u0000"'],
    ['DEL', '\u007f', 'a control character (U+007F)'],
    ['a line separator', '\u2028', 'a control character (U+2028)'],
    ['Terraform’s ${', 'a${b}', '"${" or "%{" in "a${b}"'],
    ['Terraform’s %{', '%{ if x }', '"${" or "%{" in "%{ if x }"'],
    ['an over-long word', 'a'.repeat(4001), 'a word of 4001 bytes: nginx reads at most 4000'],
    ['an over-long word of wide characters', 'ü'.repeat(2001), 'a word of 4002 bytes'],
  ])('%s', (_, text, message) => {
    expect(() => print([directive('x', text)])).toThrow(NginxTextError);
    expect(() => print([directive('x', text)])).toThrow(message);
  });

  test('a line break or a template in a comment', () => {
    expect(() => print([comment('a\nlisten 80;')])).toThrow(NginxTextError);
    expect(() => print([comment('${x}')])).toThrow(NginxTextError);
  });
});

describe('is read as nginx reads it', () => {
  test.each([
    ['a b c;', [{ name: 'a', args: ['b', 'c'] }]],
    ['a{b;}', [{ name: 'a', args: [], block: [{ name: 'b', args: [] }] }]],
    ['a # b;\n c;', [{ name: 'a', args: ['c'] }]],
    ['a b#c;', [{ name: 'a', args: ['b#c'] }]],
    ['a b}c;', [{ name: 'a', args: ['b}c'] }]],
    ['a "b;c" \'d}\';', [{ name: 'a', args: ['b;c', 'd}'] }]],
    ['a b"c;', [{ name: 'a', args: ['b"c'] }]],
    ['a "b\\"c\\\\";', [{ name: 'a', args: ['b"c\\'] }]],
    ['a b\\;c;', [{ name: 'a', args: ['b\\;c'] }]],
    ['a b\u00a0c;', [{ name: 'a', args: ['b\u00a0c'] }]],
    ['if ($a = "b") {}', [{ name: 'if', args: ['($a', '=', 'b', ')'], block: [] }]],
  ])('%j', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each([
    ['a', '"a" does not end in ";"'],
    ['a {', 'a "{" without its "}"'],
    ['a { b; ', 'a "{" without its "}"'],
    ['a { b }', '"b" does not end in ";"'],
    ['}', 'a "}" without its "{"'],
    ['a; }', 'a "}" without its "{"'],
    [';', 'a ";" with no directive before it'],
    ['{ a; }', 'a "{" with no directive before it'],
    ['a "b;', 'a quote is opened and not closed: "\\"b;"'],
    ['a "b"c;', '"c" directly after a closing quote'],
  ])('fails when the text is %j: %s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
