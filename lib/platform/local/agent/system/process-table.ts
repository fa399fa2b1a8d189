import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Entry of the process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly group: number;
  /** Id of the session; undefined where `ps` does not report it reliably. */
  readonly session: number | undefined;
  /** Whether it has exited and its parent has not collected it, which in a container may never happen. */
  readonly zombie: boolean;
  /** Time of its start. Together with the pid it identifies a process, since the kernel reuses pids. */
  readonly started: string;
}

const onLinux = process.platform === 'linux';

export function readProcess(pid: number): ProcessRow | undefined {
  if (onLinux) {
    return readStat(pid);
  }
  return runPs(['-p', String(pid)])[0];
}

export function listProcesses(): ProcessRow[] {
  if (onLinux) {
    return pidsOfProc()
      .map(readStat)
      .filter((row) => row !== undefined);
  }
  return runPs(['-ax']);
}

/** Ids of all processes in /proc; Linux only. */
export function pidsOfProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

let boot: string | undefined;

function readStat(pid: number): ProcessRow | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in parentheses may itself contain blanks and parentheses. The third field follows the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group, session] = fields;
  const ticks = fields[19];
  // Ticks count from the boot, so the same number can occur again after the next one.
  boot ??= readBootId();
  return {
    pid,
    group: Number(group),
    session: Number(session),
    zombie: state === 'Z' || state === 'X',
    started: `${boot}:${ticks}`,
  };
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 8);
  } catch {
    // Some sandboxes hide it.
    return 'unknown';
  }
}

function runPs(selection: string[]): ProcessRow[] {
  let output: string;
  try {
    output = execFileSync('ps', [...selection, '-o', 'pid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // ps -p exits with 1 if there is no such process.
    return [];
  }
  return output
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, group, state, started]) => ({
      pid: Number(pid),
      group: Number(group),
      session: undefined,
      zombie: state?.startsWith('Z') ?? false,
      started: started ?? '',
    }));
}
