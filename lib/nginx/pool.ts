import { COOKIE_HASH_KEY, stickyDirective } from './affinity-cookie';
import type { Directive, Entry } from './directive';
import { block, comment, directive } from './directive';
import type { Intent, Method, Peer, Upstream } from './intent';
import { looksUpNames } from './names';
import { isAtLeast, STICKY_DIRECTIVE } from './version';

export const HASH_KEY_VARIABLE = '$aiwm_affinity_key';
/** The same for a question, which has no arguments of the client's. */
export const ASKED_KEY_VARIABLE = '$aiwm_asked_key';

/** When an instance is left out: words of `server`. */
export type FailureWords = readonly string[];

/** An instance is left out for no failure. */
export const COUNTS_NONE: FailureWords = ['max_fails=0'];

/** Settings that the user or the front decides. */
export function countedFailures({ failover }: Upstream): FailureWords {
  return [`max_fails=${failover.maxFails}`, `fail_timeout=${failover.failTimeout}`];
}

/** Method that keeps all requests of an Engine.IO session together. */
export function affinityMethod({ sessionMethod, method }: Upstream): Method {
  return sessionMethod ?? method;
}

/** Whether the key of a hash has to be read before a question, which has no arguments. */
export function copiesHashKey({ upstream }: Intent): boolean {
  const method = affinityMethod(upstream);
  return (
    upstream.question !== undefined && method.kind === 'hash' && method.key.startsWith('$arg_')
  );
}

/** All peers, chosen among by a method. */
export function pool(
  intent: Intent,
  name: string,
  method: Method,
  failures: FailureWords,
): Directive {
  return block(
    'upstream',
    [name],
    [
      // Without a zone every worker counts failures for itself and learns of a dead peer alone.
      directive('zone', name, '256k'),
      ...methodDirectives(intent, method),
      ...intent.upstream.peers.map((peer, index) =>
        server(peer, failures, routeWords(intent, method, index)),
      ),
      ...stickyDirectives(intent, method),
      // After the balancing method, or nginx warns that the method is redefined.
      directive('keepalive', 64),
      comment('Shorter than the 5 s after which Node.js closes an idle connection.'),
      directive('keepalive_timeout', '4s'),
    ],
  );
}

export function server(
  { address, weight, down, backup, resolve }: Peer,
  failures: FailureWords,
  route: readonly string[] = [],
): Directive {
  return directive(
    'server',
    address,
    ...(resolve ? ['resolve'] : []),
    ...route,
    ...(weight === undefined ? [] : [`weight=${weight}`]),
    ...failures,
    ...(backup ? ['backup'] : []),
    ...(down ? ['down'] : []),
  );
}

function methodDirectives(intent: Intent, method: Method): Entry[] {
  switch (method.kind) {
    case 'round-robin':
      return [];
    case 'least-connections':
      return [directive('least_conn')];
    case 'ip-hash':
      return [directive('ip_hash')];
    case 'hash':
      return [
        directive(
          'hash',
          copiesHashKey(intent) ? ASKED_KEY_VARIABLE : HASH_KEY_VARIABLE,
          'consistent',
        ),
      ];
    case 'cookie':
      return isAtLeast(intent.version, STICKY_DIRECTIVE)
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
 * Value of a sticky cookie. Without it nginx takes a hash of the address, which is another one after each start of what
 * is behind a name; so the place in the list stands for it. Where several instances share a place, the address has to,
 * and in a list of one it may.
 */
function routeWords({ upstream, version }: Intent, method: Method, index: number): string[] {
  return method.kind === 'cookie' &&
    isAtLeast(version, STICKY_DIRECTIVE) &&
    looksUpNames(upstream) &&
    upstream.peers.length > 1 &&
    !upstream.peers[index]!.several
    ? [`route=${index + 1}`]
    : [];
}
