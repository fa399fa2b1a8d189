// A DNS server whose records change while it runs, as those of Cloud Map do: A records, names that do not exist, failures
// and silence, over UDP on a port of its own.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';

/** Addresses of a name, or what is answered in their place. */
export type NameAnswer = readonly string[] | 'no such name' | 'failure' | 'silence';

export interface Question {
  readonly name: string;
  /** performance.now() */
  readonly at: number;
}

const TYPE_A = 1;
const TYPE_SOA = 6;
const CLASS_IN = 1;
const HEADER_LENGTH = 12;
/** The name of the question, which the header precedes. */
const NAME_OF_QUESTION = Buffer.from([0xc0, HEADER_LENGTH]);
const ROOT = Buffer.from([0]);
const RESPONSE_CODES = { 'no such name': 3, failure: 2 };

export class NameServer {
  /** @param ttlSeconds - of each record, and of the answer that there is none */
  static async start(ttlSeconds = 5): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket, ttlSeconds);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  /** Every question for an A record. */
  readonly questions: Question[] = [];
  private readonly answers = new Map<string, NameAnswer>();

  private constructor(
    private readonly socket: Socket,
    private readonly ttlSeconds: number,
  ) {
    closeAtCleanUp(this);
    socket.on('message', (message, from) => this.answer(message, from));
  }

  /** As nginx takes it. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  /** From now on. A name that was never set does not exist. */
  set(name: string, answer: NameAnswer): void {
    this.answers.set(name, answer);
  }

  async close(): Promise<void> {
    isClosed(this);
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private answer(message: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(message, HEADER_LENGTH);
    const isAddress = message.readUInt16BE(end) === TYPE_A;
    if (isAddress) {
      this.questions.push({ name, at: performance.now() });
    }
    const known = this.answers.get(name) ?? 'no such name';
    if (known !== 'silence') {
      // The question has a type and a class after its name.
      const reply = this.reply(message.subarray(0, end + 4), known, isAddress);
      this.socket.send(reply, from.port, from.address);
    }
  }

  private reply(question: Buffer, known: Exclude<NameAnswer, 'silence'>, isAddress: boolean) {
    const addresses = typeof known === 'string' || !isAddress ? [] : known;
    const code = typeof known === 'string' ? RESPONSE_CODES[known] : 0;
    const header = Buffer.from(question.subarray(0, HEADER_LENGTH));
    // A response, authoritative, recursion desired and available.
    header.writeUInt16BE(0x8580 | code, 2);
    const isNegative = addresses.length === 0 && known !== 'failure';
    [1, addresses.length, isNegative ? 1 : 0, 0].forEach((count, index) =>
      header.writeUInt16BE(count, 4 + 2 * index),
    );
    return Buffer.concat([
      header,
      question.subarray(HEADER_LENGTH),
      ...addresses.map((address) =>
        this.record(NAME_OF_QUESTION, TYPE_A, Buffer.from(address.split('.').map(Number))),
      ),
      ...(isNegative ? [this.record(ROOT, TYPE_SOA, this.startOfAuthority())] : []),
    ]);
  }

  private record(name: Buffer, type: number, data: Buffer): Buffer {
    const head = Buffer.alloc(10);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(CLASS_IN, 2);
    head.writeUInt32BE(this.ttlSeconds, 4);
    head.writeUInt16BE(data.length, 8);
    return Buffer.concat([name, head, data]);
  }

  /** Two names, then serial, refresh, retry, expire and the time for which there is no such name. */
  private startOfAuthority(): Buffer {
    const numbers = Buffer.alloc(20);
    [1, 3600, 600, 86_400, this.ttlSeconds].forEach((value, index) =>
      numbers.writeUInt32BE(value, 4 * index),
    );
    return Buffer.concat([ROOT, ROOT, numbers]);
  }
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
