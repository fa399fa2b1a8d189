import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface LocalConnection {
  /** Authority to trust, as PEM text. */
  readonly ca?: string;
  /** The address that the server sees: any of 127.0.0.0/8, so that one machine plays clients of many networks. */
  readonly localAddress?: string;
}

/** Where this machine is: clients in a network namespace of their own reach it by another address (docker/client-network.ts). */
const thisMachine = process.env.AIWM_TEST_SERVER ?? '127.0.0.1';

/** Every name is this machine, so that `https://api.example.test:8443/` carries the right Host and SNI. */
export const everyNameIsLocal: LookupFunction = (_name, options, callback) => {
  if (options.all) {
    callback(null, [{ address: thisMachine, family: 4 }]);
  } else {
    callback(null, thisMachine, 4);
  }
};

/** An agent for one kind of URL, for clients that take one. */
export function localAgent(
  url: string,
  { ca, localAddress }: LocalConnection = {},
  options: AgentOptions = {},
): HttpAgent {
  const common = { ...options, lookup: everyNameIsLocal, localAddress };
  return /^(https|wss):/.test(url) ? new HttpsAgent({ ...common, ca }) : new HttpAgent(common);
}
