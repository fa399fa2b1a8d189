// The agent of the local platform in a state folder of its own, called as Terraform calls it, with a small service to
// run. The agent is bundled afresh, so that a test never sees an older one. Should the test process die, its folders are
// removed, and a supervisor whose state folder is gone stops its units.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { request } from '../front/http';
import { temporaryFolder } from '../machine/temporary-folder';
import { waitFor } from '../machine/wait';

export interface Call {
  readonly code: number | null;
  /** What it printed, standard output and standard error together, as Terraform shows it. */
  readonly output: string;
  readonly milliseconds: number;
}

export interface CallOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the agent of this bed. */
  readonly agent?: string;
}

/** What the agent writes down of a unit, as far as tests look at it. */
export interface Unit {
  readonly process?: { readonly pid: number };
  readonly restarts: number;
  readonly spec?: { readonly password?: string; readonly release?: string };
}

let bundle: string | undefined;

function bundledAgent(): string {
  if (!bundle) {
    bundle = join(temporaryFolder('agent'), 'agent.js');
    const source = resolve('lib/platform/local/agent/main.ts');
    const options = ['--bundle', '--platform=node', '--target=node18', '--log-level=error'];
    execFileSync(resolve('node_modules/.bin/esbuild'), [source, ...options, `--outfile=${bundle}`]);
  }
  return bundle;
}

const service = `
const { createServer } = require('node:http');
const { HOST, PORT, MODE, VERSION, DELAY } = process.env;
console.log('service', VERSION, 'says hello');
if (MODE === 'exit') {
  console.error('Error: the token is ' + process.env.TOKEN);
  console.error('Error: cannot open the database');
  process.exit(3);
}
const healthyFrom = Date.now() + Number(DELAY || 0);
const server = createServer((request, response) => {
  if (request.url === '/health') {
    response.writeHead(MODE === 'sick' || Date.now() < healthyFrom ? 503 : 200).end();
  } else if (request.url === '/crash') {
    process.exit(1);
  } else if (request.url === '/environment') {
    response.end(JSON.stringify(process.env));
  } else {
    response.end(VERSION);
  }
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n');
  socket.on('error', () => {});
  socket.pipe(socket);
});
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => {
  console.log('got SIGTERM');
  if (MODE !== 'deaf') {
    process.exit(0);
  }
});
`;

export class AgentBed {
  readonly folder = temporaryFolder('bed');
  readonly state = join(this.folder, 'state');
  readonly agent = join(this.folder, 'asset.js');

  constructor() {
    copyFileSync(bundledAgent(), this.agent);
    writeFileSync(join(this.folder, 'service.js'), service);
  }

  /** Calls the agent and waits for it. */
  async call(verb: string, spec?: object | string, options: CallOptions = {}): Promise<Call> {
    return this.start(verb, spec, options).done;
  }

  /** Like `call`, and fails when the agent does. */
  async bring(verb: string, spec?: object, options?: CallOptions): Promise<string> {
    const { code, output } = await this.call(verb, spec, options);
    if (code !== 0) {
      throw new Error(`${verb} failed:\n${output}`);
    }
    return output;
  }

  /** Calls the agent without waiting. */
  start(verb: string, spec?: object | string, options: CallOptions = {}) {
    const started = performance.now();
    const child = spawn(process.execPath, [options.agent ?? this.agent, verb], {
      cwd: options.cwd ?? this.folder,
      env: {
        ...process.env,
        AIWM_STATE: 'state',
        AIWM_SPEC: typeof spec === 'string' ? spec : JSON.stringify(spec ?? ''),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    const done = new Promise<Call>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        resolve({ code, output, milliseconds: performance.now() - started }),
      );
    });
    return { child, done, output: () => output };
  }

  /** The specification of an instance of the small service. */
  instance(unit: string, port: number, environment: Record<string, string> = {}) {
    return {
      unit,
      command: [process.execPath, 'service.js'],
      workingDirectory: '.',
      address: '127.0.0.1',
      port,
      environment: { PORT: String(port), HOST: '127.0.0.1', VERSION: '1', ...environment },
      secrets: {} as Record<string, object>,
      health: {
        path: '/health',
        intervalMs: 2000,
        timeoutMs: 2000,
        failures: 3,
        startTimeoutMs: 10_000,
      },
      stopGraceMs: 5000,
    };
  }

  /** A new version of the agent: another content, the same deeds. */
  newVersion(): string {
    const file = join(this.folder, 'asset-2.js');
    copyFileSync(this.agent, file);
    appendFileSync(file, '// another version\n');
    return file;
  }

  unit(name: string): Unit | undefined {
    const text = this.read(`units/${name}.json`);
    return text === undefined ? undefined : (JSON.parse(text) as Unit);
  }

  pid(name: string): number {
    const pid = this.unit(name)?.process?.pid;
    if (pid === undefined) {
      throw new Error(`${name} has no process`);
    }
    return pid;
  }

  /** The supervisor's pid, living or dead. */
  supervisor(): number | undefined {
    const text = this.read('supervisor.json');
    return text === undefined ? undefined : (JSON.parse(text) as { pid: number }).pid;
  }

  read(path: string): string | undefined {
    const file = join(this.state, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** Ends everything, whatever a test has left behind, and says if something remains. */
  async dispose(): Promise<void> {
    const { code, output } = await this.call('destroy');
    const left = processesBelow(this.state);
    left.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
    if (code !== 0 || left.length > 0 || existsSync(this.state)) {
      throw new Error(`destroy left ${JSON.stringify(left)}:\n${output}`);
    }
  }
}

/** The living processes that were started for a state folder, by environment, command line or working directory. */
export function processesBelow(state: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0/g, ' ');
        const mentions =
          command.includes(`${state}/`) ||
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`AIWM_SUPERVISED=${state}`) ||
          readlinkSync(`/proc/${pid}/cwd`).startsWith(state);
        // A zombie has no command line.
        return mentions && command !== '' ? [{ pid: Number(pid), command }] : [];
      } catch {
        return [];
      }
    });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the service on this port answers with this version; returns how long that took. */
export async function waitForVersion(port: number, version: string, timeoutMs = 10_000) {
  const started = performance.now();
  await waitFor(
    async () => (await request(`http://127.0.0.1:${port}/`, { timeoutMs: 500 })).body === version,
    timeoutMs,
    `version ${version} does not answer on port ${port}`,
  );
  return performance.now() - started;
}
