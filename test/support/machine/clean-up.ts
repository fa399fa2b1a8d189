// What a test file has opened and a failed test did not close: one call in `afterAll` ends it all.
const open = new Set<Closable>();

interface Closable {
  close(): void | Promise<unknown>;
}

/** Remembers something that has to be closed; closing twice must do no harm. */
export function closeAtCleanUp(closable: Closable): void {
  open.add(closable);
}

/** It is closed already. */
export function isClosed(closable: Closable): void {
  open.delete(closable);
}

/** `afterAll(cleanUp)`: closes clients and servers, and stops processes, the latest first. */
export async function cleanUp(): Promise<void> {
  for (const closable of [...open].reverse()) {
    open.delete(closable);
    await closable.close();
  }
}
