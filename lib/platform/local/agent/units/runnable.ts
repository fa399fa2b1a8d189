import type { Probe } from '../system/probes';
import type { HealthPolicy } from '../call/requests';
import type { Launch } from './running';
import type { StateFolder } from '../system/state-folder';
import type { Endpoint } from '../system/text';

/** What running a unit means, whatever its kind. */
export interface Runnable {
  readonly launch: Launch;
  readonly listen: readonly Endpoint[];
  readonly health: Omit<HealthPolicy, 'path'>;
  readonly stopGraceMs: number;
  /** Values that no message may show. */
  readonly confidential: readonly string[];
  /** What is asked to see whether it is healthy, in words. */
  readonly question: string;
  /** Brings the unit's files to this specification, just before its start. */
  prepare(): void;
  /** Whether it serves as specified. */
  probe(timeoutMs: number): Promise<Probe>;
  /** Whether it lives; may be kinder than `probe`, since a unit without pulse is killed. */
  pulse(timeoutMs: number): Promise<Probe>;
}

/** Where a unit's output goes. */
export function logOf(state: StateFolder, unit: string): string {
  return state.path('logs', `${unit}.log`);
}
