import { get } from 'node:http';
import type { RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { codeOf, messageOf } from './agent-error';
import { seconds } from './text';
import type { Endpoint } from './text';

/** Result of one check of a running service. */
export interface Probe {
  readonly ok: boolean;
  /** Observation in words. */
  readonly seen: string;
  /** System's error code if the connection failed; TIMEOUT if there was no answer in time. */
  readonly code?: string;
  readonly body?: string;
}

/** Checks a service by HTTP; any 2xx status is healthy. */
export function probeHttp(
  target: Pick<RequestOptions, 'host' | 'port' | 'socketPath' | 'path'>,
  timeoutMs: number,
): Promise<Probe> {
  return new Promise((resolve) => {
    const request = get({ ...target, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        // An endless answer must not fill the memory.
        body = body.length < 4096 ? body + chunk : body;
      });
      response.on('error', (error) => finish(failure(error)));
      response.on('end', () =>
        finish({ ok: status >= 200 && status < 300, seen: `status ${status}`, body }),
      );
    });
    // The timeout option of a request restarts with each byte.
    const timer = setTimeout(() => finish(silence(timeoutMs)), timeoutMs);
    request.on('error', (error) => finish(failure(error)));

    function finish(probe: Probe): void {
      clearTimeout(timer);
      resolve(probe);
      request.destroy();
    }
  });
}

/** Checks a Redis by PING. */
export function probeRedis(
  { address, port }: Endpoint,
  password: string,
  timeoutMs: number,
): Promise<Probe> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: address, port }, () =>
      socket.write(redisCommand('AUTH', password) + redisCommand('PING')),
    );
    const timer = setTimeout(() => finish(silence(timeoutMs)), timeoutMs);
    socket.setEncoding('utf8');
    socket.on('error', (error) => finish(failure(error)));
    socket.on('close', () => finish({ ok: false, seen: 'the connection was closed' }));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      const lines = answer.split('\r\n');
      if (lines.length > 2) {
        const refusal = lines.find((line) => line.startsWith('-'));
        finish({ ok: lines[1] === '+PONG', seen: refusal?.slice(1) ?? 'PONG' });
      }
    });

    function finish(probe: Probe): void {
      clearTimeout(timer);
      resolve(probe);
      socket.destroy();
    }
  });
}

function redisCommand(...words: string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

function failure(error: Error): Probe {
  const code = codeOf(error);
  const seen = code === 'ECONNREFUSED' ? 'connection refused' : (code ?? messageOf(error));
  return { ok: false, seen, code };
}

function silence(timeoutMs: number): Probe {
  return { ok: false, seen: `no answer within ${seconds(timeoutMs)}`, code: 'TIMEOUT' };
}
