// Cleans up after this process, however it ends. A listener for the end of the process would not do: jest gives tests
// a copy of `process` that never hears of it, and no listener survives SIGKILL. So a small shell holds the other end of
// a pipe; when the pipe closes, it stops what is still on its list and removes the folders.
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const script = `
trap '' INT TERM HUP
pids='' folders=''
while read -r verb what; do
  case $verb in
    watch) pids="$pids $what" ;;
    forget) kept=''; for p in $pids; do [ "$p" = "$what" ] || kept="$kept $p"; done; pids=$kept ;;
    remove) folders="$folders $what" ;;
  esac
done
for p in $pids; do kill -TERM "-$p" || kill -TERM "$p"; done
[ -z "$pids" ] || sleep 2
for p in $pids; do kill -KILL "-$p" || kill -KILL "$p"; done
for f in $folders; do rm -rf "$f"; done
`;

let pipe: Socket | undefined;

function tell(line: string): void {
  if (!pipe) {
    const shell = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Not in the group that Ctrl-C goes to.
      detached: true,
    });
    pipe = shell.stdin as Socket;
    // Neither the shell nor the pipe keeps a finished test run waiting.
    shell.unref();
    pipe.unref();
  }
  pipe.write(`${line}\n`);
}

/** Stops this process, and its process group if it leads one, when the current process has ended. */
export function stopAtEnd(pid: number): void {
  tell(`watch ${pid}`);
}

/** The process has ended; its id may belong to another one soon. */
export function forget(pid: number): void {
  tell(`forget ${pid}`);
}

/** Removes the folder when the current process has ended. */
export function removeAtEnd(folder: string): void {
  if (!/^\/[\w./-]+$/.test(folder)) {
    throw new Error(`not the path of a temporary folder: ${folder}`);
  }
  tell(`remove ${folder}`);
}
