// Texts that people review as files of their own. `npm run test:update` writes them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const goldenFolder = join(__dirname, '../../golden');

/** Fails with a diff of lines when the text is not the committed one. */
export function expectGolden(name: string, text: string): void {
  const file = join(goldenFolder, name);
  if (isUpdating()) {
    mkdirSync(goldenFolder, { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) {
    throw new Error(`test/golden/${name} is missing: npm run test:update`);
  }
  expect(text.split('\n')).toEqual(readFileSync(file, 'utf8').split('\n'));
}

/** jest tells matchers, by a property without a type, whether snapshots are being written anew. */
function isUpdating(): boolean {
  const { snapshotState } = expect.getState() as {
    snapshotState?: { _updateSnapshot?: string };
  };
  return snapshotState?._updateSnapshot === 'all';
}
