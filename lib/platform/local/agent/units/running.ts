import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { AgentError, codeOf, messageOf } from '../system/agent-error';
import { openLog } from '../system/log-file';
import { refOf, seemsToRun } from '../system/processes';
import type { ProcessRef } from '../system/processes';

/** Command and surroundings of a child process. */
export interface Launch {
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: string;
}

const ADOPTED_POLL_MS = 500;

/** Running process of a unit: a child of this supervisor, or one that it adopted from an earlier one. */
export class Running {
  /** Resolves when the process has ended, with its exit code or signal in words. */
  readonly ended: Promise<string>;
  /** Exit code or signal in words; undefined while it runs. */
  endedWith: string | undefined;

  /**
   * Starts a child in its own session, and so in its own process group.
   *
   * @param record - called at once with the child, so that there is no time in which it is not recorded
   */
  static async start(launch: Launch, record: (ref: ProcessRef) => void): Promise<Running> {
    const [executable, ...args] = launch.command;
    const log = openLog(launch.log);
    let child;
    try {
      child = spawn(executable ?? '', args, {
        cwd: launch.workingDirectory,
        env: launch.environment,
        detached: true,
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
    const failure = new Promise<Error>((resolve) => child.once('error', resolve));
    if (child.pid === undefined) {
      const error = await failure;
      throw new AgentError(
        `${executable} cannot be started in ${launch.workingDirectory} (${codeOf(error) ?? messageOf(error)}).`,
      );
    }
    const ref = refOf(child.pid);
    if (!ref) {
      throw new AgentError(`${executable} exited as soon as it was started.`);
    }
    try {
      record(ref);
    } catch (error) {
      // Nothing would ever stop a child that is not recorded.
      process.kill(-ref.pid, 'SIGKILL');
      throw error;
    }
    const ended = new Promise<string>((resolve) =>
      child.once('exit', (code, signal) =>
        resolve(signal ? `signal ${signal}` : `exit code ${code}`),
      ),
    );
    return new Running(ref, Date.now(), ended);
  }

  /** Adopts a process that another supervisor started. It is polled, since it is not a child of this one. */
  static adopt(ref: ProcessRef, startedAt: number): Running {
    const ended = new Promise<string>((resolve) => {
      const poll = setInterval(() => {
        if (!seemsToRun(ref)) {
          clearInterval(poll);
          resolve('an unknown exit code');
        }
      }, ADOPTED_POLL_MS);
    });
    return new Running(ref, startedAt, ended);
  }

  private constructor(
    readonly ref: ProcessRef,
    readonly startedAt: number,
    ended: Promise<string>,
  ) {
    this.ended = ended.then((how) => (this.endedWith = how));
  }
}
