// Processes that a test starts: each is stopped by its own id, at the latest when the test process has ended.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { closeAtCleanUp, isClosed } from './clean-up';
import { request } from '../front/http';
import { forget, stopAtEnd } from './reaper';
import { sleep, waitFor } from './wait';

export interface ChildOptions {
  /** What messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** As much of the output as a message needs; a noisy process must not fill the memory. */
const keptOutput = 200_000;

const ended = Symbol('ended');

export class Child {
  /** How it ended; undefined while it runs. */
  exit: Exit | undefined;

  private text = '';
  private readonly process: ChildProcess;

  constructor(private readonly options: ChildOptions) {
    this.process = spawn(options.command, options.args ?? [], {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A group of its own, so that the reaper reaches nginx's workers as well.
      detached: true,
    });
    this.process.once('error', (error) => {
      this.text += `${error.message}\n`;
      this.end({ code: null, signal: null });
    });
    this.process.once('exit', (code, signal) => this.end({ code, signal }));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.text = (this.text + chunk).slice(-keptOutput);
      });
      // A child that a failed test forgot must not keep jest from ending; the reaper stops it then.
      (stream as Socket | null)?.unref();
    }
    this.process.stdin?.on('error', () => {});
    this.process.stdin?.end(options.input);
    this.process.unref();
    if (this.process.pid !== undefined) {
      stopAtEnd(this.process.pid);
      closeAtCleanUp(this);
    }
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number {
    if (this.process.pid === undefined) {
      throw new Error(`${this.name} could not be started: ${this.output()}`);
    }
    return this.process.pid;
  }

  get isRunning(): boolean {
    return this.exit === undefined;
  }

  /** What it has printed, standard output and standard error together. */
  output(): string {
    return this.text;
  }

  /** Waits until a part of the output matches, and returns the match. */
  waitForLine(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    return this.waitUntil(() => pattern.exec(this.text), timeoutMs, `a line like ${pattern}`);
  }

  /** Waits until the URL answers with status 200. */
  async waitForUrl(url: string, timeoutMs = 10_000): Promise<void> {
    const isHealthy = async () => (await request(url, { timeoutMs: 1_000 })).status === 200;
    await this.waitUntil(isHealthy, timeoutMs, `status 200 from ${url}`);
  }

  async waitForExit(timeoutMs = 10_000): Promise<Exit> {
    return waitFor(
      () => this.exit,
      timeoutMs,
      () => `${this.name} has not ended${this.tail()}`,
    );
  }

  /** Sends a signal; nothing happens when the process has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) {
      this.process.kill(signal);
    }
  }

  /** SIGTERM, and SIGKILL when that has not ended it in time. */
  async stop(graceMs = 5_000): Promise<Exit> {
    this.signal('SIGTERM');
    // A paused process takes notice of SIGTERM only when it goes on.
    this.signal('SIGCONT');
    try {
      return await this.waitForExit(graceMs);
    } catch {
      return this.kill();
    }
  }

  /** For `cleanUp()`. */
  close(): Promise<Exit> {
    return this.stop();
  }

  /** SIGKILL: as a crash or the kernel's out-of-memory killer ends a process. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.waitForExit();
  }

  private async waitUntil<T>(
    condition: () => T | Promise<T>,
    timeoutMs: number,
    what: string,
  ): Promise<NonNullable<T>> {
    const attempt = async () => {
      try {
        return (await condition()) || undefined;
      } catch (error) {
        if (this.isRunning) {
          throw error;
        }
        return undefined;
      }
    };
    let value = await waitFor(
      async () => (await attempt()) ?? (this.isRunning ? undefined : ended),
      timeoutMs,
      () => `${this.name}: no ${what}${this.tail()}`,
    );
    if (value === ended) {
      // What it printed last can arrive after the news of its end.
      await sleep(50);
      value = (await attempt()) ?? ended;
    }
    if (value === ended) {
      throw new Error(`${this.name} ended before there was ${what}${this.tail()}`);
    }
    return value as NonNullable<T>;
  }

  private tail(): string {
    const lines = this.text.trimEnd().split('\n').slice(-15);
    return `; its last lines:\n  ${lines.join('\n  ')}`;
  }

  private end(exit: Exit): void {
    this.exit ??= exit;
    isClosed(this);
    if (this.process.pid !== undefined) {
      forget(this.process.pid);
    }
  }
}

export function startChild(options: ChildOptions): Child {
  return new Child(options);
}
