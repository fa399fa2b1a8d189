import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtEnd } from './reaper';

/** A new folder that is removed when the test process ends. Short, because unix sockets are put below it. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `aiwm-${name}-`));
  removeAtEnd(folder);
  return folder;
}
