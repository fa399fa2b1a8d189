// What a user of a REST API would notice: requests at a steady rate, and a count of everything that is not a 200.
import { request, type RequestOptions } from './http';
import { sleep } from '../machine/wait';

export interface Report {
  readonly sent: number;
  /** How many per status or error code; empty when every request was answered with 200. */
  readonly failures: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** Begins; the function that is returned ends it and reports. */
export function steadyRequests(
  url: string,
  everyMs: number,
  options: RequestOptions = {},
): () => Promise<Report> {
  let running = true;
  let sent = 0;
  let slowestMs = 0;
  const failures: Record<string, number> = {};
  const pending = new Set<Promise<void>>();

  const ask = async () => {
    let outcome: string;
    try {
      const { status, milliseconds } = await request(url, options);
      outcome = String(status);
      slowestMs = Math.max(slowestMs, milliseconds);
    } catch (error) {
      outcome = (error as NodeJS.ErrnoException).code ?? String(error);
    }
    if (outcome !== '200') {
      failures[outcome] = (failures[outcome] ?? 0) + 1;
    }
  };
  const loop = (async () => {
    while (running) {
      sent += 1;
      const one = ask().finally(() => pending.delete(one));
      pending.add(one);
      await sleep(everyMs);
    }
  })();

  return async () => {
    running = false;
    await loop;
    await Promise.all(pending);
    return { sent, failures, slowestMs };
  };
}
