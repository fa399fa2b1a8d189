import type { HealthPolicy } from '../call/requests';
import type { ProcessRef } from '../system/processes';
import type { StateFolder } from '../system/state-folder';
import type { Endpoint } from '../system/text';

/*
 * What is written down of a unit, in units/<unit>.json: enough for another supervisor to take it over, and for destroy
 * to end it without any. The files hold resolved secrets and are readable by their owner alone.
 */

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

export interface RedisSpec {
  readonly kind: 'redis';
  readonly executable: string;
  readonly listen: Endpoint;
  readonly maxMemory: string;
  readonly outputBufferLimit: string;
  readonly password: string;
}

export interface NginxSpec {
  readonly kind: 'nginx';
  readonly executable: string;
  /** Its command line, but for the configuration's place. */
  readonly options: readonly string[];
  readonly listen: readonly Endpoint[];
  /** The folder below releases/ that is served. */
  readonly release: string;
  /** The releases that were served lately, the latest first. */
  readonly recent: readonly string[];
}

export type UnitSpec = InstanceSpec | RedisSpec | NginxSpec;

export type UnitKind = UnitSpec['kind'];

export interface UnitRecord {
  readonly unit: string;
  readonly kind: UnitKind;
  /** The specification in force; absent while the very first one is being tried. */
  spec?: UnitSpec;
  /** The specification that an operation is trying. Found by a new supervisor, it was never confirmed. */
  candidate?: UnitSpec;
  process?: ProcessRef & { readonly startedAt: number };
  /** Whether the process has been healthy since its start; from then on silence means that it hangs. */
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
