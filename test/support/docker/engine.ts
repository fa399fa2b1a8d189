// A Docker Engine for tests: the one that answers on this machine, else one of our own (engine-guard.mjs), which root
// on Linux can start from Debian's package docker.io. Whether there is one has to be known when a test file is read,
// so that what needs it can be skipped with the reason; that is why starting it is synchronous.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../scripts/machine/nginx-versions.mjs';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { say } from '../machine/say';

const guard = join(__dirname, 'engine-guard.mjs');
// Short and the same for everybody, as there can be one Engine of ours on a machine.
const runFolder = '/run/cdktf-aiwm-docker';
const lockFile = `${runFolder}.lock`;

const startTimeoutMs = 60_000;
/** Another test process has its part of the Engine for as long as one of its test files runs. */
const turnTimeoutMs = 600_000;

/** A part of the Engine, which one test process has at a time: containers of one host, or services of a swarm. */
export type EnginePart = 'host' | 'swarm';

export class Engine {
  constructor(
    /** Of the server, for example 20.10.24. */
    readonly version: string,
    /** Whether it was started for the tests; else it is somebody's, and only what a test made may be removed. */
    readonly isOwn: boolean,
    /** What the Docker client and Terraform's provider need in their environment to find it. */
    readonly environment: Readonly<Record<string, string>>,
    private readonly part: EnginePart,
  ) {}

  /** Runs the Docker client and returns what it printed on standard output; throws with what it said otherwise. */
  async docker(...args: readonly string[]): Promise<string> {
    return (await this.run(args)).stdout.trim();
  }

  /** The last lines that a container has written to its standard output and error. */
  async logs(container: string, lines: number): Promise<string> {
    const { stdout, stderr } = await this.run(['logs', '--tail', String(lines), container]);
    return `${stdout}${stderr}`.trim();
  }

  /** The ends of containers since then, in order. */
  async endsSince(milliseconds: number): Promise<ContainerEnd[]> {
    const since = (milliseconds / 1000).toFixed(3);
    const text = await this.docker(
      ...['events', '--since', since, '--until', (Date.now() / 1000).toFixed(3)],
      ...['--filter', 'type=container', '--filter', 'event=die', '--format', '{{json .}}'],
    );
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { Actor: actor, timeNano } = JSON.parse(line) as {
          Actor: { Attributes: { name: string; exitCode: string } };
          timeNano: number;
        };
        const { name, exitCode } = actor.Attributes;
        return { name, exitCode: Number(exitCode), milliseconds: timeNano / 1e6 };
      });
  }

  /** What the Engine knows about a container, network, volume, image, service or node. */
  async inspect<T>(what: string): Promise<T> {
    const [found] = JSON.parse(await this.docker('inspect', what)) as [T];
    return found;
  }

  /** Lets another test process have this part of the Engine. An Engine of our own ends when nobody takes it for a few seconds. */
  release(): void {
    if (this.isOwn) {
      rmSync(holderFile(this.part), { force: true });
    }
  }

  private run(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)('docker', args, {
      env: { ...process.env, ...this.environment },
      maxBuffer: 64 * 1024 * 1024,
    });
  }
}

export interface ContainerEnd {
  readonly name: string;
  readonly exitCode: number;
  readonly milliseconds: number;
}

export type EngineOrReason =
  | { readonly engine: Engine; readonly reason?: undefined }
  | { readonly engine?: undefined; readonly reason: string };

/** A part of the Engine, for this process alone until `release()`, or why there is none. */
export function dockerEngine(part: EnginePart = 'host'): EngineOrReason {
  if (!findProgram('docker')) {
    return { reason: 'docker is not installed: npm run setup, as root on Debian or Ubuntu' };
  }
  const { version, problem } = askEngine();
  if (version) {
    return { engine: new Engine(version, false, {}, part) };
  }
  const obstacle = whyNotOwn();
  if (obstacle) {
    return { reason: `no Docker Engine answers (${problem}), and ${obstacle}` };
  }
  return ownEngine(part);
}

let found: EngineOrReason | undefined;
let groups = 0;

/**
 * A group of tests that need an Engine. Where there is none, the group consists of one skipped test that says why.
 */
export function describeWithEngine(name: string, tests: (engine: Engine) => void): void {
  describeWithPart('host', name, tests);
}

/** The same for tests that make the Engine a swarm. */
export function describeWithSwarm(name: string, tests: (engine: Engine) => void): void {
  describeWithPart('swarm', name, tests);
}

