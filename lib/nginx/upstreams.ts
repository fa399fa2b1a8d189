import { cookieMaps } from './affinity-cookie';
import { askFirst } from './ask-first';
import type { Directive, Entry } from './directive';
import { block, comment, directive, map, separated } from './directive';
import type { Intent, Upstream } from './intent';
import { looksUpNames, resolver } from './names';
import { affinityMethod, countedFailures, COUNTS_NONE, HASH_KEY_VARIABLE, pool } from './pool';
import { isAtLeast, STICKY_DIRECTIVE } from './version';

const POOL_VARIABLE = '$aiwm_pool';

/** The pools, and the maps that choose among them. */
export function upstreams(intent: Intent): Entry[] {
  const { upstream, routes } = intent;
  const failures = countedFailures(upstream);
  return separated(
    resolver(intent),
    methodMaps(intent),
    ...(upstream.sessionMethod
      ? [
          [
            ...poolMap(upstream),
            pool(intent, sessionPool(upstream), upstream.sessionMethod, failures),
          ],
        ]
      : []),
    [...askedComment(upstream), pool(intent, upstream.name, upstream.method, failures)],
    askFirst(intent),
    hasRestPool(intent) ? restUpstream(intent) : [],
    routes.health === undefined ? [] : [healthUpstream(upstream)],
  );
}

/** The pool for a request that may belong to an Engine.IO session: a name or a variable. */
export function webSocketPool({ upstream, routes }: Intent): string {
  return upstream.sessionMethod && routes.webSocket.engineIo ? POOL_VARIABLE : upstream.name;
}

/** The upstream for REST calls. */
export function restPool(intent: Intent): string {
  const { name } = intent.upstream;
  return hasRestPool(intent) ? `${name}_rest` : name;
}

/** The upstream for health checks. */
export function healthPool({ name }: Upstream): string {
  return `${name}_health`;
}

function sessionPool({ name }: Upstream): string {
  return `${name}_session`;
}

/** The pool that is asked has nothing but questions. */
function hasRestPool({ upstream, routes }: Intent): boolean {
  return upstream.question !== undefined && routes.rest !== undefined;
}

/**
 * Engine.IO starts a session with its first request and names it in `sid` from then on. Long-polling sends
 * every request of a session by itself, and only the instance that opened the session knows it. So only a
 * WebSocket that starts its session in the handshake may go to any instance.
 */
function poolMap(upstream: Upstream): Entry[] {
  return [
    comment(
      'A WebSocket that starts its own session may go to any instance. A request that belongs to a',
    ),
    comment(
      'session (long-polling, or any "sid") goes where that session lives: elsewhere it gets a 400.',
    ),
    map('$arg_transport/$arg_sid', POOL_VARIABLE, [
      ['websocket/', upstream.name],
      ['default', sessionPool(upstream)],
    ]),
  ];
}

function methodMaps(intent: Intent): Entry[] {
  const method = affinityMethod(intent.upstream);
  switch (method.kind) {
    case 'hash':
      return [
        comment(
          'A client that does not send the value is kept by its address: an empty key would be',
        ),
        comment('spread by round-robin, without a word.'),
        map(method.key, HASH_KEY_VARIABLE, [
          ['', '$remote_addr'],
          ['default', method.key],
        ]),
      ];
    case 'cookie':
      return isAtLeast(intent.version, STICKY_DIRECTIVE)
        ? []
        : cookieMaps(method.cookie, intent.tls !== 'none');
    default:
      return [];
  }
}

function askedComment({ question }: Upstream): Entry[] {
  return question === undefined
    ? []
    : [
        comment(
          'Asked by nginx alone, before a new session: a client can make no instance fail here.',
        ),
      ];
}

function restUpstream(intent: Intent): Entry[] {
  return [
    comment(
      'REST. Calls that wait count as connections, so an instance that is stuck gets hardly any more.',
    ),
    comment('No failure takes one out: a call that times out must not end the chat of others.'),
    pool(intent, restPool(intent), { kind: 'least-connections' }, COUNTS_NONE),
  ];
}

/** Its failures are counted nowhere: anybody may ask, and a slow answer must not take an instance from its clients. */
function healthUpstream(upstream: Upstream): Directive {
  return block(
    'upstream',
    [healthPool(upstream)],
    [
      // nginx keeps the addresses of names in it.
      ...(looksUpNames(upstream) ? [directive('zone', healthPool(upstream), '256k')] : []),
      ...upstream.peers
        .filter(({ backup }) => !backup)
        .map(({ address, down, resolve }) =>
          directive(
            'server',
            address,
            ...(resolve ? ['resolve'] : []),
            ...COUNTS_NONE,
            ...(down ? ['down'] : []),
          ),
        ),
    ],
  );
}
