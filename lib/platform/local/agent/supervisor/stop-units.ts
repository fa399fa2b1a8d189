import { seconds } from '../system/text';
import type { Report } from '../system/text';
import type { Unit } from './unit';
import type { UnitKind } from './unit-record';

/** Order of stopping: each kind before the one it connects to, so that no client reaches a stopped server. */
const STOPPING_ORDER: readonly UnitKind[] = ['nginx', 'instance', 'redis'];

/** Stops units, those of one kind at the same time. A unit that cannot be stopped does not keep others running. */
export async function stopUnits(units: readonly Unit[], report: Report): Promise<void> {
  const problems: unknown[] = [];
  for (const kind of STOPPING_ORDER) {
    const ofKind = units.filter((unit) => unit.kind === kind);
    const outcomes = await Promise.allSettled(ofKind.map((unit) => stopUnit(unit, report)));
    problems.push(...outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])));
  }
  if (problems.length > 0) {
    throw problems[0];
  }
}

async function stopUnit(unit: Unit, report: Report): Promise<void> {
  const begun = Date.now();
  const grace = unit.runnable?.stopGraceMs ?? 0;
  if (unit.process) {
    report(`${unit.name}: stopping (pid ${unit.process.ref.pid}) …`);
  }
  const ending = await unit.stop();
  if (ending !== 'was not running') {
    report(
      ending === 'killed'
        ? `${unit.name}: did not stop within ${seconds(grace)} and was killed`
        : `${unit.name}: stopped after ${seconds(Date.now() - begun)}`,
    );
  }
}
