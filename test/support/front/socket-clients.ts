// Many real Socket.IO clients: which instance serves each, over which transport, and what it received.
import { io, type Socket } from 'socket.io-client';
import { closeAtCleanUp, isClosed } from '../machine/clean-up';
import { localAgent, type LocalConnection } from './local-agent';
import { waitFor } from '../machine/wait';

export type Transport = 'polling' | 'websocket';

export interface ClientOptions extends LocalConnection {
  /** Without a path, for example https://api.example.test:8443; every name is this machine. */
  readonly url: string;
  /** Default /dev/aiwm/chat/. */
  readonly path?: string;
  /** Default: Socket.IO's own, polling first and then an upgrade. */
  readonly transports?: readonly Transport[];
  /** Sent with each request of either transport, for example X-Forwarded-For or Cookie. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Default false: what a test does not ask for must not heal itself. */
  readonly reconnection?: boolean;
  /** How long Socket.IO itself waits for a connection; its default is 20 s. */
  readonly connectTimeoutMs?: number;
  /** Keeps cookies between requests and reconnects, as a browser does. */
  readonly withCredentials?: boolean;
}

export interface Message {
  readonly text: string;
  readonly from: string;
  readonly instance: string;
  readonly room: string | null;
}

export interface Disconnect {
  readonly reason: string;
  /** performance.now() */
  readonly at: number;
}

export interface ClientReport {
  readonly connected: boolean;
  /** INSTANCE_ID of the instance that serves the client. */
  readonly instance: string | undefined;
  readonly transport: Transport | undefined;
  /** From the start to the answer to `whoami`. */
  readonly milliseconds: number | undefined;
  /** The client's address as the instance knows it. */
  readonly address: string | undefined;
  /** Why the last attempt to connect failed. */
  readonly error: string | undefined;
}

interface Answer {
  readonly ok: boolean;
  readonly error?: string;
}

interface WhoAmI extends Answer {
  readonly instance: string;
  readonly transport: Transport;
  readonly address: string;
}

export class SocketClient {
  readonly socket: Socket;
  readonly messages: Message[] = [];
  readonly disconnects: Disconnect[] = [];
  /** Instances that have served it, one entry per connection. */
  readonly instances: string[] = [];

  private readonly started = performance.now();
  private milliseconds: number | undefined;
  private address: string | undefined;
  private error: string | undefined;
  /** Connected, and the instance has said who it is. */
  private known = false;

  private readonly reconnection: boolean;

  constructor(options: ClientOptions) {
    this.reconnection = options.reconnection ?? false;
    this.socket = io(options.url, {
      path: options.path ?? '/dev/aiwm/chat/',
      ...(options.transports && { transports: [...options.transports] }),
      extraHeaders: { ...options.headers },
      query: { ...options.query },
      forceNew: true,
      reconnection: this.reconnection,
      timeout: options.connectTimeoutMs ?? 20_000,
      withCredentials: options.withCredentials ?? false,
      ca: options.ca,
      // In Node an agent object works for both transports; the type knows only browsers' needs.
      agent: localAgent(options.url, options) as unknown as boolean,
    });
    this.socket.on('connect', () => void this.ask());
    this.socket.on('connect_error', (error) => (this.error = explain(error)));
    this.socket.on('disconnect', (reason, details) => {
      if (!this.known) {
        // Engine.IO had opened and broke before Socket.IO was connected, as with "Session ID unknown".
        this.error = details instanceof Error ? explain(details) : reason;
      }
      this.known = false;
      this.disconnects.push({ reason, at: performance.now() });
    });
    this.socket.on('message', (message: Message) => this.messages.push(message));
  }

  get connected(): boolean {
    return this.socket.connected && this.known;
  }

  /** The instance that serves it now, or served it last. */
  get instance(): string | undefined {
    return this.instances.at(-1);
  }

  get transport(): Transport | undefined {
    return this.socket.connected ? (this.socket.io.engine.transport.name as Transport) : undefined;
  }

  /** Has connected, or has failed and does not try again. */
  get settled(): boolean {
    const gaveUp = this.error !== undefined || this.disconnects.length > 0;
    return this.connected || (gaveUp && !(this.reconnection && this.socket.active));
  }

  report(): ClientReport {
    const { connected, instance, transport, milliseconds, address, error } = this;
    return { connected, instance, transport, milliseconds, address, error };
  }

  /** Sends an event and waits for the acknowledgement, which has to be a good one. */
  async call<T extends Answer>(event: string, ...values: unknown[]): Promise<T> {
    const answer = (await this.socket.timeout(10_000).emitWithAck(event, ...values)) as T;
    if (!answer.ok) {
      throw new Error(`${event}: ${answer.error}`);
    }
    return answer;
  }

