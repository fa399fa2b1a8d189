import { instanceRunnable } from './instance-runnable';
import { nginxRunnable } from './nginx-runnable';
import { redisRunnable } from './redis-runnable';
import type { Runnable } from './runnable';
import type { StateFolder } from '../system/state-folder';
import type { UnitSpec } from '../supervisor/unit-record';

/** Runnable of a specification, by its kind. */
export function runnable(unit: string, spec: UnitSpec, state: StateFolder): Runnable {
  switch (spec.kind) {
    case 'instance':
      return instanceRunnable(unit, spec, state);
    case 'redis':
      return redisRunnable(unit, spec, state);
    case 'nginx':
      return nginxRunnable(unit, spec, state);
  }
}
