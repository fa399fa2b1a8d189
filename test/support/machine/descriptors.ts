// How many files and sockets a process may have open, which is what bounds the number of WebSockets.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Raises the limit of this process, and so of what it starts, as far as it may: root beyond the hard limit, others up to
 * it. Returns what is allowed now.
 */
export function raiseDescriptorLimit(wanted: number): number {
  const pid = String(process.pid);
  if (descriptorLimit() < wanted) {
    // Either may fail: without the program or the right to do it, things stay as they are.
    spawnSync('prlimit', ['--pid', pid, `--nofile=${wanted}:${wanted}`]);
  }
  return descriptorLimit();
}

/** The soft limit of this process; Node itself has raised it to the hard one at its start. */
function descriptorLimit(): number {
  const [, soft = ''] =
    /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Infinity : Number(soft);
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
