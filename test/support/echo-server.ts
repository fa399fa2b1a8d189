// A plain server behind nginx, inside the test: WebSockets are echoed, requests are answered with what was received.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { freePort } from './free-ports';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface EchoOptions {
  readonly port?: number;
  /** Sent back in the header X-Server, to tell several servers apart. */
  readonly name?: string;
  /** Status of plain requests. Default 200. */
  readonly status?: number;
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
    { name = 'echo', status = 200 }: EchoOptions,
  ) {
    this.server = createServer((request, response) => {
      const seen = this.note(request);
      request.resume().once('end', () => {
        response.writeHead(status, { 'Content-Type': 'application/json', 'X-Server': name });
        response.end(JSON.stringify(seen));
      });
    });
    this.server.keepAliveTimeout = 75_000;
    this.server.on('connection', () => (this.connections += 1));
    const sockets = new WebSocketServer({ server: this.server });
    sockets.on('headers', (headers) => headers.push(`X-Server: ${name}`));
    sockets.on('connection', (socket, request) => {
      this.note(request);
      this.webSockets.add(socket);
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
      socket.once('close', () => this.webSockets.delete(socket));
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.webSockets.forEach((socket) => socket.terminate());
    this.server.closeAllConnections();
    await closed;
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
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
