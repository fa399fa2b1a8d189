import { messageOf } from '../system/agent-error';
import { signalGroup } from '../system/processes';
import type { Report } from '../system/text';
import { seconds } from '../system/text';
import type { Unit } from './unit';

/** Age from which on the end of a process is not blamed on its start. */
const STEADY_MS = 10_000;
/** Longest interval between checks while a process starts. */
const STARTING_INTERVAL_MS = 500;

/** Watch over one process, from its start to its end or to the next pause. */
interface Turn {
  over: boolean;
  /** Ends the current nap. */
  wake: () => void;
}

/** Watch that keeps a unit running: it restarts a process that exited, and kills and restarts one that hangs. */
export class Watch {
  /** Current turn; each process begins a new one. */
  private turn: Turn | undefined;
  private reviving: Promise<void> | undefined;
  /** Number of processes in a row that exited young. */
  private youngDeaths = 0;

  constructor(
    private readonly unit: Unit,
    private readonly log: Report,
  ) {}

  /** Starts watching, and starts a unit that does not run. */
  begin(): void {
    const turn = this.newTurn();
    const { process } = this.unit;
    if (!process) {
      this.revive('is not running');
      return;
    }
    void process.ended.then((how) => {
      if (!turn.over) {
        this.revive(`ended with ${how} after ${seconds(Date.now() - process.startedAt)}`);
      }
    });
    void this.keepLooking(turn);
  }

  /** Stops watching, and waits for a restart that is under way. */
  async pause(): Promise<void> {
    this.endTurn();
    await this.reviving;
  }

  private newTurn(): Turn {
    this.endTurn();
    this.turn = { over: false, wake: () => undefined };
    return this.turn;
  }

  private endTurn(): void {
    if (this.turn) {
      this.turn.over = true;
      this.turn.wake();
    }
  }

  private async keepLooking(turn: Turn): Promise<void> {
    while (!turn.over) {
      try {
        await this.look(turn);
        return;
      } catch (error) {
        // The unit is watched all the same, for example when a full disk keeps its record from being written.
        this.log(`${this.unit.name}: ${messageOf(error)}`);
        await nap(turn, STARTING_INTERVAL_MS);
      }
    }
  }

  private async look(turn: Turn): Promise<void> {
    let failures = 0;
    for (;;) {
      const { process, runnable } = this.unit;
      if (turn.over || !process || !runnable) {
        return;
      }
      const { health } = runnable;
      const begun = Date.now();
      const probe = await (this.unit.healthy
        ? runnable.pulse(health.timeoutMs)
        : runnable.probe(health.timeoutMs));
      if (turn.over) {
        return;
      }
      if (probe.ok) {
        failures = 0;
        this.unit.markHealthy();
      } else if (this.unit.healthy) {
        failures += 1;
        this.log(`${this.unit.name}: ${probe.seen} (${failures} of ${health.failures})`);
        if (failures >= health.failures) {
          this.revive(`hangs: ${runnable.question} failed ${failures} times in a row`);
          return;
        }
      } else if (Date.now() - process.startedAt > health.startTimeoutMs) {
        // Until it is healthy for the first time, failed checks only mean that it still starts.
        this.revive(`did not become healthy within ${seconds(health.startTimeoutMs)}`);
        return;
      }
      const interval = this.unit.healthy
        ? health.intervalMs
        : Math.min(health.intervalMs, STARTING_INTERVAL_MS);
      // The interval counts from start to start, so that timeouts of checks do not delay the verdict.
      await nap(turn, begun + interval - Date.now());
    }
  }

  private revive(reason: string): void {
    const turn = this.newTurn();
    this.log(`${this.unit.name}: ${reason}`);
    this.reviving = this.restart(turn).catch((error) =>
      this.log(`${this.unit.name}: ${messageOf(error)}`),
    );
  }

  private async restart(turn: Turn): Promise<void> {
    let age = this.unit.groupRef ? Date.now() - this.unit.groupRef.startedAt : 0;
    if (this.unit.groupRef) {
      // SIGKILL, not SIGTERM: a hanging process may be stopped (SIGSTOP), and would keep its port for the whole grace
      // period.
      signalGroup(this.unit.groupRef, 'SIGKILL');
    }
    for (;;) {
      this.youngDeaths = age < STEADY_MS ? this.youngDeaths + 1 : 0;
      await nap(turn, delayAfter(this.youngDeaths));
      if (turn.over) {
        return;
      }
      try {
        await this.unit.restart();
        this.log(`${this.unit.name}: started again (pid ${this.unit.process?.ref.pid ?? 'gone'})`);
        break;
      } catch (error) {
        this.log(`${this.unit.name}: cannot be started: ${messageOf(error)}`);
        age = 0;
      }
    }
    if (!turn.over) {
      this.begin();
    }
  }
}

/** Delay before a restart: none the first time, then 0.5, 1, 2, 4, 8 and at most 10 seconds. */
function delayAfter(youngDeaths: number): number {
  return youngDeaths <= 1 ? 0 : Math.min(500 * 2 ** (youngDeaths - 2), 10_000);
}

/** Sleeps until the time or the turn is over. */
function nap(turn: Turn, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    if (turn.over) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, milliseconds);
    turn.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
