// Bytes to a port or a Unix socket of this machine and the bytes that come back: for what an HTTP client would not send.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { everyNameIsLocal } from './local-agent';

export interface RawOptions {
  /** Sent first and outside of TLS: the header of the PROXY protocol. */
  readonly preamble?: string | Buffer;
  /** Speaks TLS with this SNI; an empty one sends none. */
  readonly tls?: { readonly ca?: string; readonly serverName: string };
  readonly timeoutMs?: number;
}

/** Sends it and returns what came back until the other side closed; throws when the connection breaks. */
export function rawExchange(
  at: number | { readonly path: string },
  bytes: string | Buffer,
  { preamble, tls, timeoutMs = 10_000 }: RawOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp(
      typeof at === 'number' ? { port: at, host: '127.0.0.1', lookup: everyNameIsLocal } : at,
    );
    if (preamble !== undefined) {
      tcp.write(preamble);
    }
    const socket: Socket = tls
      ? connectTls({ socket: tcp, servername: tls.serverName, ca: tls.ca })
      : tcp;
    const timer = setTimeout(
      () => tcp.destroy(new Error(`no end of the answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    for (const each of [tcp, socket]) {
      each.once('error', reject);
    }
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}

/** A GET as text, which lets the other side close. */
export function rawGet(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
