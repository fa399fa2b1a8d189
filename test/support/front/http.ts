// HTTP/1.1 requests to this machine, with the things that tests of a proxy choose: the client's address, Host, SNI, CA.
import {
  request as httpRequest,
  type Agent,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { everyNameIsLocal, type LocalConnection } from './local-agent';

export interface RequestOptions extends LocalConnection {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Text as it is; an object as JSON. Makes the default method POST. */
  readonly body?: string | object;
  /** Name in the Host header and in SNI. Default: the one in the URL, which may be any name: all are this machine. */
  readonly host?: string;
  /** A keepalive agent, for example `localAgent(url, {}, { keepAlive: true })`. Default: a connection per request. */
  readonly agent?: Agent;
  readonly timeoutMs?: number;
  /** How long the connection is open before the request is sent. Default 0. */
  readonly hesitateMs?: number;
  /** Connects to a unix socket instead of the address in the URL. */
  readonly socketPath?: string;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly milliseconds: number;
}

export function request(url: string, options: RequestOptions = {}): Promise<Response> {
  const { body, host, ca, localAddress, agent, socketPath, timeoutMs = 10_000 } = options;
  const started = performance.now();
  const content = typeof body === 'object' ? JSON.stringify(body) : body;
  const headers: OutgoingHttpHeaders = {
    ...(content !== undefined && { 'Content-Length': Buffer.byteLength(content) }),
    ...(typeof body === 'object' && { 'Content-Type': 'application/json' }),
    ...(host !== undefined && { Host: host }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = send(
      url,
      {
        method: options.method ?? (content === undefined ? 'GET' : 'POST'),
        headers,
        ca,
        localAddress,
        agent: agent ?? false,
        socketPath,
        lookup: everyNameIsLocal,
        ...(host !== undefined && { servername: host }),
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (text += chunk));
        incoming.once('error', fail);
        incoming.once('end', () => {
          clearTimeout(timer);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: text,
            milliseconds: performance.now() - started,
          });
        });
      },
    );
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`${url}: no answer in ${timeoutMs} ms`));
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    outgoing.once('error', fail);
    if (options.hesitateMs === undefined) {
      outgoing.end(content);
    } else {
      setTimeout(() => outgoing.end(content), options.hesitateMs);
    }
  });
}

/** The JSON body of an answer with status 200. */
export async function requestJson<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const { status, body } = await request(url, options);
  if (status !== 200) {
    throw new Error(`${url} answered ${status}: ${body}`);
  }
  return JSON.parse(body) as T;
}
