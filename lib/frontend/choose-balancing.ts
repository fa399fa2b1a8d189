import { Balancing } from '../model/balancing';
import type { Check } from '../validation/check';
import { ClientTransport } from '../model/front-options';
import type { Method } from '../nginx/intent';

/**
 * What the choice of a balancing method depends on.
 *
 * @internal
 */
export interface BalancingSituation {
  /** What the user asked for, if anything. */
  readonly balancing?: Balancing;
  readonly hasBackplane: boolean;
  /** Whether the id of an Engine.IO session says where it lives, so that nothing else has to keep it there. */
  readonly marksSessions: boolean;
  /** What clients may use. */
  readonly transports: readonly ClientTransport[];
  readonly hasBackup: boolean;
  /** Whether nginx can tell clients apart by their addresses. */
  readonly seesClientAddresses: boolean;
  /** The platform under whose names the addresses change while nginx runs; undefined where they stay. */
  readonly addressesChange?: string;
  /** Whether clients come over TLS. */
  readonly secure: boolean;
}

/**
 * The method, and the one for Engine.IO sessions where it differs.
 *
 * @internal
 */
export interface ChosenMethods {
  readonly method: Method;
  readonly sessionMethod?: Method;
  readonly warning?: string;
}

/**
 * Without a backplane a client's state lives on one instance: affinity. With one, any instance will do for a
 * client, but still not for the single requests of a long-polling session.
 *
 * @internal
 */
export function chooseMethods(check: Check, situation: BalancingSituation): ChosenMethods {
  const { hasBackplane, marksSessions, transports, hasBackup, secure } = situation;
  const affinity = defaultAffinity(situation);
  const balancing = situation.balancing ?? (hasBackplane ? Balancing.roundRobin() : affinity);
  const allowsPolling = transports.includes(ClientTransport.POLLING);
  if (balancing._rotates && allowsPolling && !hasBackplane && !marksSessions) {
    check.refuse(
      'balancing',
      `${balancing} is not safe with clientTransports [${transports.join(', ')}] and no backplane:\n` +
        "a polling client's requests would reach instances that do not know its session " +
        '("Session ID unknown", HTTP 400)',
      undefined,
      'Give the cluster a RedisAdapterBackplane, or set clientTransports: [ClientTransport.WEBSOCKET].',
    );
  }
  const method = balancing._method(check);
  const needsAffinity = allowsPolling && !marksSessions;
  const sessionMethod = needsAffinity ? balancing._sessionMethod(check, affinity) : undefined;
  refuseInsecureCookie(check, sessionMethod ?? method, secure);
  refuseIpHash(check, method, sessionMethod, situation);
  if (hasBackup && [method, sessionMethod].some((each) => each !== undefined && hashes(each))) {
    check.refuse(
      'upstream.servers',
      `a backup server is not possible under ${sessionMethod === undefined ? balancing : 'the affinity of long-polling'}: nginx refuses it with a method that hashes`,
      'servers without backup, or Balancing.roundRobin() with clientTransports: [ClientTransport.WEBSOCKET]',
    );
  }
  return {
    method,
    sessionMethod,
    warning:
      isolation(situation, balancing) ??
      lostSessions(needsAffinity && situation.balancing === undefined, sessionMethod ?? method),
  };
}

/** What a service without a backplane has to know. */
function isolation({ hasBackplane }: BalancingSituation, balancing: Balancing): string | undefined {
  return balancing._rotates && !hasBackplane
    ? `${balancing} without a backplane: an event reaches only the clients of the instance that emits it, and a client that ` +
        'comes back meets an instance that does not know it. Give the cluster a RedisAdapterBackplane.'
    : undefined;
}

/** Long-polling is many requests, which only the cookie keeps together. */
function lostSessions(isDerived: boolean, { kind }: Method): string | undefined {
  return isDerived && kind === 'cookie'
    ? 'Balancing.cookie() keeps the long-polling of browsers on its instance. Clients that keep no cookies (Node.js, native apps) ' +
        'lose theirs ("Session ID unknown"). Let the service begin its session ids with AIWM_SESSION_ID_PREFIX and set ' +
        'marksSessionIds: true; or set clientTransports: [ClientTransport.WEBSOCKET]; or let nginx see the addresses of clients.'
    : undefined;
}

/** By address where nginx sees it; and then by what lasts, which is a server's address or its name. */
function defaultAffinity({ seesClientAddresses, addressesChange }: BalancingSituation): Balancing {
  if (!seesClientAddresses) {
    return Balancing.cookie();
  }
  return addressesChange === undefined ? Balancing.ipHash() : Balancing.hash('$remote_addr');
}

/** It goes by the place in a list of addresses, whose order is another one after each look-up. */
function refuseIpHash(
  check: Check,
  method: Method,
  sessionMethod: Method | undefined,
  { addressesChange }: BalancingSituation,
): void {
  if (addressesChange !== undefined && (sessionMethod ?? method).kind === 'ip-hash') {
    check.refuse(
      sessionMethod === undefined ? 'balancing' : 'balancing.sessionAffinity',
      `Balancing.ipHash() goes by the order of addresses, which changes on ${addressesChange} whenever an instance starts: all clients would be moved`,
      'Balancing.cookie(), or Balancing.hash("$remote_addr"), which goes by the names of instances',
    );
  }
}

/** nginx's own `sticky` does not hash, but older versions of nginx get a hash for it. */
function hashes({ kind }: Method): boolean {
  return kind === 'ip-hash' || kind === 'hash' || kind === 'cookie';
}

function refuseInsecureCookie(check: Check, method: Method, secure: boolean): void {
  if (method.kind === 'cookie' && method.cookie.sameSite === 'none' && !secure) {
    check.refuse(
      'balancing.sameSite',
      'browsers drop a cookie with SameSite=None that did not come over TLS',
      'SameSite.LAX or SameSite.STRICT, or a front with tls',
    );
  }
}
