import { withMark } from '../system/environment';
import { probeHttp } from '../system/probes';
import { logOf } from './runnable';
import type { Runnable } from './runnable';
import type { StateFolder } from '../system/state-folder';
import { hostAndPort, clientEndpoint } from '../system/text';
import type { InstanceSpec } from '../supervisor/unit-record';

export function instanceRunnable(unit: string, spec: InstanceSpec, state: StateFolder): Runnable {
  const target = clientEndpoint(spec.listen);
  const probe = (timeoutMs: number) =>
    probeHttp({ host: target.address, port: target.port, path: spec.health.path }, timeoutMs);
  return {
    launch: {
      command: spec.command,
      workingDirectory: spec.workingDirectory,
      environment: withMark({ ...spec.inherited, ...spec.environment, ...spec.secrets }, state),
      log: logOf(state, unit),
    },
    listen: [spec.listen],
    health: spec.health,
    stopGraceMs: spec.stopGraceMs,
    confidential: Object.values(spec.secrets).flatMap((secret) => [secret, ...passwordOf(secret)]),
    question: `GET http://${hostAndPort(target)}${spec.health.path}`,
    prepare: () => undefined,
    probe,
    pulse: probe,
  };
}

/** Password in a URL, which a client library may print without the rest. */
function passwordOf(secret: string): string[] {
  const password = /^[a-z+]+:\/\/[^/@]*:([^/@]+)@/.exec(secret)?.[1];
  return password === undefined ? [] : [password, decodeURIComponent(password)];
}
