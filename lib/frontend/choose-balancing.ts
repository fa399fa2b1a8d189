import { Balancing } from '../model/balancing';
import type { Check } from '../validation/check';
import { ClientTransport } from '../model/front-options';
import type { Method, Upstream } from '../nginx/intent';
import { isAtLeast, type NginxVersion, printVersion, STICKY_DIRECTIVE } from '../nginx/version';

/**
 * Facts that decide the balancing method.
 *
 * @internal
 */
export interface BalancingSituation {
  /** Balancing that the user chose; undefined for the default. */
  readonly balancing?: Balancing;
  readonly hasBackplane: boolean;
  /** Whether the id of an Engine.IO session names its instance, so that the session needs no other affinity. */
  readonly marksSessions: boolean;
  /** Transports that clients may use. */
  readonly transports: readonly ClientTransport[];
  readonly hasBackup: boolean;
  /** Whether nginx can tell clients apart by their addresses. */
  readonly seesClientAddresses: boolean;
  /** Whether nginx follows some name to other addresses while it runs. */
  readonly addressesChange: boolean;
  /** First name that several instances share, and a lone name for which the user does not say whether they do. */
  readonly names: { readonly several?: string; readonly lone?: string };
  readonly version: NginxVersion;
  /** Whether clients connect over TLS. */
  readonly secure: boolean;
}

/**
 * Method of each pool; `sessionMethod` is undefined where one pool is enough.
 *
 * Without a backplane, a client's state lives on one instance, so all its requests need affinity. With a backplane, any
 * instance can serve a client, but the requests of one long-polling session still have to reach the same instance.
 *
 * @throws ValidationError for a method that cannot work in this situation
 * @internal
 */
export function chooseMethods(
  check: Check,
  situation: BalancingSituation,
): Pick<Upstream, 'method' | 'sessionMethod'> {
  const { hasBackplane, marksSessions, transports, hasBackup, secure } = situation;
  const affinity = defaultAffinity(situation);
  const balancing = situation.balancing ?? (hasBackplane ? Balancing.roundRobin() : affinity);
  const allowsPolling = transports.includes(ClientTransport.POLLING);
  const needsAffinity = allowsPolling && !marksSessions;
  const { method, sessionMethod } = balancing._resolve(check, needsAffinity ? affinity : undefined);
  const losesState = rotates(method) && !hasBackplane;
  if (losesState && needsAffinity) {
    check.refuse('balancing', {
      problem:
        `${balancing} is not safe with clientTransports [${transports.join(', ')}] and no backplane:\n` +
        "a polling client's requests would reach instances that do not know its session " +
        '("Session ID unknown", HTTP 400)',
      remedy:
        'Give the cluster a RedisAdapterBackplane, or set clientTransports: [ClientTransport.WEBSOCKET].',
    });
  }
  refuseInsecureCookie(check, sessionMethod ?? method, secure);
  checkNames(check, method, sessionMethod, situation);
  refuseIpHash(check, method, sessionMethod, situation);
  if (hasBackup && [method, sessionMethod].some((each) => each !== undefined && hashes(each))) {
    check.refuse('upstream.servers', {
      problem: `a backup server is not possible with ${sessionMethod === undefined ? balancing : 'the affinity of long-polling'}: nginx rejects it for a method that hashes`,
      allowed:
        'servers without backup, or Balancing.roundRobin() with clientTransports: [ClientTransport.WEBSOCKET]',
    });
  }
  if (losesState) {
    check.warn(
      `${balancing} without a backplane: an event reaches only the clients of the instance that emits it, and a client that ` +
        'reconnects may reach an instance that does not know it. Give the cluster a RedisAdapterBackplane.',
    );
  }
  if (needsAffinity && situation.balancing === undefined) {
    warnOfLostSessions(check, sessionMethod ?? method, situation);
  }
  return { method, sessionMethod };
}

