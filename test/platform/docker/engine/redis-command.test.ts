// How Redis is started in its container: by a shell that writes its configuration. The shell is a real one, in a folder
// of the test. Whether a real Redis takes the password is for test/live/docker-values.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { redisCommand } from '../../../../lib/platform/docker/engine/redis-command';
import type { RedisSpec } from '../../../../lib/platform/contract';
import { temporaryFolder } from '../../../support/machine/temporary-folder';

const MIB = 2 ** 20;
const spec: RedisSpec = {
  name: 'backplane',
  engine: 'redis',
  maxMemoryBytes: 256 * MIB,
  outputBuffer: { hardBytes: 64 * MIB, softBytes: 16 * MIB, softSeconds: 60 },
};

/** What an owner may have put into a file, on one line. */
const PASSWORDS = [
  'plain',
  '0123456789abcdef-0123-4567',
  "it's",
  'with "quotes"',
  'with a blank',
  '$HOME `id` $(id)',
  'back\\slash\\n',
  '# no comment',
  '%s %d\\x41',
  'naïve ключ',
  '-n',
];

/** The command with a folder of the test in the place of the container's /tmp. */
function inFolder(folder: string, { entrypoint }: { readonly entrypoint: string[] }): string[] {
  const [shell, option, script] = entrypoint as [string, string, string];
  expect(script).toContain('/tmp/redis.conf');
  return [shell, option, script.split('/tmp/redis.conf').join(join(folder, 'redis.conf'))];
}

/** Runs it with a server that only says how it was called. */
function start(engine: string, password: string): SpawnSyncReturns<string> & { conf: string } {
  const folder = temporaryFolder('redis');
  const server = join(folder, `${engine}-server`);
  writeFileSync(server, '#!/bin/sh\necho "$0 $*"\n');
  chmodSync(server, 0o755);
  const [shell, ...args] = inFolder(folder, redisCommand({ ...spec, engine }, 6379));
  const run = spawnSync(shell!, args, {
    encoding: 'utf8',
    env: { PATH: [folder, process.env.PATH].join(delimiter), AIWM_REDIS_PASSWORD: password },
  });
  return { ...run, conf: join(folder, 'redis.conf') };
}

test.each(['redis', 'valkey'])('%s is started with a file that only it can read', (engine) => {
  const { stdout, stderr, status, conf } = start(engine, 'plain');
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout.trim()).toMatch(new RegExp(`/${engine}-server \\S*/redis\\.conf$`));
  expect(statSync(conf).mode & 0o777).toBe(0o600);
});

test('nothing is kept on disk, memory is limited, and a subscriber that does not read is cut off', () => {
  const lines = readFileSync(start('redis', 'plain').conf, 'utf8').split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'port 6379',
      'bind 0.0.0.0',
      'save ""',
      'appendonly no',
      'maxmemory 256mb',
      'maxmemory-policy noeviction',
      'client-output-buffer-limit pubsub 64mb 16mb 60',
    ]),
  );
});

test('the password is in no argument', () => {
  expect(JSON.stringify(redisCommand(spec, 6379))).toContain('$AIWM_REDIS_PASSWORD');
  expect(start('redis', 'hunter2').stdout).not.toContain('hunter2');
});

test.each(PASSWORDS)('a password changes no other line: %j', (password) => {
  const others = (text: string) => text.split('\n').filter((line) => !/^requirepass /.test(line));
  const { stderr, conf } = start('redis', password);
  expect(stderr).toBe('');
  expect(others(readFileSync(conf, 'utf8'))).toEqual(
    others(readFileSync(start('redis', 'plain').conf, 'utf8')),
  );
});

test.each(['redis', 'valkey'])('the shell reads the script for %s without complaint', (engine) => {
  const { entrypoint } = redisCommand({ ...spec, engine }, 6379);
  const { status, stderr } = spawnSync('sh', ['-n'], {
    input: entrypoint.at(-1),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
