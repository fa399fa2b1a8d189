import { linesSince, logSize } from '../system/log-file';
import { isRunning, killGroup, stopGroup } from '../system/processes';
import type { Ending } from '../system/processes';
import { logOf } from '../units/runnable';
import { runnable } from '../units/runnables';
import type { Runnable } from '../units/runnable';
import { Running } from '../units/running';
import type { StateFolder } from '../system/state-folder';
import { redact, seconds, sleep } from '../system/text';
import { removeRecord, writeRecord } from './unit-record';
import type { UnitKind, UnitRecord, UnitSpec } from './unit-record';

/** Unit with its record and, while it runs, its process. */
export class Unit {
  private running: Running | undefined;

  /** Unit that has no record yet. */
  static fresh(name: string, kind: UnitKind, state: StateFolder): Unit {
    return new Unit({ unit: name, kind, healthy: false, restarts: 0 }, state);
  }

  /** Unit of a record that another supervisor wrote, with its process if that still runs. */
  static adopt(record: UnitRecord, state: StateFolder): Unit {
    const unit = new Unit(record, state);
    if (record.process && isRunning(record.process)) {
      unit.running = Running.adopt(record.process, record.process.startedAt);
    }
    return unit;
  }

  private constructor(
    private readonly record: UnitRecord,
    private readonly state: StateFolder,
  ) {}

  get name(): string {
    return this.record.unit;
  }

  get kind(): UnitKind {
    return this.record.kind;
  }

  /** Specification in force. */
  get spec(): UnitSpec | undefined {
    return this.record.spec;
  }

  get candidate(): UnitSpec | undefined {
    return this.record.candidate;
  }

  /** Process of the unit, while it runs. */
  get process(): Running | undefined {
    return this.running?.endedWith === undefined ? this.running : undefined;
  }

  /** Whether the process has been healthy since its start. */
  get healthy(): boolean {
    return this.process !== undefined && this.record.healthy;
  }

  /** Runnable of the specification that is tried or, without one, in force. */
  get runnable(): Runnable | undefined {
    const spec = this.record.candidate ?? this.record.spec;
    return spec && runnable(this.name, spec, this.state);
  }

  /** Begins to try a specification. Unless it is confirmed, the one in force counts. */
  propose(spec: UnitSpec): void {
    this.record.candidate = spec;
    this.save();
  }

  /** Puts the specification that is tried in force. */
  confirm(): void {
    this.record.spec = this.record.candidate ?? this.record.spec;
    delete this.record.candidate;
    this.record.restarts = 0;
    this.save();
  }

  /** Returns to the specification in force, if there is one. */
  withdraw(): void {
    delete this.record.candidate;
    this.save();
  }

  /** Puts settings in force that the running process need not know. */
  amend(spec: UnitSpec): void {
    this.record.spec = spec;
    this.save();
  }

  /** Starts the process, after whatever is left of an earlier one has been killed. */
  async start(): Promise<void> {
    const plan = this.runnable;
    if (!plan) {
      throw new Error(`the unit ${this.name} has no specification to start`);
    }
    await this.clear();
    plan.prepare();
    this.running = await Running.start(plan.launch, (ref) => {
      this.record.process = { ...ref, startedAt: Date.now() };
      this.record.healthy = false;
      this.save();
    });
  }

  /** Starts the process on the supervisor's own account, which is counted. */
  async restart(): Promise<void> {
    this.record.restarts += 1;
    await this.start();
  }

  /** Stops the process and all of its group. */
  async stop(graceMs = this.runnable?.stopGraceMs ?? 0): Promise<Ending> {
    const ref = this.record.process;
    const ending = ref ? await stopGroup(ref, graceMs) : 'was not running';
    this.forgetProcess();
    return ending;
  }

  /** Kills whatever is left of the last process's group, as nginx's workers outlive a killed master. */
  async clear(): Promise<void> {
    if (this.record.process) {
      await killGroup(this.record.process);
    }
    this.forgetProcess();
  }

  /** Removes the unit's record. */
  remove(): void {
    removeRecord(this.state, this.name);
  }

  markHealthy(): void {
    if (!this.record.healthy) {
      this.record.healthy = true;
      this.save();
    }
  }

  /** Waits until the unit is healthy. Returns the reason if it does not become so. */
  async untilHealthy(deadline: number): Promise<string | undefined> {
    const { running, runnable: plan } = this;
    if (!running || !plan) {
      return 'it does not run';
    }
    for (;;) {
      const left = Math.max(deadline - Date.now(), 100);
      const probe = await plan.probe(Math.min(plan.health.timeoutMs, left));
      if (running.endedWith !== undefined) {
        const age = seconds(Date.now() - running.startedAt);
        return `it ended with ${running.endedWith} after ${age}, before ${plan.question} was answered`;
      }
      if (probe.ok) {
        this.markHealthy();
        return undefined;
      }
      if (Date.now() >= deadline) {
        const age = seconds(deadline - running.startedAt);
        return `${plan.question} was not answered as healthy within ${age} (last seen: ${probe.seen})`;
      }
      await Promise.race([sleep(100), running.ended]);
    }
  }

  /** Process that leads, or led, the unit's process group. */
  get groupRef(): UnitRecord['process'] {
    return this.record.process;
  }

  logSize(): number {
    return logSize(logOf(this.state, this.name));
  }

  /** Lines that the unit has written since its log had the size `from`, without its secrets. */
  logSince(from: number, count = 20): string[] {
    const lines = linesSince(logOf(this.state, this.name), from, count);
    return redact(lines, this.runnable?.confidential ?? []);
  }

  private forgetProcess(): void {
    this.running = undefined;
    delete this.record.process;
    this.record.healthy = false;
  }

  private save(): void {
    writeRecord(this.state, this.record);
  }
}
