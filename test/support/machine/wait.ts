import { setTimeout as delay } from 'node:timers/promises';

export function sleep(milliseconds: number): Promise<void> {
  return delay(milliseconds);
}

/**
 * Asks again and again until the condition answers with something true, and returns that. A condition that throws has
 * not come true yet. `message` says what was waited for; as a function it is asked at the end, so that it can tell how
 * things stood.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  timeoutMs: number,
  message: string | (() => string),
  intervalMs = 25,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure = '';
    try {
      const value = await condition();
      if (value) {
        return value;
      }
    } catch (error) {
      failure = ` (${String(error)})`;
    }
    if (Date.now() >= deadline) {
      const text = typeof message === 'string' ? message : message();
      throw new Error(`waited ${timeoutMs} ms: ${text}${failure}`);
    }
    await sleep(intervalMs);
  }
}
