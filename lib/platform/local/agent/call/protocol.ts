import { StringDecoder } from 'node:string_decoder';
import type { Socket } from 'node:net';
import type { ProcessRef } from '../system/processes';

/*
 * The talk between a call of the agent and the supervisor, as lines of JSON: the supervisor says hello, the caller
 * sends one request, the supervisor answers with progress and one outcome.
 */

export interface Hello {
  /** The content of the supervisor's agent.js, as a hash: the caller may bring another one. */
  readonly version: string;
  readonly process: ProcessRef;
}

export type Answer =
  | { readonly line: string }
  | { readonly done: true }
  /** The request failed, for this reason. */
  | { readonly failed: string }
  /** The supervisor is leaving: the request was not begun, its successor will take it. */
  | { readonly leaving: true };

export function send(socket: Socket, message: object): void {
  // A caller may be gone (Ctrl-C); what was begun for it is finished all the same.
  if (socket.writable) {
    socket.write(`${JSON.stringify(message)}\n`);
  }
}

export function onMessage(socket: Socket, handle: (message: unknown) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach((line) => handle(JSON.parse(line)));
  });
}
