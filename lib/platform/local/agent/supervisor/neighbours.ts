import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockHolder } from '../system/lock';
import { groupOf, isRunning } from '../system/processes';
import { StateFolder } from '../system/state-folder';
import { listNames } from '../system/text';
import type { Report } from '../system/text';
import { readRecords } from './unit-record';
import type { UnitRecord } from './unit-record';

/** State folder beside another one, of which something runs. */
export interface Neighbour {
  readonly root: string;
  readonly running: readonly UnitRecord[];
}

/** State folders beside one, of which a unit or the supervisor runs. */
export function neighbours(state: StateFolder): Neighbour[] {
  const parent = dirname(state.root);
  return namesIn(parent)
    .map((name) => open(join(parent, name)))
    .filter((other) => other !== undefined)
    .filter((other) => other.root !== state.root)
    .map((other) => ({ root: other.root, running: runningUnits(other), holder: lockHolder(other) }))
    .filter(({ running, holder }) => running.length > 0 || holder !== undefined);
}

/** Reports what runs beside a state folder and belongs to no platform that is known. */
export function reportNeighbours(
  state: StateFolder,
  known: readonly string[],
  report: Report,
): void {
  const ours = known.map(realPath);
  neighbours(state)
    .filter(({ root }) => !ours.includes(root))
    .forEach((neighbour) =>
      report(
        `${describe(neighbour)}, but no LocalPlatform of this app has that folder. ${END(neighbour)}`,
      ),
    );
}

/** Reports all that runs beside a state folder. */
export function listNeighbours(state: StateFolder, report: Report): void {
  neighbours(state).forEach((neighbour) => report(`${describe(neighbour)}. ${END(neighbour)}`));
}

/** Advice about the neighbour that a process belongs to; undefined if it belongs to none. */
export function neighbourOf(state: StateFolder, pid: number): string | undefined {
  for (const { root, running } of neighbours(state)) {
    const owner = running.find(
      ({ process }) => process && [process.pid, ...groupOf(process)].includes(pid),
    );
    if (owner) {
      return `the unit ${owner.unit} of another LocalPlatform (pid ${pid}), whose state folder is ${root}. ${END({ root })}`;
    }
  }
  return undefined;
}

const END = ({ root }: Pick<Neighbour, 'root'>): string =>
  `If no stack needs it any more, end it: node ${join(root, 'agent.js')} destroy`;

function describe({ root, running }: Neighbour): string {
  const what = running.map(({ unit }) => unit);
  return `also running: ${what.length === 0 ? 'a supervisor' : listNames(what)} of ${root}`;
}

function runningUnits(state: StateFolder): UnitRecord[] {
  return readRecords(state).filter(({ process }) => process && isRunning(process));
}

/** State folder at a path. Those of other users are none of ours. */
function open(path: string): StateFolder | undefined {
  try {
    return StateFolder.find(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
