// A real nginx in a folder of its own, laid out as the local platform's agent does it: the folder is the prefix and the
// working directory, `current/` holds nginx.conf with release.conf and tls/, and `status.sock` answers how it is.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { request } from './http';
import { startChild, type Child } from '../machine/process';
import { temporaryFolder } from '../machine/temporary-folder';
import { sleep, waitFor } from '../machine/wait';

export interface NginxOptions {
  /** The text of nginx.conf. */
  readonly configuration: string;
  /** PEM texts for tls/certificate.pem and tls/key.pem. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Further files by their path relative to nginx.conf. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the nginx of the machine. */
  readonly executable?: string;
}

export interface NginxStatus {
  /** Open connections of clients. */
  readonly active: number;
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

export interface NginxWorker {
  readonly pid: number;
  /** Left over from before a reload: serves its open connections and accepts none. */
  readonly shuttingDown: boolean;
}

export class NginxBed {
  static async start(options: NginxOptions): Promise<NginxBed> {
    const bed = new NginxBed(options);
    await bed.start();
    return bed;
  }

  /** The folder given with `-p`. */
  readonly prefix = temporaryFolder('nginx');

  private master: Child | undefined;
  private configuration = '';

  private constructor(private readonly options: NginxOptions) {
    for (const folder of ['current', 'logs', 'temp']) {
      mkdirSync(join(this.prefix, folder));
    }
    const { certificate, files } = options;
    if (certificate) {
      this.write('tls/certificate.pem', certificate.certificate);
      this.write('tls/key.pem', certificate.key);
    }
    for (const [path, text] of Object.entries(files ?? {})) {
      this.write(path, text);
    }
    this.install(options.configuration);
  }

  get pid(): number {
    if (!this.master) {
      throw new Error('nginx was not started');
    }
    return this.master.pid;
  }

  /** Starts it, or starts it again after `stop()`. */
  async start(): Promise<void> {
    await this.test();
    this.master = startChild({
      name: 'nginx',
      command: this.executable,
      args: [...this.arguments(), '-g', this.globals()],
      cwd: this.prefix,
    });
    await this.waitUntilServing([]);
  }

  /**
   * Tests the configuration, swaps it in and reloads; returns when new workers serve. A configuration that nginx
   * refuses is thrown as an error with nginx's words, and the old one stays.
   */
  async reload(configuration: string): Promise<void> {
    const before = this.configuration;
    this.install(configuration);
    try {
      await this.test();
    } catch (error) {
      this.install(before);
      throw error;
    }
    const old = this.workers().map(({ pid }) => pid);
    this.master?.signal('SIGHUP');
    await this.waitUntilServing(old);
  }

  /** Fast by default; `graceful` lets open connections end first. */
  async stop({ graceful = false, timeoutMs = 10_000 } = {}): Promise<void> {
    if (graceful) {
      this.master?.signal('SIGQUIT');
      await this.master?.waitForExit(timeoutMs);
    } else {
      await this.master?.stop();
    }
  }

  /** `nginx -t`; throws with what it prints. */
  async test(): Promise<void> {
    try {
      await promisify(execFile)(
        this.executable,
        [...this.arguments(), '-t', '-g', this.globals()],
        { cwd: this.prefix },
      );
    } catch (error) {
      const output = (error as { stderr?: string }).stderr ?? String(error);
      throw new Error(`nginx -t: ${output}`, { cause: error });
    }
  }

  accessLog(): string[] {
    return this.log('access.log');
  }

  errorLog(): string[] {
    return this.log('error.log');
  }

  /** All lines of requests that are over: nginx writes them a second late at the most. */
  async settledAccessLog(): Promise<string[]> {
    await sleep(1_200);
    return this.accessLog();
  }

  /** nginx writes a line when the request is over, a little after the client has its answer. */
  async waitForAccessLog(pattern: RegExp, timeoutMs = 5_000): Promise<string> {
    return waitFor(
      () => this.accessLog().find((line) => pattern.test(line)),
      timeoutMs,
      () => `no line like ${pattern} in the access log:\n${this.accessLog().join('\n')}`,
    );
  }

  async status(): Promise<NginxStatus> {
    const text = await this.ask('/connections');
    const numbers = (text.match(/\d+/g) ?? []).map(Number);
    if (numbers.length !== 7) {
      throw new Error(`not an answer of stub_status: ${text}`);
    }
    const [active = 0, accepted = 0, handled = 0, requests = 0, ...states] = numbers;
    const [reading = 0, writing = 0, waiting = 0] = states;
    return { active, accepted, handled, requests, reading, writing, waiting };
  }

  /** Which configuration serves: the hash in release.conf. */
  async release(): Promise<string> {
    return (await this.ask('/release')).trim();
  }

  workers(): NginxWorker[] {
    const { pid } = this;
    const children = readProc(`/proc/${pid}/task/${pid}/children`).trim().split(/\s+/);
    return children.flatMap((child) => {
      const title = readProc(`/proc/${child}/cmdline`);
      return title.includes('nginx: worker process')
        ? [{ pid: Number(child), shuttingDown: title.includes('shutting down') }]
        : [];
    });
  }

  private get executable(): string {
    return this.options.executable ?? 'nginx';
  }

  private arguments(): string[] {
    // The error log is named here too, because nginx opens its built-in one before it reads the configuration.
    return ['-p', `${this.prefix}/`, '-c', 'current/nginx.conf', '-e', 'logs/error.log'];
  }

  private globals(): string {
    // The workers of a master that runs as root would be another user, who may not enter the temporary folder.
    const needsUser = process.getuid?.() === 0 && !/^\s*user\s/m.test(this.configuration);
    return `daemon off;${needsUser ? ' user root;' : ''}`;
  }

  private write(path: string, text: string): void {
    const file = join(this.prefix, 'current', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  private install(configuration: string): void {
    this.configuration = configuration;
    this.write('nginx.conf', configuration);
    this.write('release.conf', `return 200 "${releaseOf(configuration)}\\n";\n`);
  }

  private async waitUntilServing(old: readonly number[]): Promise<void> {
    const hasStatus = this.configuration.includes('unix:status.sock');
    await waitFor(
      async () => {
        if (!this.master?.isRunning) {
          return true;
        }
        const fresh = this.workers().filter(({ pid }) => !old.includes(pid));
        const current = !hasStatus || (await this.release()) === releaseOf(this.configuration);
        return fresh.length > 0 && current;
      },
      10_000,
      () => `nginx does not serve:\n${this.errorLog().slice(-10).join('\n')}`,
    );
    if (!this.master?.isRunning) {
      throw new Error(`nginx ended:\n${this.master?.output()}`);
    }
  }

  private async ask(path: string): Promise<string> {
    const socketPath = join(this.prefix, 'status.sock');
    const { status, body } = await request(`http://localhost${path}`, { socketPath });
    if (status !== 200) {
      throw new Error(`status.sock answered ${status} to ${path}: ${body}`);
    }
    return body;
  }

  private log(name: string): string[] {
    return readProc(join(this.prefix, 'logs', name))
      .split('\n')
      .filter(Boolean);
  }
}

function releaseOf(configuration: string): string {
  return createHash('sha256').update(configuration).digest('hex').slice(0, 16);
}

/** Empty when it is gone: processes end and logs are not there yet. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
