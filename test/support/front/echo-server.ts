// A plain server behind nginx, inside the test: WebSockets are echoed, requests are answered with what was received.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';
import { freePort } from '../machine/free-ports';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface EchoOptions {
  readonly port?: number;
  /** Sent back in the header X-Server, to tell several servers apart. */
  readonly name?: string;
  /** What everything is answered with; another one than 200 refuses handshakes as well. */
  readonly status?: number;
  /** What requests for some paths are answered with, and how long that takes; handshakes are not concerned. */
  readonly answers?: Readonly<
    Record<string, { readonly status?: number; readonly delayMs?: number }>
  >;
}

export class EchoServer {
  static async start(options: EchoOptions = {}): Promise<EchoServer> {
    const server = new EchoServer(options.port ?? (await freePort()), options);
    await server.listen();
    return server;
  }

  /** Plain requests and handshakes, in order. */
  readonly requests: SeenRequest[] = [];
  readonly webSockets = new Set<WebSocket>();
  /** TCP connections accepted so far. */
  connections = 0;

  private readonly server: Server;

  private constructor(
    readonly port: number,
    { name = 'echo', status = 200, answers = {} }: EchoOptions,
  ) {
    this.server = createServer((request, response) => {
      const seen = this.note(request);
      const own = answers[seen.url];
      const answer = () => {
        response.writeHead(own?.status ?? status, {
          'Content-Type': 'application/json',
          'X-Server': name,
        });
        response.end(JSON.stringify(seen));
      };
      request.resume().once('end', () => {
        if (own?.delayMs === undefined) {
          answer();
        } else {
          setTimeout(answer, own.delayMs).unref();
        }
      });
    });
    this.server.keepAliveTimeout = 75_000;
    this.server.on('connection', () => (this.connections += 1));
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('headers', (headers) => headers.push(`X-Server: ${name}`));
    this.server.on('upgrade', (request, socket, head) => {
      const seen = this.note(request);
      socket.on('error', () => {});
      if (status === 200 && request.headers.upgrade === 'websocket') {
        sockets.handleUpgrade(request, socket, head, (webSocket) => this.echo(webSocket));
      } else {
        const body = JSON.stringify(seen);
        const lines = [
          `HTTP/1.1 ${status === 200 ? 501 : status} Refused`,
          `X-Server: ${name}`,
          'Connection: close',
          `Content-Length: ${Buffer.byteLength(body)}`,
        ];
        socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
      }
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    isClosed(this);
    const closed = once(this.server, 'close');
    this.server.close();
    this.webSockets.forEach((socket) => socket.terminate());
    this.server.closeAllConnections();
    await closed;
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    closeAtCleanUp(this);
  }

  private echo(webSocket: WebSocket): void {
    this.webSockets.add(webSocket);
    webSocket.on('error', () => {});
    webSocket.on('message', (data, binary) => webSocket.send(data, { binary }));
    webSocket.once('close', () => this.webSockets.delete(webSocket));
  }

  private note(request: {
    method?: string;
    url?: string;
    headers: IncomingHttpHeaders;
  }): SeenRequest {
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    this.requests.push(seen);
    return seen;
  }
}