function describeWithPart(part: EnginePart, name: string, tests: (engine: Engine) => void): void {
  found ??= dockerEngine(part);
  const { engine, reason } = found;
  describe(name, () => {
    if (engine) {
      groups += 1;
      tests(engine);
      // Registered last, so it is the last to run: what the tests have made is taken away with the Engine still there.
      afterAll(() => {
        groups -= 1;
        if (groups === 0) {
          engine.release();
        }
      });
    } else {
      test.skip(`needs a Docker Engine: ${reason}`, () => {});
    }
  });
}

function askEngine(environment: Readonly<Record<string, string>> = {}): {
  version?: string;
  problem?: string;
} {
  const { status, stdout, stderr } = spawnSync(
    'docker',
    ['version', '--format', '{{.Server.Version}}'],
    { encoding: 'utf8', env: { ...process.env, ...environment }, timeout: 10_000 },
  );
  const version = status === 0 ? stdout.trim() : '';
  return version
    ? { version }
    : { problem: stderr.trim().split('\n')[0] || 'docker version said nothing' };
}

function whyNotOwn(): string | undefined {
  if (process.platform !== 'linux') {
    return 'tests can start one on Linux only';
  }
  if (process.getuid?.() !== 0) {
    return 'it takes root to start one';
  }
  const missing = ['dockerd', 'containerd', 'runc', 'iptables', 'ip', 'flock'].filter(
    (program) => !findProgram(program),
  );
  return missing.length > 0
    ? `${missing.join(', ')} is not installed: npm run setup, on Debian or Ubuntu`
    : undefined;
}

function ownEngine(part: EnginePart): EngineOrReason {
  const environment = { DOCKER_HOST: `unix://${runFolder}/docker.sock` };
  const start = Date.now();
  let waiting = false;
  while (Date.now() - start < turnTimeoutMs) {
    const held = hold(part);
    if (held) {
      return awaitEngine(environment, part);
    }
    if (!isGuarded()) {
      // It died with the file there. A new one looks at the file and deletes it.
      startGuard();
    }
    if (!waiting && Date.now() - start > 2_000) {
      waiting = true;
      say(`waiting for the Docker Engine, which another test process has (${readHolder(part)})`);
    }
    pause(250);
  }
  return {
    reason: `another test process has had the Docker Engine for too long (${readHolder(part)})`,
  };
}

function awaitEngine(
  environment: Readonly<Record<string, string>>,
  part: EnginePart,
): EngineOrReason {
  const failure = join(runFolder, 'failure');
  rmSync(failure, { force: true });
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (existsSync(join(runFolder, 'ready'))) {
      const { version } = askEngine(environment);
      if (version) {
        return { engine: new Engine(version, true, environment, part) };
      }
    }
    if (existsSync(failure)) {
      const reason = readFileSync(failure, 'utf8');
      rmSync(runFolder, { recursive: true, force: true });
      return { reason: `a Docker Engine cannot be started here: ${reason}` };
    }
    if (!isGuarded()) {
      startGuard();
    }
    pause(100);
  }
  rmSync(holderFile(part), { force: true });
  return { reason: `the Docker Engine did not start in ${startTimeoutMs / 1000} s` };
}

function holderFile(part: EnginePart): string {
  return join(runFolder, `holder-${part}`);
}

/** Creates the file that says whose this part is; the kernel lets one process succeed. */
function hold(part: EnginePart): boolean {
  const start = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19];
  const me = `${process.pid} ${start}`;
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(holderFile(part), me, { flag: 'wx' });
    return true;
  } catch {
    return readHolder(part) === me;
  }
}

function readHolder(part: EnginePart): string {
  try {
    return readFileSync(holderFile(part), 'utf8');
  } catch {
    return 'nobody';
  }
}

function isGuarded(): boolean {
  return spawnSync('flock', ['--nonblock', lockFile, 'true']).status === 1;
}

function startGuard(): void {
  const dockerd = findProgram('dockerd') as string;
  const child = spawn(
    'flock',
    // prettier-ignore
    ['--nonblock', '--close', lockFile, process.execPath, guard, runFolder, join(cacheFolder(), 'docker'), dockerd],
    { stdio: 'ignore', detached: true, cwd: '/' },
  );
  child.on('error', () => {});
  child.unref();
  // Until it has the lock, or the next look would start another one.
  for (let tries = 0; tries < 40 && !isGuarded(); tries += 1) {
    pause(25);
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
