import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { MARK } from '../system/environment';
import { codeOf } from '../system/agent-error';
import { lockHolder, takeLock } from '../system/lock';
import { pidsOfProc } from '../system/process-table';
import { isRunning, killGroup, refOf } from '../system/processes';
import type { ProcessRef } from '../system/processes';
import { StateFolder } from '../system/state-folder';
import { stopUnits } from './stop-units';
import { listNames, sleep } from '../system/text';
import type { Report } from '../system/text';
import { Unit } from './unit';
import { readRecords } from './unit-record';

/**
 * Stops everything that belongs to a state folder, and removes the folder. It needs no supervisor. A running one is
 * ended first, so that it does not restart what is being stopped.
 */
export async function destroy(path: string, report: Report): Promise<void> {
  const state = StateFolder.find(path);
  if (!state) {
    report(`nothing of the agent's is in ${path}, nothing to do`);
    return;
  }
  if (!(await takeLockForDestroy(state))) {
    report(`${path} has been destroyed by another call meanwhile`);
    return;
  }
  const units = readRecords(state).map((record) => Unit.adopt(record, state));
  await stopUnits(units, report);
  await sweep(state, report);
  const left = state.removeAll();
  report(
    left.length === 0
      ? `everything is stopped, ${path} is removed`
      : `everything is stopped; ${path} stays, with files that are not the agent's: ${listNames(left)}`,
  );
}

/** Ends the supervisor and keeps others from starting. Returns false if the folder is gone. */
async function takeLockForDestroy(state: StateFolder): Promise<boolean> {
  const patience = 10_000;
  let request: { holder: ProcessRef; at: number } | undefined;
  for (;;) {
    try {
      if (takeLock(state, 'destroy')) {
        return true;
      }
    } catch (error) {
      // Another call has removed the folder, or is about to.
      if (codeOf(error) !== 'ENOENT') {
        throw error;
      }
      if (!StateFolder.find(state.root)) {
        return false;
      }
    }
    const holder = lockHolder(state);
    if (holder?.role === 'supervisor') {
      if (request?.holder.mark !== holder.mark) {
        process.kill(holder.pid, 'SIGTERM');
        request = { holder, at: Date.now() };
      } else if (Date.now() - request.at > patience) {
        process.kill(holder.pid, 'SIGKILL');
      }
    }
    await sleep(30);
  }
}

/**
 * Ends processes that are not recorded: one that left its group, or one that was started just before its supervisor was
 * killed. Only Linux lets the agent find them.
 */
async function sweep(state: StateFolder, report: Report): Promise<void> {
  if (process.platform !== 'linux') {
    return;
  }
  for (const pid of pidsOfProc().filter((each) => each !== process.pid)) {
    const ref = refOf(pid);
    if (!ref || !isRunning(ref) || !belongsTo(pid, state)) {
      continue;
    }
    report(`stopping a process that was left behind (pid ${pid})`);
    process.kill(pid, 'SIGKILL');
    await killGroup(ref);
  }
}

function belongsTo(pid: number, state: StateFolder): boolean {
  try {
    if (
      readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${state.root}`)
    ) {
      return true;
    }
    // nginx and Redis overwrite their environment with their titles; here, each works in its own folder.
    const title = basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0: ]/)[0] ?? '');
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    return (
      (title === 'nginx' && folder.startsWith(`${state.path('nginx')}/`)) ||
      (/^(redis|valkey)-server$/.test(title) && folder.startsWith(`${state.path('redis')}/`))
    );
  } catch {
    // It has exited, or belongs to another user.
    return false;
  }
}
