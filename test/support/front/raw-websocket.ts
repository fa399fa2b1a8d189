// WebSockets below Socket.IO: one handshake looked at closely, one connection to talk over, thousands that only stay.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';
import { everyNameIsLocal, localAgent, type LocalConnection } from './local-agent';
import { waitFor } from '../machine/wait';

export interface HandshakeOptions extends LocalConnection {
  /** Over those of a handshake; an `Upgrade` or `Connection` given here takes the place of the usual one. */
  readonly headers?: OutgoingHttpHeaders;
  readonly timeoutMs?: number;
}

export interface Handshake {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of a refusal. */
  readonly body: string;
  readonly milliseconds: number;
  /** The open connection after a 101; destroy it. */
  readonly socket: Socket | undefined;
}

/** What an Engine.IO server wants to see on a WebSocket handshake, to append to its path. */
export const engineQuery = '?EIO=4&transport=websocket';

/** One handshake and its answer, whatever it is. The URL is http:// or https://. */
export function handshake(url: string, options: HandshakeOptions = {}): Promise<Handshake> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = send(url, {
      agent: false,
      ca: options.ca,
      localAddress: options.localAddress,
      lookup: everyNameIsLocal,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        'Sec-WebSocket-Version': '13',
        ...options.headers,
      },
    });
    const finish = (incoming: IncomingMessage, body: string, socket?: Socket) => {
      clearTimeout(timer);
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body,
        milliseconds: performance.now() - started,
        socket,
      });
    };
    const timeoutMs = options.timeoutMs ?? 10_000;
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`${url}: no answer to the handshake in ${timeoutMs} ms`));
    }, timeoutMs);
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.once('upgrade', (incoming, socket, first: Buffer) => {
      // Frames that came together with the answer.
      if (first.length > 0) {
        socket.unshift(first);
      }
      finish(incoming, '', socket as Socket);
    });
    outgoing.once('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.once('end', () => finish(incoming, text));
    });
    outgoing.end();
  });
}

/** Opens a WebSocket (the URL is ws:// or wss://), or throws with the status of the refusal. */
export async function openWebSocket(
  url: string,
  { ca, localAddress, headers, timeoutMs = 10_000 }: HandshakeOptions = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, {
    agent: localAgent(url, { ca, localAddress }),
    headers: headers as Record<string, string> | undefined,
    handshakeTimeout: timeoutMs,
  });
  closeAtCleanUp({ close: () => socket.terminate() });
  await once(socket, 'open');
  // A connection that breaks later is the test's subject, not an exception.
  socket.on('error', () => {});
  return socket;
}

/** Sends a text and waits for the answer; returns it with the time it took. */
export async function exchange(
  socket: WebSocket,
  text: string,
  timeoutMs = 5_000,
): Promise<{ text: string; milliseconds: number }> {
  const started = performance.now();
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(timeoutMs) });
  socket.send(text);
  const [data] = (await answer) as [Buffer];
  return { text: data.toString(), milliseconds: performance.now() - started };
}

export interface IdleOptions extends HandshakeOptions {
  /** How many handshakes are under way at once. Default 100. */
  readonly concurrency?: number;
  /**
   * Says hello as a Socket.IO client and answers its pings, so that the instance keeps the connection; the URL then
   * ends in `engineQuery`. Default: says nothing at all, ever.
   */
  readonly socketIo?: boolean;
}

export interface IdleClose {
  readonly index: number;
  /** performance.now() */
  readonly at: number;
  /** How long it was open. */
  readonly milliseconds: number;
}

// Frames of a client are masked; a mask of zeros leaves the text as it is.
const clientFrame = (opcode: number, text: string): Buffer =>
  Buffer.from([0x80 | opcode, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
const socketIoConnect = clientFrame(1, '40');
const enginePing = Buffer.from([0x81, 0x01, 0x32]);
const enginePong = clientFrame(1, '3');

/** The server's last frame says that it closes: without or with a status code. */
function endsInClose(chunk: Buffer): boolean {
  return (
    (chunk.at(-2) === 0x88 && chunk.at(-1) === 0) || (chunk.at(-4) === 0x88 && chunk.at(-3) === 2)
  );
}

/** WebSockets that stay open and cost next to nothing: a plain socket each after the handshake. */
export class IdleWebSockets {
  /** Opens `count` of them, and returns when each handshake has been answered. */
  static async open(
    count: number,
    url: string,
    options: IdleOptions = {},
  ): Promise<IdleWebSockets> {
    const sockets = new IdleWebSockets();
    closeAtCleanUp(sockets);
    let next = 0;
    const openSome = async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await sockets.openOne(index, url, options);
      }
    };
    await Promise.all(Array.from({ length: options.concurrency ?? 100 }, openSome));
    return sockets;
  }

  /** Those that were not opened: how many per status code, or per error code. */
  readonly refused: Record<string, number> = {};
  readonly closed: IdleClose[] = [];

  private readonly sockets = new Set<Socket>();
  private count = 0;

  private constructor() {}

  /** How many handshakes were answered with 101. */
  get opened(): number {
    return this.count;
  }

  /** How many are open now. */
  get open(): number {
    return this.sockets.size;
  }

  async waitUntilClosed(timeoutMs: number): Promise<void> {
    await waitFor(
      () => this.open === 0,
      timeoutMs,
      () => `${this.open} WebSockets are still open`,
    );
  }

  /** Closes all without a word, as a client that loses its network. */
  close(): void {
    isClosed(this);
    for (const socket of this.sockets) {
      socket.destroy();
    }
    this.sockets.clear();
  }

  private async openOne(index: number, url: string, options: IdleOptions): Promise<void> {
    let answer: Handshake;
    try {
      answer = await handshake(url, options);
    } catch (error) {
      this.refuse((error as NodeJS.ErrnoException).code ?? String(error));
      return;
    }
    const { status, socket } = answer;
    if (!socket) {
      this.refuse(String(status));
      return;
    }
    const opened = performance.now();
    this.count += 1;
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      // Those that the test closed itself are not in the list any more.
      if (this.sockets.delete(socket)) {
        const at = performance.now();
        this.closed.push({ index, at, milliseconds: at - opened });
      }
    });
    socket.on('data', (chunk: Buffer) => {
      if (endsInClose(chunk)) {
        socket.end();
      } else if (options.socketIo && chunk.includes(enginePing)) {
        socket.write(enginePong);
      }
    });
    if (options.socketIo) {
      socket.write(socketIoConnect);
    }
  }

  private refuse(why: string): void {
    this.refused[why] = (this.refused[why] ?? 0) + 1;
  }
}
