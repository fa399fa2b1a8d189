// What the pages look like: README fits on a page, the pages of platforms are alike, every page begins with an example,
// and the picture of the layers is the rule.
import { LAYERS } from '../../scripts/house-rules.mjs';
import { blocksOf, PAGES, proseLines, read } from './pages';

test('README has 150 lines at most', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

test('README has no line of more than 120 characters, but for the addresses of links', () => {
  const long = proseLines('README.md')
    .filter((line) => !/^\[[^\]]+\]: /.test(line))
    .map((line) => line.replace(/\]\([^)]*\)/g, ']').replace(/ {2,}|-{4,}/g, ' '))
    .filter((line) => [...line].length > 120);
  expect(long).toEqual([]);
});

test('README has the two commands of a fresh clone', () => {
  const commands = blocksOf('README.md').filter(({ language }) => language === 'sh');
  expect(commands.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['npm ci && npm run demo', 'npm ci && npm test']),
  );
});

test.each(['local', 'docker', 'docker-swarm', 'aws'])(
  'the page of the platform %s has the headings of all',
  (name) => {
    const headings = proseLines(`docs/platforms/${name}.md`)
      .filter((line) => line.startsWith('## '))
      .map((line) => line.slice(3));
    expect(headings).toEqual([
      'Example',
      'What it creates',
      'A new configuration',
      'A new version of the service',
      'When something fails',
      'Secrets and state',
      'Limits',
    ]);
  },
);

test.each(PAGES.filter((page) => page.startsWith('docs/')))('%s begins with an example', (page) => {
  const lines = read(page).split('\n');
  const example = lines.findIndex((line) => line.startsWith('```'));
  const headings = lines.flatMap((line, index) => (line.startsWith('## ') ? [index] : []));
  expect(lines[0]).toMatch(/^# \S/);
  expect(example).toBeGreaterThan(0);
  // Behind one heading, "Example", at most.
  expect(example).toBeLessThan(headings[1] ?? lines.length);
});

/** Sentences of the prose, of list items and of the cells of tables; code counts as one word. */
function sentencesOf(page: string): string[] {
  const text = proseLines(page)
    .filter((line) => !/^(#|\[[^\]]+\]: )/.test(line))
    .map((line) => line.replace(/^\s*(- |\d+\. |> |\|)/, '\n\n').replaceAll('|', '\n\n'))
    .join('\n')
    .replace(/`[^`\n]*`/g, 'code')
    .replace(/\]\([^)]*\)/g, ']');
  return text
    .split(/\n{2,}|(?<=[.:!?;])\s+/)
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim());
}

test.each(PAGES)('no sentence of %s has more than 25 words', (page) => {
  const sentences = sentencesOf(page);
  const words = (text: string) => text.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word));
  expect(sentences.length).toBeGreaterThan(3);
  expect(sentences.filter((sentence) => words(sentence).length > 25)).toEqual([]);
});

test('the picture in CONTRIBUTING is the list of layers, from the top down', () => {
  const [picture] = blocksOf('CONTRIBUTING.md').filter(({ text }) => text.includes('lib/nginx'));
  const drawn = picture!.text.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(drawn).toEqual([...LAYERS].reverse());
});
