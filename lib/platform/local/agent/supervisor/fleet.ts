import { AgentError } from '../system/agent-error';
import { makeCurrent, nginxPrefix, reload, RELOAD_MS } from '../units/nginx-runnable';
import { groupOf } from '../system/processes';
import type { StateFolder } from '../system/state-folder';
import { sleep } from '../system/text';
import type { Report } from '../system/text';
import { Unit } from './unit';
import { readRecords } from './unit-record';
import type { UnitKind } from './unit-record';
import { Watch } from './watch';

/** Unit and the watch over it. */
interface Member {
  readonly unit: Unit;
  readonly watch: Watch;
}

/**
 * Order of starting: Redis first, since instances connect to it at start; nginx last, since it depends on instances.
 */
const STARTING_ORDER: readonly UnitKind[] = ['redis', 'instance', 'nginx'];

/** All units of a state folder. */
export class Fleet {
  private readonly members = new Map<string, Member>();

  constructor(
    readonly state: StateFolder,
    private readonly log: Report,
  ) {}

  /**
   * Takes over the units of an earlier supervisor: adopts running ones, starts others, undoes unfinished operations.
   */
  async recover(): Promise<void> {
    const units = readRecords(this.state).map((record) => Unit.adopt(record, this.state));
    units.sort((a, b) => STARTING_ORDER.indexOf(a.kind) - STARTING_ORDER.indexOf(b.kind));
    for (const unit of units) {
      if (unit.process) {
        this.log(`${unit.name}: adopted (pid ${unit.process.ref.pid})`);
      }
      if (unit.candidate || !unit.spec) {
        await this.undo(unit);
      }
      if (unit.spec) {
        this.add(unit).watch.begin();
      }
    }
  }

  get(name: string): Unit | undefined {
    return this.members.get(name)?.unit;
  }

  units(): Unit[] {
    return [...this.members.values()].map(({ unit }) => unit);
  }

  /** Names of the units in messages. */
  names(): string {
    return [...this.members.keys()].sort().join(', ');
  }

  /** Unit that a process belongs to. */
  ownerOf(pid: number): Unit | undefined {
    return this.units().find((unit) => unit.groupRef && groupOf(unit.groupRef).includes(pid));
  }

  /**
   * Works on a unit while its watch pauses. Afterwards the unit is watched if it has a specification in force, and
   * forgotten otherwise.
   */
  async exclusively(
    name: string,
    kind: UnitKind,
    work: (unit: Unit) => Promise<void>,
  ): Promise<void> {
    const member = this.members.get(name) ?? this.add(Unit.fresh(name, kind, this.state));
    const { unit, watch } = member;
    if (unit.kind !== kind) {
      throw new AgentError(
        `The name ${name} already belongs to a unit of kind ${unit.kind}. ` +
          `Give this ${kind} another name.`,
      );
    }
    await watch.pause();
    try {
      await work(unit);
    } finally {
      if (unit.spec) {
        watch.begin();
      } else {
        this.members.delete(name);
      }
    }
  }

  /** Waits until all units are healthy. */
  async resume(report: Report): Promise<void> {
    const sick: string[] = [];
    for (const unit of this.units()) {
      const deadline = Date.now() + (unit.runnable?.health.startTimeoutMs ?? 0);
      while (!unit.healthy && Date.now() < deadline) {
        await sleep(100);
      }
      report(`${unit.name}: ${unit.healthy ? 'healthy' : 'not healthy'}`);
      if (!unit.healthy) {
        sick.push(unit.name);
      }
    }
    if (sick.length > 0) {
      throw new AgentError(`Not healthy: ${sick.join(', ')}. See ${this.state.path('logs')}.`);
    }
  }

  /** Stops watching a unit permanently. */
  async release(name: string): Promise<void> {
    await this.members.get(name)?.watch.pause();
    this.members.delete(name);
  }

  private add(unit: Unit): Member {
    const member = { unit, watch: new Watch(unit, this.log) };
    this.members.set(unit.name, member);
    return member;
  }

  /** Undoes an operation on a unit that was interrupted before it was confirmed. */
  private async undo(unit: Unit): Promise<void> {
    this.log(`${unit.name}: an operation on it was cut short and is undone`);
    const { spec, process } = unit;
    if (spec?.kind === 'nginx' && process) {
      // A reload with the release in force keeps nginx's connections, whatever the operation has changed.
      makeCurrent(nginxPrefix(this.state, unit.name), spec.release);
      unit.withdraw();
      reload(process.ref);
      if ((await unit.untilHealthy(Date.now() + RELOAD_MS)) === undefined) {
        return;
      }
    }
    await unit.stop();
    if (spec) {
      unit.withdraw();
    } else {
      unit.remove();
    }
  }
}
