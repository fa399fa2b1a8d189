import type { Fleet } from './fleet';
import { reload, RELOAD_MS } from '../units/nginx-runnable';
import { groupOf } from '../system/processes';
import { sleep } from '../system/text';
import type { Unit } from './unit';

/** Time for the master to stop its old workers, which it does 100 ms after it has started the new ones. */
const HANDOVER_MS = 300;

/**
 * Has nginx forget the failures that it counted while an instance was down.
 *
 * Otherwise nginx leaves that instance out for its fail_timeout. If the next instances are replaced within that time,
 * no upstream server is left and nginx answers every request with 502.
 */
export async function forgetFailures(fleet: Fleet): Promise<void> {
  const fronts = fleet.units().filter(({ kind }) => kind === 'nginx');
  await Promise.all(fronts.map(renewWorkers));
}

async function renewWorkers({ process }: Unit): Promise<void> {
  if (!process) {
    return;
  }
  const before = groupOf(process.ref);
  reload(process.ref);
  const deadline = Date.now() + RELOAD_MS;
  while (groupOf(process.ref).every((pid) => before.includes(pid)) && Date.now() < deadline) {
    await sleep(20);
  }
  await sleep(HANDOVER_MS);
}
