import type { Probe } from '../system/probes';
import type { HealthPolicy } from '../call/requests';
import type { Launch } from './running';
import type { StateFolder } from '../system/state-folder';
import type { Endpoint } from '../system/text';

/** Unit of any kind, as the supervisor starts, checks and stops it. */
export interface Runnable {
  readonly launch: Launch;
  readonly listen: readonly Endpoint[];
  readonly health: Omit<HealthPolicy, 'path'>;
  readonly stopGraceMs: number;
  /** Values that no message may show. */
  readonly confidential: readonly string[];
  /** Health check in words. */
  readonly question: string;
  /** Brings the unit's files to its specification, just before its start. */
  prepare(): void;
  /** Whether it serves as specified. */
  probe(timeoutMs: number): Promise<Probe>;
  /** Whether it is alive. It may be more lenient than `probe`, since a unit without pulse is killed. */
  pulse(timeoutMs: number): Promise<Probe>;
}

/** Path of a unit's log. */
export function logOf(state: StateFolder, unit: string): string {
  return state.path('logs', `${unit}.log`);
}
