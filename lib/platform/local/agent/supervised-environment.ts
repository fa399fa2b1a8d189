import type { StateFolder } from './state-folder';

/** Marks the processes of a state folder, so that destroy finds also one that left its process group. */
export const MARK = 'AIWM_SUPERVISED';

export function markOf(state: StateFolder): string {
  return state.root;
}

/** The environment of a server that needs nothing of anybody's: just enough to find programs. */
export function serverEnvironment(state: StateFolder): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    TZ: process.env.TZ ?? '',
    [MARK]: markOf(state),
  };
}
