import type { Fleet } from './fleet';
import { reload, RELOAD_MS } from '../units/nginx-runnable';
import { groupOf } from '../system/processes';
import { sleep } from '../system/text';
import type { Unit } from './unit';

/** The master tells the old workers to go a tenth of a second after it has started the new ones. */
const HANDOVER_MS = 300;

/**
 * Has nginx forget the failures that it counted while an instance was away. It would leave that instance out for its
 * fail_timeout; when the next ones are replaced within that time, it has nobody left to send to, and answers all with 502.
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
