import type { HealthPolicy } from '../call/requests';
import type { ProcessRef } from '../system/processes';
import type { StateFolder } from '../system/state-folder';
import type { Endpoint } from '../system/text';

/*
 * Records of units, in units/<unit>.json. They suffice for another supervisor to adopt a unit, and for destroy to end
 * it without a supervisor. They contain resolved secrets, and only their owner may read them.
 */

/** Specification of an instance. */
export interface InstanceSpec {
  readonly kind: 'instance';
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly listen: Endpoint;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly inherited: Readonly<Record<string, string>>;
  readonly revision: string;
  readonly health: HealthPolicy;
  readonly stopGraceMs: number;
}

/** Specification of a Redis. */
export interface RedisSpec {
  readonly kind: 'redis';
  readonly executable: string;
  readonly listen: Endpoint;
  readonly maxMemory: string;
  readonly outputBufferLimit: string;
  readonly password: string;
}

/** Specification of an nginx. */
export interface NginxSpec {
  readonly kind: 'nginx';
  readonly executable: string;
  /** Options of its command line beside the path of its configuration. */
  readonly options: readonly string[];
  readonly listen: readonly Endpoint[];
  /** Folder below releases/ that it serves. */
  readonly release: string;
  /** Releases that it served recently, the latest first. */
  readonly recent: readonly string[];
}

export type UnitSpec = InstanceSpec | RedisSpec | NginxSpec;

export type UnitKind = UnitSpec['kind'];

/** Record of one unit. */
export interface UnitRecord {
  readonly unit: string;
  readonly kind: UnitKind;
  /** Specification in force; absent while the very first one is being tried. */
  spec?: UnitSpec;
  /** Specification that an operation is trying. If a new supervisor finds one, it was never confirmed. */
  candidate?: UnitSpec;
  process?: ProcessRef & { readonly startedAt: number };
  /** Whether the process has been healthy since its start. From then on, failed checks mean that it hangs. */
  healthy: boolean;
  restarts: number;
}

const fileOf = (unit: string): string => `units/${unit}.json`;

export function readRecords(state: StateFolder): UnitRecord[] {
  return state
    .list('units')
    .filter((name) => /^[a-z0-9-]+\.json$/.test(name))
    .map((name) => state.read(`units/${name}`))
    .filter((content) => content !== undefined)
    .map((content) => JSON.parse(content) as UnitRecord);
}

export function writeRecord(state: StateFolder, record: UnitRecord): void {
  state.write(fileOf(record.unit), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRecord(state: StateFolder, unit: string): void {
  state.remove(fileOf(unit));
}
