import { AgentError, codeOf } from './agent-error';
import { listProcesses, readProcess } from './process-table';
import { seconds, sleep } from './text';

/** Reference to a process, which stays valid when the supervisor that started the process has exited. */
export interface ProcessRef {
  readonly pid: number;
  /** Time of its start, as `ProcessRow.started`. */
  readonly mark: string;
}

/** Reference to the process that has a pid now. */
export function refOf(pid: number): ProcessRef | undefined {
  const row = readProcess(pid);
  return row && { pid, mark: row.started };
}

export function isRunning(ref: ProcessRef): boolean {
  if (!exists(ref.pid)) {
    return false;
  }
  const row = readProcess(ref.pid);
  return row !== undefined && !row.zombie && row.started === ref.mark;
}

/** Like `isRunning`, but cheap where `ps` would have to be started. It may be wrong if the pid is reused. */
export function seemsToRun(ref: ProcessRef): boolean {
  return process.platform === 'linux' ? isRunning(ref) : exists(ref.pid);
}

/**
 * Ids of the running processes of a child's group.
 *
 * The group may outlive the child, as nginx's workers outlive a killed master. So this checks that the group is still
 * the one that the child created.
 */
export function groupOf(ref: ProcessRef): number[] {
  const rows = listProcesses();
  const leader = rows.find((row) => row.pid === ref.pid);
  if (leader && leader.started !== ref.mark) {
    // The kernel reuses a pid only if no group has it as its id, so this group is another one.
    return [];
  }
  return rows
    .filter((row) => row.group === ref.pid && !row.zombie && mayDescendFrom(ref, row))
    .map((row) => row.pid);
}

function mayDescendFrom(ref: ProcessRef, row: { session?: number; started: string }): boolean {
  const [boot, ticks] = ref.mark.split(':');
  const [itsBoot, itsTicks] = row.started.split(':');
  if (row.session === undefined) {
    return true;
  }
  // Each child is started in its own session.
  return row.session === ref.pid && itsBoot === boot && Number(itsTicks) >= Number(ticks);
}

export function signalGroup(ref: ProcessRef, signal: NodeJS.Signals): void {
  if (groupOf(ref).length === 0) {
    return;
  }
  try {
    process.kill(-ref.pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') {
      throw error;
    }
  }
}

/** Way in which a process group ended. */
export type Ending = 'was not running' | 'stopped' | 'killed';

/** Asks a group to stop, kills what is left after the grace period, and waits until nothing is left. */
export async function stopGroup(ref: ProcessRef, graceMs: number): Promise<Ending> {
  if (groupOf(ref).length === 0) {
    return 'was not running';
  }
  signalGroup(ref, 'SIGTERM');
  // A process that was stopped (SIGSTOP) receives SIGTERM only once it continues.
  signalGroup(ref, 'SIGCONT');
  if (await goneWithin(ref, graceMs)) {
    return 'stopped';
  }
  await killGroup(ref);
  return 'killed';
}

/** Kills a group, and waits until nothing is left of it. */
export async function killGroup(ref: ProcessRef): Promise<void> {
  signalGroup(ref, 'SIGKILL');
  const patience = 10_000;
  if (!(await goneWithin(ref, patience))) {
    throw new AgentError(
      `The process ${ref.pid} and its children cannot be killed: ${seconds(patience)} after SIGKILL ` +
        `${groupOf(ref).join(', ')} were still running.`,
    );
  }
}

async function goneWithin(ref: ProcessRef, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 200)) {
    if (groupOf(ref).length === 0) {
      return true;
    }
    const left = deadline - Date.now();
    if (left <= 0) {
      return false;
    }
    await sleep(Math.min(pause, left));
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
