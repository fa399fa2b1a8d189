// Clients with addresses of their own. What connects from this machine's loopback to a port that Docker publishes is
// seen as the bridge's gateway, whoever it is; what comes in over a network interface keeps its address. So clients
// get a network namespace with many addresses, one in each of many networks, as ip_hash looks at the network only.
//
// The namespace belongs to a process and ends with it, and its interfaces with the namespace: nothing stays behind.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';
import { startChild, type Child } from '../machine/process';
import { forget, stopAtEnd } from '../machine/reaper';
import type { Handlers } from './network-client';

const project = join(__dirname, '../../..');

/** Why there can be no such clients on this machine; undefined when there can. */
export function clientNetworkProblem(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'network namespaces take root on Linux';
  }
  const missing = ['ip', 'unshare', 'nsenter'].filter((program) => !findProgram(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (npm run setup)` : undefined;
}

export class ClientNetwork {
  /** A namespace with clients' addresses 10.x.1.2, 10.x.2.2 and so on, and a way to this machine. */
  static async create(count = 30): Promise<ClientNetwork> {
    if (count < 1 || count > 254) {
      throw new Error(`${count} addresses: there can be 1 to 254`);
    }
    const prefix = freePrefix();
    const keeper = startChild({
      name: 'network namespace',
      command: 'unshare',
      args: ['--net', 'sh', '-c', 'echo ready; exec sleep infinity'],
    });
    await keeper.waitForLine(/ready/);
    const network = new ClientNetwork(prefix, count, keeper);
    network.connect();
    return network;
  }

  /** This machine, as the clients reach it; a port published on all addresses answers here. */
  readonly server: string;
  readonly addresses: readonly string[];

  private constructor(
    private readonly prefix: string,
    count: number,
    private readonly keeper: Child,
  ) {
    this.server = `${prefix}.0.1`;
    this.addresses = Array.from({ length: count }, (_, index) => `${prefix}.${index + 1}.2`);
  }

  /** A command line that runs in the namespace. */
  inside(...command: readonly string[]): [string, ...string[]] {
    return ['nsenter', '--net', `--target=${this.keeper.pid}`, '--', ...command];
  }

  /** Starts a process of clients in the namespace. */
  async startClients(): Promise<NetworkClients> {
    return NetworkClients.start(this);
  }

  /** Ends the namespace; clients in it are cut off. */
  async close(): Promise<void> {
    await this.keeper.kill();
  }

  private connect(): void {
    const { pid } = this.keeper;
    // Names of interfaces have 15 characters at most.
    const near = `aiwm${pid}`;
    const far = 'clients';
    ipBatch('ip', [
      `link add ${near} type veth peer name ${far} netns ${pid}`,
      `address add ${this.server}/16 dev ${near}`,
      `link set ${near} up`,
    ]);
    const [command, ...args] = this.inside('ip');
    ipBatch(
      command,
      [
        'link set lo up',
        // The first one says which network is at the other end.
        `address add ${this.prefix}.0.2/16 dev ${far}`,
        ...this.addresses.map((address) => `address add ${address}/32 dev ${far}`),
        `link set ${far} up`,
        `route add default via ${this.server}`,
      ],
      args,
    );
  }
}

function ipBatch(command: string, lines: readonly string[], args: readonly string[] = []): void {
  execFileSync(command, [...args, '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    stdio: 'pipe',
  });
}

/** The first two numbers of a network that this machine has no way to yet. */
function freePrefix(): string {
  const routes = execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' });
  const prefix = Array.from({ length: 50 }, (_, index) => `10.${99 + index}`).find(
    (candidate) => !routes.includes(` ${candidate}.`) && !routes.includes(`\n${candidate}.`),
  );
  if (!prefix) {
    throw new Error('no free network for clients between 10.99.0.0 and 10.148.255.255');
  }
  return prefix;
}

type Answer<T> = T extends (...values: never[]) => infer Result ? Awaited<Result> : never;

/** A node process in the namespace that has clients and does what it is asked, one line of JSON at a time. */
export class NetworkClients {
  static async start(network: ClientNetwork): Promise<NetworkClients> {
    const [command, ...args] = network.inside(
      process.execPath,
      ...['--import', 'tsx', join(__dirname, 'network-client.ts'), ...network.addresses],
    );
    const child = spawn(command, args, {
      cwd: project,
      env: { ...process.env, AIWM_TEST_SERVER: network.server },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const clients = new NetworkClients(child);
    await clients.ask('hello');
    return clients;
  }

  private readonly waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  private next = 1;
  private errors = '';
  private ended = false;

  private constructor(private readonly child: ChildProcess) {
    if (child.pid !== undefined) {
      stopAtEnd(child.pid);
      closeAtCleanUp(this);
    }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-5_000);
    });
    child.once('error', (error) => this.end(error.message));
    child.once('close', (code, signal) => this.end(`ended with ${code ?? signal}`));
    child.stdin?.on('error', () => {});
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => this.take(line));
  }

  /** Asks for one of the things that network-client.ts can do, and waits for its answer. */
  ask<Name extends keyof Handlers>(
    name: Name,
    ...values: Parameters<Handlers[Name]>
  ): Promise<Answer<Handlers[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Error(`the clients' process has ended: ${this.errors}`));
        return;
      }
      const id = this.next;
      this.next += 1;
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.stdin?.write(`${JSON.stringify({ id, name, values })}\n`);
    });
  }

  /** Ends the process and with it every client. */
  async close(): Promise<void> {
    isClosed(this);
    if (!this.ended) {
      const closed = new Promise((resolve) => this.child.once('close', resolve));
      this.child.kill('SIGKILL');
      await closed;
    }
  }

  private take(line: string): void {
    const { id, result, error } = JSON.parse(line) as {
      id: number;
      result?: unknown;
      error?: string;
    };
    const asked = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) {
      asked?.resolve(result);
    } else {
      asked?.reject(new Error(error));
    }
  }

  private end(why: string): void {
    this.ended = true;
    if (this.child.pid !== undefined) {
      forget(this.child.pid);
    }
    for (const { reject } of this.waiting.values()) {
      reject(new Error(`the clients' process ${why}: ${this.errors}`));
    }
    this.waiting.clear();
  }
}
