import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import { LocalStack } from '../../examples/local';
import { LocalRedisStack } from '../../examples/local-redis';

/** The nginx.conf with and without the backplane, compared. */
export function showDifference(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-demo-'));
  try {
    const before = join(folder, 'with-backplane.conf');
    const after = join(folder, 'without-backplane.conf');
    // One id for both, so that the first line of the configurations is the same.
    writeFileSync(before, new LocalRedisStack(new App(), 'chat').frontend.configuration);
    writeFileSync(after, new LocalStack(new App(), 'chat').frontend.configuration);
    const color = process.stdout.isTTY ? 'always' : 'never';
    const { stdout, error } = spawnSync(
      'git',
      ['diff', '--no-index', '--unified=1', `--color=${color}`, before, after],
      { encoding: 'utf8' },
    );
    if (error) {
      throw new Error(`git cannot compare them: ${error.message}`);
    }
    // Without git's own heading: the names of temporary files.
    return stdout.split('\n').slice(4).join('\n').trimEnd();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
