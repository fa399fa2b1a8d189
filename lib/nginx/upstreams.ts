import { cookieMaps, stickyDirective, COOKIE_HASH_KEY } from './affinity-cookie';
import type { Directive, Entry } from './directive';
import { block, comment, directive, map, separated } from './directive';
import type { Intent, Method, Peer, Upstream } from './intent';
import { isAtLeast, STICKY_DIRECTIVE } from './version';

const POOL_VARIABLE = '$aiwm_pool';
const HASH_KEY_VARIABLE = '$aiwm_affinity_key';

/** The pools, and the maps that choose among them. */
export function upstreams(intent: Intent): Entry[] {
  const { upstream } = intent;
  return separated(
    resolver(intent),
    methodMaps(intent, upstream.sessionMethod ?? upstream.method),
    upstream.sessionMethod
      ? [...poolMap(upstream), pool(intent, sessionPool(upstream), upstream.sessionMethod)]
      : [],
    [pool(intent, upstream.name, upstream.method)],
    intent.routes.health === undefined ? [] : [healthUpstream(upstream)],
  );
}

/** The upstream for a request that may belong to an Engine.IO session: a name or a variable. */
export function webSocketPool({ upstream, routes }: Intent): string {
  return upstream.sessionMethod && routes.webSocket.engineIo ? POOL_VARIABLE : upstream.name;
}

/** The upstream for health checks. */
export function healthPool({ name }: Upstream): string {
  return `${name}_health`;
}

function sessionPool({ name }: Upstream): string {
  return `${name}_session`;
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

/**
 * Names are looked up at every start of what they stand for: a second old at the most, so that an address that is gone
 * is not tried for long.
 */
function resolver({ layout, upstream }: Intent): Entry[] {
  return layout.resolver === undefined || !looksUpNames(upstream)
    ? []
    : [
        comment('Instances come and go under their names, each time at another address.'),
        directive('resolver', layout.resolver, 'valid=1s', 'ipv6=off'),
      ];
}

/** Whether some peer is a name that is looked up again. */
export function looksUpNames({ peers }: Pick<Upstream, 'peers'>): boolean {
  return peers.some(({ resolve }) => resolve);
}

function methodMaps(intent: Intent, method: Method): Entry[] {
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

function pool(intent: Intent, name: string, method: Method): Directive {
  return block(
    'upstream',
    [name],
    [
      // Without a zone every worker counts failures for itself and learns of a dead peer alone.
      directive('zone', name, '256k'),
      ...methodDirectives(intent, method),
      ...intent.upstream.peers.map((peer, index) =>
        server(peer, intent.upstream, routeWords(intent, method, index)),
      ),
      ...stickyDirectives(intent, method),
      // After the balancing method, or nginx warns that the method is redefined.
      directive('keepalive', 64),
      comment('Shorter than the 5 s after which Node.js closes an idle connection.'),
      directive('keepalive_timeout', '4s'),
    ],
  );
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
            'max_fails=0',
            ...(down ? ['down'] : []),
          ),
        ),
    ],
  );
}

function methodDirectives({ version }: Intent, method: Method): Entry[] {
  switch (method.kind) {
    case 'round-robin':
      return [];
    case 'least-connections':
      return [directive('least_conn')];
    case 'ip-hash':
      return [directive('ip_hash')];
    case 'hash':
      return [directive('hash', HASH_KEY_VARIABLE, 'consistent')];
    case 'cookie':
      return isAtLeast(version, STICKY_DIRECTIVE)
        ? []
        : [directive('hash', COOKIE_HASH_KEY, 'consistent')];
  }
}

function stickyDirectives({ version, tls }: Intent, method: Method): Entry[] {
  return method.kind === 'cookie' && isAtLeast(version, STICKY_DIRECTIVE)
    ? [stickyDirective(method.cookie, tls !== 'none')]
    : [];
}

/**
 * What a sticky cookie says. Without it nginx takes a hash of the address, which is another one after each start of what
 * is behind a name; so the place in the list stands for it.
 */
function routeWords({ upstream, version }: Intent, method: Method, index: number): string[] {
  return method.kind === 'cookie' && isAtLeast(version, STICKY_DIRECTIVE) && looksUpNames(upstream)
    ? [`route=${index + 1}`]
    : [];
}

function server(
  { address, weight, down, backup, resolve }: Peer,
  { failover }: Upstream,
  route: readonly string[],
): Directive {
  return directive(
    'server',
    address,
    ...(resolve ? ['resolve'] : []),
    ...route,
    ...(weight === undefined ? [] : [`weight=${weight}`]),
    `max_fails=${failover.maxFails}`,
    `fail_timeout=${failover.failTimeout}`,
    ...(backup ? ['backup'] : []),
    ...(down ? ['down'] : []),
  );
}
