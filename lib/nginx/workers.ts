import type { Entry } from './directive';
import { block, comment, directive } from './directive';
import type { Intent } from './intent';

/** Connections of a worker that are not WebSockets: REST calls, idle upstream connections, listeners. */
const OTHER_CONNECTIONS = 1024;

/** Files that a worker holds besides its connections. */
const OTHER_FILES = 512;

/**
 * Ports that Linux hands out for outgoing connections (net.ipv4.ip_local_port_range, 32768 to 60999).
 * nginx can hold so many connections to one address and port of an instance.
 */
export const EPHEMERAL_PORTS = 28_232;

/** A proxied WebSocket is two connections, and one worker may come to hold all of them. */
export function workerConnections({
  expectedConnections,
}: Pick<Intent, 'expectedConnections'>): number {
  return 2 * expectedConnections + OTHER_CONNECTIONS;
}

/** Files and connections that a worker has open at the most. */
export function openFiles(intent: Pick<Intent, 'expectedConnections'>): number {
  return workerConnections(intent) + OTHER_FILES;
}

/** Directives outside of `http`. */
export function workers(intent: Intent): Entry[] {
  const { layout, drainTimeout } = intent;
  const connections = workerConnections(intent);
  return [
    ...(layout.user === undefined ? [] : [directive('user', layout.user)]),
    directive('worker_processes', 'auto'),
    directive('worker_rlimit_nofile', openFiles(intent)),
    comment(
      'How long a worker of an older configuration keeps its open WebSockets after a reload.',
    ),
    directive('worker_shutdown_timeout', drainTimeout),
    directive('pid', layout.pidFile),
    directive('error_log', layout.errorLog, 'notice'),
    block(
      'events',
      [],
      [
        comment('A proxied WebSocket takes two; any one worker may come to hold them all.'),
        directive('worker_connections', connections),
      ],
    ),
  ];
}
