import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Fleet } from './fleet';
import { redisFolder } from '../units/redis-runnable';
import type { RedisRequest } from '../call/requests';
import { roll } from './roll';
import type { StateFolder } from '../system/state-folder';
import { hostAndPort } from '../system/text';
import type { Report } from '../system/text';
import type { RedisSpec } from './unit-record';

/** Brings a Redis to its specification. */
export async function bringRedis(
  fleet: Fleet,
  request: RedisRequest,
  report: Report,
): Promise<void> {
  const { unit: name, executable, listen, maxMemory, outputBufferLimit } = request;
  await fleet.exclusively(name, 'redis', async (unit) => {
    const next: RedisSpec = {
      kind: 'redis',
      executable,
      listen,
      maxMemory,
      outputBufferLimit,
      password: request.password ?? generatedPassword(fleet.state, name),
    };
    const unchanged = JSON.stringify(unit.spec) === JSON.stringify(next);
    if (unchanged && (await unit.untilHealthy(Date.now() + 5000)) === undefined) {
      report(`${name}: unchanged and healthy on ${hostAndPort(listen)}, nothing to do`);
      return;
    }
    await roll(fleet, unit, next, unchanged, report);
  });
}

/** Password that is generated once and kept: another one would restart every client. */
function generatedPassword(state: StateFolder, unit: string): string {
  const file = `redis/${unit}/password`;
  const present = state.read(file)?.trim();
  if (present) {
    return present;
  }
  const password = randomBytes(32).toString('hex');
  mkdirSync(redisFolder(state, unit), { recursive: true, mode: 0o700 });
  state.write(file, `${password}\n`);
  return password;
}
