import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf } from './agent-error';
import { isRunning, refOf } from './processes';
import type { ProcessRef } from './processes';
import type { StateFolder } from './state-folder';

/** Process that may act on a state folder: its supervisor, or a call that destroys it. */
export interface Holder extends ProcessRef {
  readonly role: 'supervisor' | 'destroy';
}

/*
 * One process at a time holds the lock, until it exits. Node has no flock, and two processes could both take over a
 * single lock file from a dead holder. So each holder creates a file with the next number. link() lets only one process
 * create it, and the highest number is the holder.
 */

/** Takes the lock, unless a running process holds it. Returns whether it did. */
export function takeLock(state: StateFolder, role: Holder['role']): boolean {
  const me = refOf(process.pid);
  if (!me) {
    throw new Error('this process is not in the process table');
  }
  if (!existsSync(state.path('locks'))) {
    // Without parents, since the state folder may have been removed meanwhile.
    mkdirSync(state.path('locks'), { mode: 0o700 });
  }
  const draft = state.path('locks', `draft.${process.pid}`);
  writeFileSync(draft, JSON.stringify({ ...me, role }), { mode: 0o600 });
  try {
    for (;;) {
      const highest = highestLock(state);
      if (highest.holder && isRunning(highest.holder)) {
        return false;
      }
      const lockFile = state.path('locks', String(highest.number + 1));
      try {
        linkSync(draft, lockFile);
      } catch (error) {
        if (codeOf(error) === 'EEXIST') {
          continue;
        }
        throw error;
      }
      // The number may have been used and removed since it was looked up. Then there is a higher one.
      if (highestLock(state).number > highest.number + 1) {
        rmSync(lockFile, { force: true });
        continue;
      }
      numbers(state)
        .filter((number) => number <= highest.number)
        .forEach((number) => rmSync(state.path('locks', String(number)), { force: true }));
      return true;
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether the calling process holds the lock. It does not after the state folder was removed by hand. */
export function holdsLock(state: StateFolder): boolean {
  return lockHolder(state)?.pid === process.pid;
}

/** Running process that holds the lock. */
export function lockHolder(state: StateFolder): Holder | undefined {
  const { holder } = highestLock(state);
  return holder && isRunning(holder) ? holder : undefined;
}

function highestLock(state: StateFolder): { number: number; holder?: Holder } {
  const number = Math.max(0, ...numbers(state));
  const text = number > 0 ? state.read(`locks/${number}`) : undefined;
  return { number, holder: text ? (JSON.parse(text) as Holder) : undefined };
}

function numbers(state: StateFolder): number[] {
  return state
    .list('locks')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
