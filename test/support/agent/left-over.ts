// What still runs of something that was to end.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether a process lives. One that has ended and was not collected, as happens in containers, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !/^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`));
}

/** The living processes of a folder: by their environment, command line or working directory. Only Linux tells. */
export function processesOf(folder: string): { pid: number; command: string }[] {
  if (process.platform !== 'linux') {
    return [];
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({
      pid: Number(pid),
      command: read(`/proc/${pid}/cmdline`).replace(/\0/g, ' ').trim(),
    }))
    .filter(
      ({ pid, command }) =>
        // A process that has ended and was not collected has no command line.
        command !== '' &&
        (command.includes(`${folder}/`) ||
          read(`/proc/${pid}/environ`).includes(`=${folder}\0`) ||
          `${workingDirectory(pid)}/`.startsWith(`${folder}/`)),
    );
}

/** Empty when the process is gone, or another user's. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
