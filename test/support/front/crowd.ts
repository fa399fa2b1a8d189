// Clients of every kind on one front, to see whom a change drops: Socket.IO clients of as many networks with the
// default transports, and bare WebSockets that heal nothing by themselves.
import { IdleWebSockets, engineQuery } from './raw-websocket';
import { SocketClients } from './socket-clients';

export interface CrowdOptions {
  /** Authorities to trust. */
  readonly ca: string;
  /** Default 40. */
  readonly socketIo?: number;
  /** Default 20. */
  readonly bare?: number;
}

export class Crowd {
  static async connect(url: string, options: CrowdOptions): Promise<Crowd> {
    const { ca, socketIo = 40, bare = 20 } = options;
    const clients = await SocketClients.connect(socketIo, (index) => ({
      url,
      ca,
      localAddress: network(index),
      reconnection: true,
    }));
    await clients.waitUntilConnected();
    await clients.waitUntilUpgraded();
    const webSockets = await IdleWebSockets.open(bare, `${url}/dev/aiwm/chat/${engineQuery}`, {
      ca,
      socketIo: true,
    });
    if (webSockets.open !== bare) {
      throw new Error(`not all WebSockets were opened: ${JSON.stringify(webSockets.refused)}`);
    }
    return new Crowd(clients, webSockets);
  }

  private constructor(
    readonly clients: SocketClients,
    readonly webSockets: IdleWebSockets,
  ) {}

  get size(): number {
    return this.clients.all.length + this.webSockets.opened;
  }

  /** How many connections have been lost since the start, all together. */
  get dropped(): number {
    return this.clients.disconnects + this.webSockets.closed.length;
  }

  /** How many are connected right now. */
  get connected(): number {
    return this.clients.connected.length + this.webSockets.open;
  }

  close(): void {
    this.clients.close();
    this.webSockets.close();
  }
}

/** An address in a network of its own, for ip_hash, which looks at the first three numbers. */
export function network(index: number): string {
  return `127.0.${index + 1}.1`;
}
