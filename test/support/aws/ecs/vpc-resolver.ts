// The resolver of a VPC, between nginx and the servers of the zone: it keeps each answer for its time to live, the one
// that there is no such name as well.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeAtCleanUp, isClosed } from '../../machine/clean-up';

interface Kept {
  readonly answer: Buffer;
  readonly until: number;
}

/** The id of a question is its first two bytes. */
const ID_LENGTH = 2;

export class VpcResolver {
  /** @param server - as in "127.0.0.1:5353" */
  static async start(server: string, ttlSeconds: number): Promise<VpcResolver> {
    const socket = createSocket('udp4');
    const resolver = new VpcResolver(socket, server, ttlSeconds * 1000);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return resolver;
  }

  private readonly kept = new Map<string, Kept>();

  private constructor(
    private readonly socket: Socket,
    private readonly server: string,
    private readonly ttlMs: number,
  ) {
    closeAtCleanUp(this);
    socket.on('message', (question, from) => this.answer(question, from));
  }

  /** As nginx takes it. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async close(): Promise<void> {
    isClosed(this);
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private answer(question: Buffer, from: RemoteInfo): void {
    const key = question.toString('latin1', ID_LENGTH);
    const kept = this.kept.get(key);
    if (kept !== undefined && performance.now() < kept.until) {
      this.send(question, kept.answer, from);
    } else {
      this.ask(question, (answer) => {
        this.kept.set(key, { answer, until: performance.now() + this.ttlMs });
        this.send(question, answer, from);
      });
    }
  }

  private send(question: Buffer, answer: Buffer, to: RemoteInfo): void {
    this.socket.send(
      Buffer.concat([question.subarray(0, ID_LENGTH), answer.subarray(ID_LENGTH)]),
      to.port,
      to.address,
    );
  }

  private ask(question: Buffer, take: (answer: Buffer) => void): void {
    const [host, port] = this.server.split(':') as [string, string];
    const socket = createSocket('udp4');
    // An answer that never comes keeps nobody waiting.
    socket.unref();
    socket.once('message', (answer) => {
      socket.close();
      take(answer);
    });
    socket.send(question, Number(port), host);
  }
}
