import { StringDecoder } from 'node:string_decoder';
import type { Socket } from 'node:net';
import type { ProcessRef } from '../system/processes';

/*
 * Protocol between a call of the agent and the supervisor, in lines of JSON. The supervisor says hello, the caller
 * sends one request, and the supervisor answers with progress and one outcome.
 */

/** First message of a supervisor. */
export interface Hello {
  /** Hash of the supervisor's agent.js, from which the caller's may differ. */
  readonly version: string;
  readonly process: ProcessRef;
}

/** Message of a supervisor after the hello: a line of progress, or the outcome. */
export type Answer =
  | { readonly line: string }
  | { readonly done: true }
  /** Reason why the request failed. */
  | { readonly failed: string }
  /** The supervisor is leaving and has not begun the request, which its successor accepts. */
  | { readonly leaving: true };

export function send(socket: Socket, message: object): void {
  // The caller may have exited (Ctrl-C). Its request is completed all the same.
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