/** Long-polling is many requests, and only the cookie keeps them together. */
function warnOfLostSessions(
  check: Check,
  { kind }: Method,
  { names: { several } }: BalancingSituation,
): void {
  if (kind === 'cookie') {
    check.warn(
      'Balancing.cookie() keeps only clients that store cookies on their instance. Node.js and native clients lose their ' +
        'long-polling session ("Session ID unknown"). ' +
        (several === undefined
          ? 'Let the service begin its session ids with AIWM_SESSION_ID_PREFIX and set ' +
            'marksSessionIds: true; or set clientTransports: [ClientTransport.WEBSOCKET]; or let nginx see the addresses of clients.'
          : 'Set clientTransports: [ClientTransport.WEBSOCKET], or give each instance a name of its own.'),
    );
  }
}

/** Affinity by client address where nginx sees it, keyed on whatever is stable: a server's address or its name. */
function defaultAffinity({
  seesClientAddresses,
  addressesChange,
  names,
}: BalancingSituation): Balancing {
  if (!seesClientAddresses || names.several !== undefined) {
    return Balancing.cookie();
  }
  return addressesChange ? Balancing.hash('$remote_addr') : Balancing.ipHash();
}

/** `ip_hash` depends on an address's position in the list, and every DNS lookup may return another order. */
function refuseIpHash(
  check: Check,
  method: Method,
  sessionMethod: Method | undefined,
  { addressesChange }: BalancingSituation,
): void {
  if (addressesChange && (sessionMethod ?? method).kind === 'ip-hash') {
    check.refuse(affinityProperty(sessionMethod), {
      problem:
        'Balancing.ipHash() depends on the order of addresses, which may change with every lookup of a name, so all clients would move',
      allowed:
        'Balancing.cookie(), or Balancing.hash("$remote_addr"), which depends on the names of servers',
    });
  }
}

/** The ring of a hash holds names: with the addresses behind one name, nginx takes turns. */
function checkNames(
  check: Check,
  method: Method,
  sessionMethod: Method | undefined,
  { names: { several, lone }, version }: BalancingSituation,
): void {
  const affinity = sessionMethod ?? method;
  const isHash = affinity.kind === 'ip-hash' || affinity.kind === 'hash';
  if (lone !== undefined && isHash) {
    check.warn(
      `${lone} is a single name, so affinity ends at that name. If it stands for several instances, set severalInstances: true for that server. ` +
        'If it stands for one instance or a load balancer, set severalInstances: false.',
    );
  }
  if (several === undefined) {
    return;
  }
  if (isHash) {
    check.refuse(affinityProperty(sessionMethod), {
      problem: `a hash chooses among names, and ${several} stands for several instances, among which each request of a client would take turns`,
      allowed: 'Balancing.cookie()',
    });
  }
  if (affinity.kind === 'cookie' && !isAtLeast(version, STICKY_DIRECTIVE)) {
    check.refuse('nginxVersion', {
      problem: `nginx ${printVersion(version)} has no cookie that tells the instances behind ${several} apart`,
      allowed: `at least ${printVersion(STICKY_DIRECTIVE)}`,
      remedy: 'Run a newer nginx there, or give each instance a name of its own.',
    });
  }
}

function affinityProperty(sessionMethod: Method | undefined): string {
  return sessionMethod === undefined ? 'balancing' : 'balancing.sessionAffinity';
}

function rotates({ kind }: Method): boolean {
  return kind === 'round-robin' || kind === 'least-connections';
}

/** nginx's own `sticky` does not hash, but versions of nginx without it get a hash in its place. */
function hashes({ kind }: Method): boolean {
  return kind === 'ip-hash' || kind === 'hash' || kind === 'cookie';
}

function refuseInsecureCookie(check: Check, method: Method, secure: boolean): void {
  if (method.kind === 'cookie' && method.cookie.sameSite === 'none' && !secure) {
    check.refuse('balancing.sameSite', {
      problem: 'browsers reject a cookie with SameSite=None that is not set over TLS',
      allowed: 'SameSite.LAX or SameSite.STRICT, or a front with tls',
    });
  }
}
