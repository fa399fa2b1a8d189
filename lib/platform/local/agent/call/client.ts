import { spawn } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { AgentError } from '../system/agent-error';
import { inheritableVariables, withMark } from '../system/environment';
import { lockHolder } from '../system/lock';
import { linesSince, openLog } from '../system/log-file';
import { isRunning } from '../system/processes';
import type { ProcessRef } from '../system/processes';
import { onMessage, send } from './protocol';
import type { Answer, Hello } from './protocol';
import type { Request } from './requests';
import { StateFolder } from '../system/state-folder';
import { quote, seconds, sleep } from '../system/text';
import type { Report } from '../system/text';
import { versionOf } from '../system/version';

/** Time for a supervisor to answer: milliseconds as a rule, seconds on a busy machine. */
const HELLO_MS = 10_000;
const START_MS = 20_000;
/** Number of attempts at a request whose supervisor exits before it is done. */
const ATTEMPTS = 5;

/** Sends a request to the supervisor of a state folder, which is started if none runs. */
export async function ask(state: StateFolder, request: Request, report: Report): Promise<void> {
  const version = versionOf(__filename);
  process.chdir(state.root);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const line = await reach(state, version);
    if (line.hello.version !== version) {
      await talk(line, { verb: 'leave' }, () => undefined);
      await untilGone(line.hello.process);
      continue;
    }
    if ((await talk(line, request, report)) === 'done') {
      return;
    }
    report('the supervisor went away, asking its successor …');
  }
  throw new AgentError(
    `The supervisor exited ${ATTEMPTS} times; its log is ${state.path('logs', 'supervisor.log')}.`,
  );
}

/** Connection to a supervisor that has said hello. */
class Line {
  /** Handler of every message after the hello. */
  onAnswer: (answer: Answer) => void = () => undefined;
  /** Handler of the end of the connection. */
  onEnd: () => void = () => undefined;

  constructor(
    readonly socket: Socket,
    readonly hello: Hello,
  ) {}
}

/** Connects to the supervisor, and starts one if there is none. */
async function reach(state: StateFolder, version: string): Promise<Line> {
  const deadline = Date.now() + START_MS;
  let candidate: Candidate | undefined;
  for (;;) {
    const line = await dial();
    if (line === 'silent') {
      await replace(state);
    } else if (line) {
      return line;
    }
    const holder = lockHolder(state);
    if (holder?.role === 'destroy') {
      throw new AgentError(
        `${state.root} is being destroyed right now (pid ${holder.pid}). Deploy again when that is done.`,
      );
    }
    // A candidate that ended lost the race to another call's, or cannot run at all.
    if (!holder && (!candidate || (candidate.ended && Date.now() - candidate.startedAt > 500))) {
      candidate = startSupervisor(state, version);
    }
    if (Date.now() > deadline) {
      const log = state.path('logs', 'supervisor.log');
      throw new AgentError(
        `The supervisor did not start within ${seconds(START_MS)}. The last lines of ${log}:\n` +
          quote(linesSince(log, 0, 10)),
      );
    }
    await sleep(30);
  }
}

/**
 * Connects to the supervisor. Returns undefined if nothing listens, and 'silent' if what listens does not say hello.
 */
function dial(): Promise<Line | 'silent' | undefined> {
  return new Promise((resolve) => {
    let line: Line | undefined;
    const socket = connect(StateFolder.SOCKET);
    const timer = setTimeout(() => {
      resolve('silent');
      socket.destroy();
    }, HELLO_MS);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
      line?.onEnd();
    });
    onMessage(socket, (message) => {
      if (line) {
        line.onAnswer(message as Answer);
      } else {
        clearTimeout(timer);
        line = new Line(socket, message as Hello);
        resolve(line);
      }
    });
  });
}

/** Sends one request and passes on its progress. Returns 'gone' if the request has to be sent to a successor. */
function talk(line: Line, request: Request, report: Report): Promise<'done' | 'gone'> {
  return new Promise((resolve, reject) => {
    // A supervisor that leaves closes the connection as well.
    line.onEnd = () => resolve('gone');
    line.onAnswer = (answer) => {
      if ('line' in answer) {
        report(answer.line);
      } else if ('done' in answer) {
        resolve('done');
      } else if ('failed' in answer) {
        reject(new AgentError(answer.failed));
      }
    };
    send(line.socket, request);
  });
}

/** Kills a supervisor that hangs. Its children keep running, and the next supervisor adopts them. */
async function replace(state: StateFolder): Promise<void> {
  const holder = lockHolder(state);
  if (holder?.role === 'supervisor') {
    process.kill(holder.pid, 'SIGKILL');
    await untilGone(holder);
  }
}

/** Waits until a supervisor has exited, or its time is over. */
async function untilGone(supervisor: ProcessRef): Promise<void> {
  const deadline = Date.now() + HELLO_MS;
  while (isRunning(supervisor) && Date.now() < deadline) {
    await sleep(20);
  }
}

/** Supervisor that this call has started, and that may lose the race for the lock. */
interface Candidate {
  readonly startedAt: number;
  ended: boolean;
}

/** Starts a supervisor. Several calls may do so at the same time: the lock lets only one of them stay. */
function startSupervisor(state: StateFolder, version: string): Candidate {
  // It runs from its own copy, so that the folder of this call may be removed.
  if (state.read('agent.js') === undefined || versionOf(state.path('agent.js')) !== version) {
    state.write('agent.js', readFileSync(__filename));
  }
  const log = openLog(state.path('logs', 'supervisor.log'));
  const child = spawn(process.execPath, [state.path('agent.js'), 'supervise'], {
    cwd: state.root,
    env: withMark({ ...inheritableVariables(process.env), AIWM_STATE: state.root }, state),
    // In its own session, Ctrl-C in Terraform's terminal does not reach it, nor does the end of that terminal.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const candidate = { startedAt: Date.now(), ended: false };
  child.once('exit', () => (candidate.ended = true));
  child.once('error', () => (candidate.ended = true));
  child.unref();
  return candidate;
}
