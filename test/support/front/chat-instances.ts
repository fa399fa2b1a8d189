// Instances of examples/chat-service, by the environment contract that every platform gives them.
import { join } from 'node:path';
import { freePorts } from '../machine/free-ports';
import { startChild, type Child, type Exit } from '../machine/process';

export const chatServiceFolder = join(__dirname, '../../../examples/chat-service');

export interface ChatInstancesOptions {
  /** Default 3; with `ports`, one instance per port. */
  readonly count?: number;
  readonly ports?: readonly number[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly redisUrl?: string;
  /** Default /dev/aiwm/chat/. */
  readonly enginePath?: string;
  readonly healthPath?: string;
  /** Whether the ids of sessions begin with the number of the instance. */
  readonly marksSessionIds?: boolean;
  readonly pingIntervalMs?: number;
  readonly pingTimeoutMs?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export class ChatInstance {
  child: Child | undefined;

  constructor(
    /** As INSTANCE_ID: "1", "2", … */
    readonly id: string,
    readonly port: number,
    private readonly options: ChatInstancesOptions,
  ) {}

  get address(): string {
    return `${this.options.host ?? '127.0.0.1'}:${this.port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  get healthUrl(): string {
    return this.url + (this.options.healthPath ?? '/health');
  }

  get pid(): number {
    if (!this.child) {
      throw new Error(`instance ${this.id} was not started`);
    }
    return this.child.pid;
  }

  /** Starts it, or starts it again after `kill()` or `stop()`, on the same port; waits until it is healthy. */
  async start(): Promise<void> {
    const { options } = this;
    this.child = startChild({
      name: `instance ${this.id}`,
      command: process.execPath,
      args: ['server.js'],
      cwd: chatServiceFolder,
      environment: {
        HOST: options.host ?? '127.0.0.1',
        PORT: String(this.port),
        INSTANCE_ID: this.id,
        REDIS_URL: options.redisUrl,
        AIWM_ENGINE_PATH: options.enginePath ?? '/dev/aiwm/chat/',
        AIWM_HEALTH_PATH: options.healthPath ?? '/health',
        AIWM_SESSION_ID_PREFIX: options.marksSessionIds ? `${this.id}.` : undefined,
        AIWM_PING_INTERVAL_MS: options.pingIntervalMs?.toString(),
        AIWM_PING_TIMEOUT_MS: options.pingTimeoutMs?.toString(),
        ...options.environment,
      },
    });
    await this.child.waitForUrl(this.healthUrl, 20_000);
  }

  /** A crash. */
  async kill(): Promise<void> {
    await this.child?.kill();
  }

  /** A graceful stop. */
  async stop(): Promise<Exit | undefined> {
    return this.child?.stop();
  }

  /** Hangs it: the kernel still accepts connections for it, and nobody answers. */
  pause(): void {
    this.child?.signal('SIGSTOP');
  }

  resume(): void {
    this.child?.signal('SIGCONT');
  }
}

export class ChatInstances {
  static async start(options: ChatInstancesOptions = {}): Promise<ChatInstances> {
    const ports = options.ports ?? (await freePorts(options.count ?? 3));
    const instances = new ChatInstances(
      ports.map((port, index) => new ChatInstance(String(index + 1), port, options)),
    );
    await Promise.all(instances.all.map((instance) => instance.start()));
    return instances;
  }

  private constructor(readonly all: readonly ChatInstance[]) {}

  /** By INSTANCE_ID, counted from 1. */
  get(id: string | number): ChatInstance {
    const instance = this.all[Number(id) - 1];
    if (!instance) {
      throw new Error(`there is no instance ${id}, only 1 to ${this.all.length}`);
    }
    return instance;
  }

  /** host:port of each, as an nginx upstream lists them. */
  get addresses(): string[] {
    return this.all.map(({ address }) => address);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((instance) => instance.stop()));
  }
}