  async join(room: string): Promise<void> {
    await this.call('join', room);
  }

  async leave(room: string): Promise<void> {
    await this.call('leave', room);
  }

  async say(room: string, text: string): Promise<void> {
    await this.call('say', { room, text });
  }

  async broadcast(text: string): Promise<void> {
    await this.call('broadcast', { text });
  }

  received(text: string): boolean {
    return this.messages.some((message) => message.text === text);
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  private async ask(): Promise<void> {
    try {
      const { instance, address } = await this.call<WhoAmI>('whoami');
      this.instances.push(instance);
      this.address = address;
      this.milliseconds ??= performance.now() - this.started;
      this.known = true;
    } catch (error) {
      // The connection is lost again, or the instance hangs: then it does not count as connected.
      this.error = String(error);
    }
  }
}

export class SocketClients {
  /**
   * Starts the clients and waits until each has connected or given up; look at `failed` for those that did. Options
   * as a function give each client its own, for example its own address.
   */
  static async connect(
    count: number,
    options: ClientOptions | ((index: number) => ClientOptions),
    timeoutMs = 30_000,
  ): Promise<SocketClients> {
    const clients = new SocketClients();
    closeAtCleanUp(clients);
    const deadline = Date.now() + timeoutMs;
    // Some at a time: a test asks for many clients, not for a flood.
    const batch = 100;
    for (let start = 0; start < count; start += batch) {
      for (let index = start; index < Math.min(start + batch, count); index += 1) {
        const own = typeof options === 'function' ? options(index) : options;
        clients.all.push(new SocketClient(own));
      }
      // Those that are still trying when the time is up are reported as not connected.
      await waitFor(
        () => Date.now() >= deadline || clients.all.every(({ settled }) => settled),
        timeoutMs + 1_000,
        'clients to settle',
      );
    }
    return clients;
  }

  readonly all: SocketClient[] = [];

  get connected(): SocketClient[] {
    return this.all.filter((client) => client.connected);
  }

  get failed(): SocketClient[] {
    return this.all.filter((client) => !client.connected);
  }

  reports(): ClientReport[] {
    return this.all.map((client) => client.report());
  }

  /** How many connected clients each instance serves, for example { '1': 10, '2': 9, '3': 11 }. */
  countByInstance(): Record<string, number> {
    return countBy(this.connected.map(({ instance }) => instance ?? '?'));
  }

  countByTransport(): Record<string, number> {
    return countBy(this.connected.map(({ transport }) => transport ?? '?'));
  }

  async waitUntilConnected(timeoutMs = 20_000): Promise<void> {
    await waitFor(
      () => this.failed.length === 0,
      timeoutMs,
      () =>
        `${this.failed.length} of ${this.all.length} clients are not connected: ${this.errors()}`,
    );
  }

  /** Waits until every connected client has left polling for WebSocket. */
  async waitUntilUpgraded(timeoutMs = 20_000): Promise<void> {
    await waitFor(
      () => this.connected.every(({ transport }) => transport === 'websocket'),
      timeoutMs,
      () => `not all clients are on WebSocket: ${JSON.stringify(this.countByTransport())}`,
    );
  }

  /** Waits until every client has received the text. */
  async waitUntilReceived(text: string, timeoutMs = 10_000): Promise<void> {
    await waitFor(
      () => this.receivers(text) === this.all.length,
      timeoutMs,
      () => `"${text}" reached ${this.receivers(text)} of ${this.all.length} clients`,
    );
  }

  /** How many clients have received the text. */
  receivers(text: string): number {
    return this.all.filter((client) => client.received(text)).length;
  }

  /** How many disconnects the clients have seen, all together. */
  get disconnects(): number {
    return this.all.reduce((sum, { disconnects }) => sum + disconnects.length, 0);
  }

  close(): void {
    isClosed(this);
    this.all.forEach((client) => client.disconnect());
  }

  private errors(): string {
    return JSON.stringify(countBy(this.failed.map((client) => client.report().error ?? 'none')));
  }
}

/** The transport's error with its cause: a status and body, or an error of the connection. */
function explain(error: Error): string {
  const { description, context } = error as Error & {
    description?: number | { message?: string };
    context?: { responseText?: string };
  };
  if (typeof description !== 'number') {
    return description?.message ? `${error.message}: ${description.message}` : error.message;
  }
  // For an error of the connection the status is 0 and the text is its stack.
  const text = context?.responseText?.split('\n')[0] ?? '';
  return `${error.message}: ${description || ''} ${text}`.replace(/ +/g, ' ');
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of [...values].sort()) {
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}
