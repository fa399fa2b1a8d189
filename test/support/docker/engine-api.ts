// The Engine's own API over its socket: for what the command line cannot say, and for questions that are asked often.
import { request } from '../front/http';
import type { Engine } from './engine';

const DEFAULT_SOCKET = '/var/run/docker.sock';
/** Of Docker 20.10, the oldest that the tests know. */
const VERSION = 'v1.41';

export class EngineApi {
  private readonly socketPath: string;

  constructor({ environment }: Engine) {
    const host = environment.DOCKER_HOST ?? process.env.DOCKER_HOST ?? `unix://${DEFAULT_SOCKET}`;
    this.socketPath = host.replace(/^unix:\/\//, '');
  }

  get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  post<T = unknown>(path: string, body: object = {}, timeoutMs?: number): Promise<T> {
    return this.ask<T>('POST', path, body, timeoutMs);
  }

  delete(path: string): Promise<unknown> {
    return this.ask('DELETE', path);
  }

  private async ask<T>(
    method: string,
    path: string,
    content?: object,
    timeoutMs = 30_000,
  ): Promise<T> {
    const { status, body } = await request(`http://localhost/${VERSION}${path}`, {
      method,
      socketPath: this.socketPath,
      body: content,
      timeoutMs,
    });
    if (status >= 400) {
      throw new Error(`${method} ${path}: ${status} ${body.trim()}`);
    }
    return (body === '' ? undefined : JSON.parse(body)) as T;
  }
}
