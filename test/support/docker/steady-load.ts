// Many clients that come anew all the time: requests and WebSocket handshakes, each over a connection of its own, at a
// steady rate from many addresses; a count of everything that is not answered as it should be, and who answered whom.
import { request } from '../front/http';
import { handshake } from '../front/raw-websocket';

export interface LoadOptions {
  /** Without a path, for example https://localhost:8443. */
  readonly url: string;
  /** All together; half of them handshakes. */
  readonly perSecond: number;
  /** Where GET answers JSON with `instance`. Default /dev/aiwm/instance. */
  readonly path?: string;
  /** Default: Engine.IO's of the chat service. */
  readonly handshakePath?: string;
  readonly ca?: string;
  readonly timeoutMs?: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly handshakes: number;
  /** How many per kind and status or error code, such as `request 502`; empty when all went well. */
  readonly failures: Readonly<Record<string, number>>;
  /** By address: the instances that answered its requests, in the order of their first answer after another one's. */
  readonly instances: Readonly<Record<string, readonly string[]>>;
  /** By version of the service, as the test images tell it; how many answers. */
  readonly versions: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

export interface Load {
  report(): LoadReport;
  stop(): Promise<LoadReport>;
}

/** Of so many requests one is sent late, on a connection that nginx has accepted before: as of a client that is slow. */
const SLOW_ONE_OF = 20;
const SLOW_MS = 1000;

export function steadyLoad(options: LoadOptions, addresses: readonly string[]): Load {
  const { url, perSecond, ca, timeoutMs = 10_000 } = options;
  const path = options.path ?? '/dev/aiwm/instance';
  const handshakePath = options.handshakePath ?? '/dev/aiwm/chat/?EIO=4&transport=websocket';
  const counts = { request: 0, handshake: 0 };
  const failures: Record<string, number> = {};
  const instances: Record<string, string[]> = {};
  const versions: Record<string, number> = {};
  let slowestMs = 0;
  const pending = new Set<Promise<void>>();

  const count = (where: Record<string, number>, what: string) => {
    where[what] = (where[what] ?? 0) + 1;
  };

  const askInstance = async (localAddress: string) => {
    const hesitateMs = counts.request % SLOW_ONE_OF === 0 ? SLOW_MS : undefined;
    const answer = await request(`${url}${path}`, { ca, timeoutMs, localAddress, hesitateMs });
    slowestMs = Math.max(slowestMs, answer.milliseconds);
    if (answer.status !== 200) {
      return answer.status;
    }
    const { instance } = JSON.parse(answer.body) as { instance: string };
    const seen = (instances[localAddress] ??= []);
    if (seen.at(-1) !== instance) {
      seen.push(instance);
    }
    const version = answer.headers['x-chat-version'];
    if (typeof version === 'string') {
      count(versions, version);
    }
    return 0;
  };
  const shakeHands = async (localAddress: string) => {
    const answer = await handshake(`${url}${handshakePath}`, { ca, timeoutMs, localAddress });
    slowestMs = Math.max(slowestMs, answer.milliseconds);
    answer.socket?.on('error', () => {});
    answer.socket?.destroy();
    return answer.status === 101 ? 0 : answer.status;
  };
  const one = async (kind: 'request' | 'handshake', localAddress: string) => {
    counts[kind] += 1;
    try {
      const status = await (kind === 'request' ? askInstance : shakeHands)(localAddress);
      if (status !== 0) {
        count(failures, `${kind} ${status}`);
      }
    } catch (error) {
      count(failures, `${kind} ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  };

  const started = performance.now();
  let begun = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; begun < due; begun += 1) {
      // Each address sends both kinds.
      const address = addresses[Math.floor(begun / 2) % addresses.length] as string;
      const sent = one(begun % 2 === 0 ? 'request' : 'handshake', address);
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    }
  }, 10);

  const report = (): LoadReport => ({
    requests: counts.request,
    handshakes: counts.handshake,
    failures,
    instances,
    versions,
    slowestMs: Math.round(slowestMs),
  });
  return {
    report,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
      return report();
    },
  };
}
