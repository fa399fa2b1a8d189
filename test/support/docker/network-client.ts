// The process that has the clients in a network namespace (client-network.ts starts it and asks it). Its arguments are
// the addresses that the clients take in turn; what it can do is in `handlers`.
import { createInterface } from 'node:readline';
import { request, type RequestOptions, type Response } from '../front/http';
import { engineQuery, handshake, IdleWebSockets, type IdleOptions } from '../front/raw-websocket';
import { SocketClients, type ClientOptions, type ClientReport } from '../front/socket-clients';
import { steadyLoad, type Load, type LoadOptions, type LoadReport } from './steady-load';

/** What can be sent as JSON; the address is the next one in turn. */
type Sent<T> = Omit<T, 'localAddress' | 'agent'>;

export interface NetworkClientReport extends ClientReport {
  /** Its own address. */
  readonly localAddress: string;
  /** Instances that have served it, one entry per connection. */
  readonly instances: readonly string[];
  readonly disconnects: number;
}

export interface IdleReport {
  readonly opened: number;
  readonly open: number;
  readonly refused: Readonly<Record<string, number>>;
}

const addresses = process.argv.slice(2);
const inTurn = (index: number) => addresses[index % addresses.length] as string;

const sockets: SocketClients[] = [];
const idle: IdleWebSockets[] = [];
const loads: Load[] = [];

function add<T>(list: T[], item: T): number {
  return list.push(item) - 1;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) {
    throw new Error(`there is no number ${index}`);
  }
  return item;
}

const handlers = {
  /** It runs, and these are its addresses. */
  hello: () => addresses,

  /** One request from the address with this number. */
  request: async (
    url: string,
    address: number,
    options: Sent<RequestOptions> = {},
  ): Promise<Response> => request(url, { ...options, localAddress: inTurn(address) }),

  /** Opens Socket.IO clients; answers a number for them when each has connected or given up. */
  connect: async (count: number, options: Sent<ClientOptions>, timeoutMs?: number) =>
    add(
      sockets,
      await SocketClients.connect(
        count,
        (index) => ({ ...options, localAddress: inTurn(index) }),
        timeoutMs,
      ),
    ),

  waitUntilConnected: (group: number, timeoutMs?: number) =>
    at(sockets, group).waitUntilConnected(timeoutMs),

  report: (group: number): NetworkClientReport[] =>
    at(sockets, group).all.map((client, index) => ({
      ...client.report(),
      localAddress: inTurn(index),
      instances: client.instances,
      disconnects: client.disconnects.length,
    })),

  /** Has the first of the clients send a text to everybody. */
  broadcast: (group: number, text: string) => at(at(sockets, group).all, 0).broadcast(text),

  /** Waits until each client of the group has the text. */
  waitUntilReceived: (group: number, text: string, timeoutMs?: number) =>
    at(sockets, group).waitUntilReceived(text, timeoutMs),

  disconnect: (group: number) => at(sockets, group).close(),

  /** Opens WebSockets that only stay; the URL is http:// or https:// and is that of Engine.IO with its query. */
  openIdle: async (count: number, url: string, options: Sent<IdleOptions> = {}) => {
    // Per address, as the options are those of all.
    const share = Math.ceil(count / addresses.length);
    const groups = addresses.map((localAddress, index) =>
      IdleWebSockets.open(Math.max(0, Math.min(share, count - index * share)), url, {
        concurrency: 10,
        ...options,
        localAddress,
      }),
    );
    const first = idle.length;
    idle.push(...(await Promise.all(groups)));
    return { first, last: idle.length - 1 };
  },

  idleReport: ({ first, last }: { first: number; last: number }): IdleReport => {
    const groups = idle.slice(first, last + 1);
    const sum = (of: (group: IdleWebSockets) => number) =>
      groups.reduce((total, group) => total + of(group), 0);
    const refused: Record<string, number> = {};
    for (const [why, count] of groups.flatMap((group) => Object.entries(group.refused))) {
      refused[why] = (refused[why] ?? 0) + count;
    }
    return { opened: sum(({ opened }) => opened), open: sum(({ open }) => open), refused };
  },

  closeIdle: ({ first, last }: { first: number; last: number }) =>
    idle.slice(first, last + 1).forEach((group) => group.close()),

  /** Begins new handshakes and requests at a steady rate from all addresses; answers a number for it. */
  startLoad: (options: LoadOptions) => add(loads, steadyLoad(options, addresses)),

  /** How it has gone until now. */
  loadReport: (load: number): LoadReport => at(loads, load).report(),

  /** Ends it, waits for the last answers and reports. */
  stopLoad: (load: number): Promise<LoadReport> => at(loads, load).stop(),

  /** The status of one WebSocket handshake with Engine.IO. */
  handshake: async (url: string, address: number, ca?: string) => {
    const { status, socket } = await handshake(`${url}${engineQuery}`, {
      ca,
      localAddress: inTurn(address),
    });
    socket?.destroy();
    return status;
  },
};

export type Handlers = typeof handlers;

interface Asked {
  readonly id: number;
  readonly name: keyof Handlers;
  readonly values: unknown[];
}

async function answer({ id, name, values }: Asked): Promise<void> {
  const handle = handlers[name] as (...values: unknown[]) => unknown;
  let reply: object;
  try {
    reply = { id, result: (await handle(...values)) ?? null };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

if (require.main === module) {
  createInterface({ input: process.stdin })
    .on('line', (line) => void answer(JSON.parse(line) as Asked))
    // Whoever asked has gone.
    .on('close', () => process.exit(0));
}
