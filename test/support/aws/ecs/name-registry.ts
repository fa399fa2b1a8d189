// Cloud Map: which addresses a name has, told to a name server a moment later.
import type { NameServer } from '../../front/name-server';
import { closeAtCleanUp, isClosed } from '../../machine/clean-up';

/** Route 53 answers with no more. */
const MAX_ADDRESSES = 8;
/** How often an answer names others, where there are more. */
const TURN_MS = 1_000;

export interface Published {
  readonly name: string;
  readonly address: string;
  readonly isThere: boolean;
  /** performance.now() */
  readonly at: number;
}

export class NameRegistry {
  /** Each change, at the moment when the name server has it. */
  readonly published: Published[] = [];
  private readonly addresses = new Map<string, Set<string>>();
  private readonly timer: NodeJS.Timeout;

  /** @param propagationMs - from a change to the name server */
  constructor(
    private readonly server: NameServer,
    private readonly propagationMs: number,
  ) {
    closeAtCleanUp(this);
    this.timer = setInterval(() => this.turn(), TURN_MS);
    this.timer.unref();
  }

  register(name: string, address: string): void {
    this.change(name, address, true);
  }

  deregister(name: string, address: string): void {
    this.change(name, address, false);
  }

  close(): void {
    isClosed(this);
    clearInterval(this.timer);
  }

  private change(name: string, address: string, isThere: boolean): void {
    setTimeout(() => {
      const all = this.addresses.get(name) ?? new Set();
      this.addresses.set(name, all);
      if (isThere) {
        all.add(address);
      } else {
        all.delete(address);
      }
      this.tell(name, all);
      this.published.push({ name, address, isThere, at: performance.now() });
    }, this.propagationMs).unref();
  }

  private turn(): void {
    for (const [name, all] of this.addresses) {
      if (all.size > MAX_ADDRESSES) {
        this.tell(name, all);
      }
    }
  }

  private tell(name: string, all: ReadonlySet<string>): void {
    const some = [...all]
      .map((address) => ({ address, order: Math.random() }))
      .sort((one, other) => one.order - other.order)
      .slice(0, MAX_ADDRESSES)
      .map(({ address }) => address);
    this.server.set(name, some.length === 0 ? 'no such name' : some);
  }
}
