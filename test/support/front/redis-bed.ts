// A real redis-server, with a password, on a port of its own.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { freePort } from '../machine/free-ports';
import { startChild, type Child } from '../machine/process';
import { temporaryFolder } from '../machine/temporary-folder';
import { waitFor } from '../machine/wait';

export interface RedisOptions {
  readonly port?: number;
  readonly password?: string;
  readonly executable?: string;
  /** Further lines of its configuration. */
  readonly configuration?: readonly string[];
}

export class RedisBed {
  static async start(options: RedisOptions = {}): Promise<RedisBed> {
    const bed = new RedisBed(
      options.port ?? (await freePort()),
      options.password ?? randomBytes(12).toString('hex'),
      options.executable ?? 'redis-server',
      options.configuration ?? [],
    );
    await bed.start();
    return bed;
  }

  private child: Child | undefined;
  private readonly folder = temporaryFolder('redis');

  private constructor(
    readonly port: number,
    readonly password: string,
    private readonly executable: string,
    private readonly configuration: readonly string[],
  ) {}

  /** What an instance gets as REDIS_URL. */
  get url(): string {
    return `redis://:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}`;
  }

  /** Starts it again after `stop()`, on the same port: the end of an outage. */
  async start(): Promise<void> {
    // By standard input, as a password among the arguments would be seen by all users of the machine.
    const configuration = [
      'bind 127.0.0.1',
      `port ${this.port}`,
      `requirepass ${this.password}`,
      `dir ${this.folder}`,
      'save ""',
      'appendonly no',
      ...this.configuration,
    ];
    const child = startChild({
      name: 'redis-server',
      command: this.executable,
      args: ['-'],
      input: `${configuration.join('\n')}\n`,
    });
    this.child = child;
    await child.waitForLine(/Ready to accept connections/);
  }

  async stop(): Promise<void> {
    await this.child?.stop();
  }

  /** How many clients have subscribed to something: with the Socket.IO adapter, the number of instances. */
  async subscribers(): Promise<number> {
    const answer = await this.command(`CLIENT LIST TYPE pubsub`);
    return answer.split('\n').filter((line) => line.includes('id=')).length;
  }

  /** Sends one command as an inline text and returns the raw answer. */
  async command(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    let answer = '';
    let failure: Error | undefined;
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.once('error', (error) => (failure = error));
    socket.write(`AUTH ${this.password}\r\n${text}\r\nQUIT\r\n`);
    await waitFor(() => socket.closed, 5_000, `redis: no answer to ${text}`);
    if (failure) {
      throw failure;
    }
    return answer;
  }
}
