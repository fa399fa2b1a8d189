import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf } from './agent-error';
import { isRunning, refOf } from './processes';
import type { ProcessRef } from './processes';
import type { StateFolder } from './state-folder';

/** Who may act on a state folder: its supervisor, or a call that destroys it. */
export interface Holder extends ProcessRef {
  readonly role: 'supervisor' | 'destroy';
}

/*
 * One process at a time holds the lock, until it dies. Node has no flock, and a single lock file cannot be taken over
 * from a dead holder without a moment in which two takers both succeed. So each holder makes a file with the next
 * number: link() lets one process make it, and the highest number is the holder.
 */

/** Takes the lock unless a living process holds it. */
export function takeLock(state: StateFolder, role: Holder['role']): boolean {
  const me = refOf(process.pid);
  if (!me) {
    throw new Error('this process is not in the process table');
  }
  if (!existsSync(state.path('locks'))) {
    // Not with parents: the folder may have been removed meanwhile.
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
      // The number may have been used and cleared away since it was looked up; then there is a higher one.
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

/** Whether the calling process holds the lock: not after somebody removed the state folder by hand. */
export function holdsLock(state: StateFolder): boolean {
  return lockHolder(state)?.pid === process.pid;
}

/** The living process that holds the lock. */
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
