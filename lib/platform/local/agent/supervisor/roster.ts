import { SUPERVISOR } from '../call/fields';
import type { Fleet } from './fleet';
import { stopUnits } from './stop-units';
import type { RosterRequest } from '../call/requests';
import type { Report } from '../system/text';

/** Stops every unit that a roster does not list, and removes its files. */
export async function stopUnlisted(
  fleet: Fleet,
  request: RosterRequest,
  report: Report,
): Promise<void> {
  const stays = (name: string) => request.units.includes(name);
  const leaving = fleet.units().filter((unit) => !stays(unit.name));
  await Promise.all(leaving.map((unit) => fleet.release(unit.name)));
  await stopUnits(leaving, report);
  leaving.forEach((unit) => unit.remove());

  const { state } = fleet;
  for (const folder of ['nginx', 'redis']) {
    state
      .list(folder)
      .filter((name) => !stays(name))
      .forEach((name) => state.remove(`${folder}/${name}`));
  }
  state
    .list('logs')
    .filter((file) => ![...request.units, SUPERVISOR].includes(file.split('.')[0] ?? ''))
    .forEach((file) => state.remove(`logs/${file}`));
  if (leaving.length === 0) {
    report('nothing to stop: all that runs is wanted');
  }
}
