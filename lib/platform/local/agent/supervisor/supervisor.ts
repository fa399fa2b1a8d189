import { appendFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { AgentError, messageOf } from '../system/agent-error';
import { Fleet } from './fleet';
import { bringInstance } from './bring-instance';
import { holdsLock, takeLock } from '../system/lock';
import { boundLog } from '../system/log-file';
import { bringNginx } from './bring-nginx';
import { refOf } from '../system/processes';
import { onMessage, send } from '../call/protocol';
import type { Answer, Hello } from '../call/protocol';
import { bringRedis } from './bring-redis';
import type { Request } from '../call/requests';
import { stopUnlisted } from './roster';
import { StateFolder } from '../system/state-folder';
import { stopUnits } from './stop-units';
import type { Report } from '../system/text';
import { versionOf } from '../system/version';

const LOG_CHECK_MS = 30_000;
const LOCK_CHECK_MS = 500;

/*
 * The supervisor is the only process that acts on a state folder. It serves requests one after the other and keeps the
 * units running in between.
 *
 * It may exit at any time. SIGTERM, SIGINT and SIGKILL end it and leave its children running without a watch. The next
 * call of the agent starts another supervisor, which adopts them. Only destroy stops them.
 */
/** Runs the supervisor of a state folder. */
export async function supervise(path: string): Promise<void> {
  // The call that started this process has created the folder. If it is gone, a destroy was faster.
  const state = StateFolder.find(path);
  if (!state) {
    return;
  }
  // Sockets are named relative to the state folder.
  process.chdir(state.root);
  const me = refOf(process.pid);
  if (!me || !takeLock(state, 'supervisor')) {
    // Another supervisor was faster.
    return;
  }
  const log = logTo(state);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log(`${signal}: leaving; the units run on, unwatched`);
      process.exit(0);
    });
  }
  process.on('SIGHUP', () => undefined);
  // An unexpected error must not keep the units from being watched.
  process.on('uncaughtException', (error) => log(`unexpected: ${error.stack ?? error}`));
  process.on('unhandledRejection', (reason) =>
    log(`unexpected: ${reason instanceof Error ? reason.stack : String(reason)}`),
  );
  setInterval(() => boundLogs(state), LOG_CHECK_MS);

  const version = versionOf(__filename);
  const startedAt = new Date().toISOString();
  state.write('supervisor.json', `${JSON.stringify({ pid: process.pid, version, startedAt })}\n`);
  log(`supervisor ${version} started (pid ${process.pid})`);

  const fleet = new Fleet(state, log);
  const queue = new Queue(fleet, log);
  queue.add(() => fleet.recover());
  listen({ version, process: me }, queue, log);
  const lockCheck = setInterval(() => {
    if (!holdsLock(state)) {
      clearInterval(lockCheck);
      queue.add(() => abandon(fleet, log));
    }
  }, LOCK_CHECK_MS);
}

/** Stops all units after the state folder was removed by hand, since no call can reach them any more. */
async function abandon(fleet: Fleet, log: Report): Promise<void> {
  const units = fleet.units();
  await Promise.all(units.map((unit) => fleet.release(unit.name)));
  await stopUnits(units, log).finally(() => process.exit(0));
}

/** Queue that serves requests one after the other. */
class Queue {
  private tail: Promise<void> = Promise.resolve();
  private leaving = false;

  constructor(
    private readonly fleet: Fleet,
    private readonly log: Report,
  ) {}

  add(work: () => Promise<void>): void {
    this.tail = this.tail.then(work).catch((error) => this.log(`failed: ${messageOf(error)}`));
  }

  take(request: Request, answer: (answer: Answer) => void): void {
    this.add(async () => {
      if (this.leaving) {
        answer({ leaving: true });
        return;
      }
      const report: Report = (line) => {
        this.log(line);
        answer({ line });
      };
      try {
        await this.work(request, report);
        answer({ done: true });
      } catch (error) {
        this.log(
          `failed: ${(!(error instanceof AgentError) && stackOf(error)) || messageOf(error)}`,
        );
        answer({ failed: messageOf(error) });
      }
    });
  }

  private async work(request: Request, report: Report): Promise<void> {
    switch (request.verb) {
      case 'instance':
        return bringInstance(this.fleet, request, report);
      case 'redis':
        return bringRedis(this.fleet, request, report);
      case 'nginx':
        return bringNginx(this.fleet, request, report);
      case 'roster':
        return stopUnlisted(this.fleet, request, report);
      case 'resume':
        return this.fleet.resume(report);
      case 'leave':
        // No unit may be in the middle of a restart when the successor reads the records.
        this.leaving = true;
        await Promise.all(this.fleet.units().map((unit) => this.fleet.release(unit.name)));
        this.log('leaving to another version of the agent; the units run on');
        setTimeout(() => process.exit(0), 100);
        return undefined;
    }
  }
}

function listen(hello: Hello, queue: Queue, log: Report): void {
  // This process holds the lock, so an existing socket belongs to a dead supervisor.
  rmSync(StateFolder.SOCKET, { force: true });
  const server = createServer((socket: Socket) => {
    socket.on('error', () => socket.destroy());
    send(socket, hello);
    onMessage(socket, (message) =>
      queue.take(message as Request, (answer) => {
        send(socket, answer);
        if (!('line' in answer)) {
          socket.end();
        }
      }),
    );
  });
  server.on('error', (error) => {
    log(`cannot listen on ${StateFolder.SOCKET}: ${error.message}`);
    process.exit(1);
  });
  server.listen(StateFolder.SOCKET);
}

function logTo(state: StateFolder): Report {
  const file = state.path('logs', 'supervisor.log');
  return (line) => {
    try {
      appendFileSync(file, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 });
    } catch {
      // Neither a full disk nor a folder that was removed by hand is a reason to stop watching.
    }
  };
}

function boundLogs(state: StateFolder): void {
  const folders = ['logs', ...state.list('nginx').map((unit) => `nginx/${unit}/logs`)];
  for (const folder of folders) {
    state
      .list(folder)
      .filter((file) => file.endsWith('.log'))
      .forEach((file) => boundLog(state.path(folder, file)));
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
