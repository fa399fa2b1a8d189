import { lockHolder } from '../system/lock';
import { isRunning } from '../system/processes';
import { runnable } from '../units/runnables';
import { StateFolder } from '../system/state-folder';
import { hostAndPort } from '../system/text';
import type { Report } from '../system/text';
import { listNeighbours } from './neighbours';
import { readRecords } from './unit-record';
import type { UnitRecord } from './unit-record';

/** Reports all units from their records. It needs no supervisor, and changes nothing. */
export function status(path: string, report: Report): void {
  const state = StateFolder.find(path);
  if (!state) {
    report(`nothing of the agent's is in ${path}`);
    return;
  }
  const holder = lockHolder(state);
  report(
    holder
      ? `supervisor: running (pid ${holder.pid})`
      : 'supervisor: not running; what runs is not watched; resume (or the next change that is deployed) starts it',
  );
  const rows = readRecords(state).map((record) => row(record, state));
  table([['UNIT', 'KIND', 'STATE', 'PID', 'ADDRESS', 'RESTARTS', 'SINCE'], ...rows]).forEach(
    report,
  );
  listNeighbours(state, report);
}

function row(record: UnitRecord, state: StateFolder): string[] {
  const { unit, kind, process, healthy, restarts } = record;
  const spec = record.candidate ?? record.spec;
  const running = process && isRunning(process) ? process : undefined;
  const listen = spec ? runnable(unit, spec, state).listen.map(hostAndPort) : [];
  return [
    unit,
    kind,
    running ? (healthy ? 'healthy' : 'starting') : 'down',
    running ? String(running.pid) : '-',
    listen.join(',') || '-',
    String(restarts),
    running ? new Date(running.startedAt).toISOString().replace('T', ' ').slice(0, 19) : '-',
  ];
}

function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
