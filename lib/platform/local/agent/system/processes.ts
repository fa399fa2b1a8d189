import { AgentError, codeOf } from './agent-error';
import { listProcesses, readProcess } from './process-table';
import { seconds, sleep } from './text';

/** A process that was started by the agent, as it is written down: it outlives the supervisor that started it. */
export interface ProcessRef {
  readonly pid: number;
  /** See ProcessRow.started. */
  readonly mark: string;
}

/** The name by which the process of this pid can be found again. */
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

/** Cheaper than isRunning where looking at a process means starting `ps`; may be wrong when a pid came back. */
export function seemsToRun(ref: ProcessRef): boolean {
  return process.platform === 'linux' ? isRunning(ref) : exists(ref.pid);
}

/**
 * The living processes of a child's group. The child may be dead and its group alive (nginx's workers live on when
 * the master is killed), so the group's id is checked to be still the one that the child gave it.
 */
export function groupOf(ref: ProcessRef): number[] {
  const rows = listProcesses();
  const leader = rows.find((row) => row.pid === ref.pid);
  if (leader && leader.started !== ref.mark) {
    // The kernel gives a pid out again only when no group has it as its id: this one is a stranger's.
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
  // Children are started in a session of their own.
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

/** How a group came to its end. */
export type Ending = 'was not running' | 'stopped' | 'killed';

/** Asks a group to stop, kills what is left after the grace period, and returns when nothing is left. */
export async function stopGroup(ref: ProcessRef, graceMs: number): Promise<Ending> {
  if (groupOf(ref).length === 0) {
    return 'was not running';
  }
  signalGroup(ref, 'SIGTERM');
  // A process that was stopped (SIGSTOP) sees SIGTERM only once it goes on.
  signalGroup(ref, 'SIGCONT');
  if (await goneWithin(ref, graceMs)) {
    return 'stopped';
  }
  await killGroup(ref);
  return 'killed';
}

export async function killGroup(ref: ProcessRef): Promise<void> {
  signalGroup(ref, 'SIGKILL');
  const patience = 10_000;
  if (!(await goneWithin(ref, patience))) {
    throw new AgentError(
      `The process ${ref.pid} and its children cannot be killed: ${seconds(patience)} after SIGKILL ` +
        `${groupOf(ref).join(', ')} still ran.`,
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
