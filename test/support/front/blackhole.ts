// An instance that cannot be reached: a connection to it is neither accepted nor refused, as behind a dead network. On
// the loopback interface a listener does that whose queue is full and whose process never takes from it.
import { connect, type Socket } from 'node:net';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';
import { freePort } from '../machine/free-ports';
import { startChild, type Child } from '../machine/process';

const script = `
  const [port, host] = process.argv.slice(1);
  require('node:net').createServer().listen({ port, host, backlog: 1 }, () => console.log('up'));
`;

export class Blackhole {
  /** On a port that nothing listens on; default: any. */
  static async start(given?: number, host = '127.0.0.1'): Promise<Blackhole> {
    const port = given ?? (await freePort());
    const child = startChild({
      name: 'blackhole',
      command: process.execPath,
      args: ['-e', script, String(port), host],
    });
    await child.waitForLine(/up/);
    child.signal('SIGSTOP');
    const blackhole = new Blackhole(port, host, child);
    await blackhole.fill();
    return blackhole;
  }

  private readonly waiting: Socket[] = [];

  private constructor(
    readonly port: number,
    private readonly host: string,
    private readonly child: Child,
  ) {
    closeAtCleanUp(this);
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  async close(): Promise<void> {
    isClosed(this);
    this.waiting.forEach((socket) => socket.destroy());
    await this.child.kill();
  }

  /** Connects until a connection is left without an answer. */
  private async fill(): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      if (!(await this.isAnswered())) {
        return;
      }
    }
    throw new Error(`port ${this.port} goes on accepting connections`);
  }

  private isAnswered(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, this.host);
      this.waiting.push(socket);
      const timer = setTimeout(() => resolve(false), 500);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(true);
      });
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }
}
