import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inheritableVariables, withMark } from '../system/environment';
import { probeHttp } from '../system/probes';
import type { Probe } from '../system/probes';
import { isRunning } from '../system/processes';
import type { ProcessRef } from '../system/processes';
import { logOf } from './runnable';
import type { Runnable } from './runnable';
import type { StateFolder } from '../system/state-folder';
import type { NginxSpec } from '../supervisor/unit-record';

export function nginxRunnable(unit: string, spec: NginxSpec, state: StateFolder): Runnable {
  const prefix = nginxPrefix(state, unit);
  const probe = async (timeoutMs: number): Promise<Probe> => {
    const answer = await askNginx(unit, timeoutMs);
    const serving = answer.body?.trim();
    return answer.ok && serving !== spec.release
      ? { ok: false, seen: `release ${serving}`, body: answer.body }
      : answer;
  };
  return {
    launch: {
      command: nginxCommand(spec, prefix, 'current/nginx.conf'),
      // nginx resolves the path of a unix socket from its working directory, and all others from the prefix.
      workingDirectory: prefix,
      environment: withMark(inheritableVariables(process.env), state),
      log: logOf(state, unit),
    },
    listen: spec.listen,
    // More patient than for an instance: a busy nginx must not lose all its connections.
    health: { intervalMs: 2000, timeoutMs: 4000, failures: 3, startTimeoutMs: 10_000 },
    stopGraceMs: 5000,
    confidential: [],
    question: `release ${spec.release} on its status socket`,
    prepare: () => {
      nginxFolders(prefix);
      makeCurrent(prefix, spec.release);
      // A killed nginx leaves them behind, and the next one would find the socket's address in use.
      rmSync(join(prefix, 'status.sock'), { force: true });
      rmSync(join(prefix, 'nginx.pid'), { force: true });
    },
    probe,
    pulse: async (timeoutMs) => {
      const answer = await askNginx(unit, timeoutMs);
      // With all worker_connections in use, nginx closes new ones at once. It does not hang: it serves the others.
      const hangs = answer.code === 'TIMEOUT' || answer.code === 'ECONNREFUSED';
      return { ...answer, ok: !hangs };
    },
  };
}

/** Folder from which nginx resolves relative paths (-p). */
export function nginxPrefix(state: StateFolder, unit: string): string {
  return state.path('nginx', unit);
}

/** Creates the folders of nginx, which itself creates only the last part of a path. */
export function nginxFolders(prefix: string): void {
  for (const part of ['releases', 'logs', 'temp']) {
    mkdirSync(join(prefix, part), { recursive: true, mode: 0o700 });
  }
}

export function nginxCommand(
  { executable, options }: Pick<NginxSpec, 'executable' | 'options'>,
  prefix: string,
  configuration: string,
): string[] {
  return [executable, '-p', `${prefix}/`, '-c', configuration, ...options];
}

/** Points `current` to a release in one step, so that it always points to one. */
export function makeCurrent(prefix: string, release: string): void {
  const fresh = join(prefix, '.current.new');
  rmSync(fresh, { force: true });
  symlinkSync(`releases/${release}`, fresh);
  renameSync(fresh, join(prefix, 'current'));
}

/** Time within which new workers answer after a reload. */
export const RELOAD_MS = 10_000;

/** Makes the master read `current` again. New workers accept connections, and the old ones keep theirs. */
export function reload(master: ProcessRef): void {
  if (isRunning(master)) {
    process.kill(master.pid, 'SIGHUP');
  }
}

function askNginx(unit: string, timeoutMs: number): Promise<Probe> {
  // Relative to the supervisor's working directory, since the length of a socket's path is limited.
  return probeHttp({ socketPath: `nginx/${unit}/status.sock`, path: '/release' }, timeoutMs);
}
