import type { Check } from '../validation/check';
import { ClientTransport } from '../model/front-options';
import { resolveDuration } from '../validation/duration';
import type { Failover, Intent, Peer, Question, Routes, Upstream } from '../nginx/intent';
import { looksUpNames } from '../nginx/names';
import type { NginxVersion } from '../nginx/version';
import { PATH } from '../validation/text-rules';
import { type BalancingSituation, chooseMethods } from './choose-balancing';
import type { FrontContext } from './front-context';
import { resolvePeers } from './resolve-peers';

/**
 * The pool of instances, with its balancing, its failover and the question that finds a live one.
 *
 * @internal
 */
export function resolveUpstream(
  context: FrontContext,
  version: NginxVersion,
  routes: Routes,
): Upstream {
  const { check, props } = context;
  const peers = resolvePeers(context, version);
  const methods = chooseMethods(check, {
    balancing: props.balancing,
    hasBackplane: props.upstream.hasBackplane,
    marksSessions: props.upstream.marksSessionIds,
    transports: resolveTransports(check, props.clientTransports, routes),
    hasBackup: peers.some(({ backup }) => backup),
    seesClientAddresses: seesClientAddresses(context),
    addressesChange: looksUpNames({ peers }),
    names: resolveNames(context, peers),
    version,
    secure: props.tls !== undefined,
  });
  const question = resolveQuestion(context, peers);
  return {
    name: 'aiwm_backend',
    peers,
    ...methods,
    question,
    marksSessions: props.upstream.marksSessionIds,
    failover: resolveFailover(context, question !== undefined),
  };
}

/** Names behind which a method that hashes cannot tell instances apart, or may not. */
function resolveNames(
  { props: { cluster, upstream } }: FrontContext,
  peers: readonly Peer[],
): BalancingSituation['names'] {
  const [{ resolve, several } = {}] = peers;
  const isUnclear =
    cluster === undefined &&
    peers.length === 1 &&
    resolve &&
    several === undefined &&
    !upstream.marksSessionIds;
  return {
    several: upstream.list.find(({ severalInstances }) => severalInstances)?.address,
    lone: isUnclear ? upstream.list[0]!.address : undefined,
  };
}

/** The question before a new session. A lone instance needs none. */
function resolveQuestion(
  { check, props: { upstream, failover = {} } }: FrontContext,
  peers: readonly Peer[],
): Question | undefined {
  const timeout = resolveDuration(
    check,
    'failover.answerTimeout',
    failover.answerTimeout ?? '3s',
    '100ms',
    '60s',
  );
  return peers.length < 2 && !peers.some(({ several }) => several)
    ? undefined
    : {
        target: check.text('upstream.healthPath', upstream.healthPath, PATH),
        timeout: timeout.text,
      };
}

/** Stricter where nginx asks: it asks again soon, and nothing of a client is in the question. */
function resolveFailover(
  { check, props: { failover = {} } }: FrontContext,
  asks: boolean,
): Failover {
  const connect = resolveDuration(
    check,
    'failover.connectTimeout',
    failover.connectTimeout ?? '5s',
    '10ms',
    '60s',
  );
  const tries = check.integer('failover.tries', failover.tries ?? 3, 1, 16);
  return {
    maxFails: check.integer('failover.maxFails', failover.maxFails ?? (asks ? 1 : 3), 0, 100),
    failTimeout: resolveFailTimeout(check, failover.failTimeout ?? (asks ? '2s' : '10s')),
    connectTimeout: connect.text,
    tries,
    triesTimeout: `${Math.ceil((connect.milliseconds * tries) / 1000)}s`,
  };
}

/**
 * Affinity by client address sends every client to one instance where nginx sees a single address for all of them.
 *
 * @throws ValidationError where the platform hides the addresses of clients
 * @internal
 */
export function checkAffinityByAddress(context: FrontContext, intent: Intent): void {
  const { check, props, layout } = context;
  const { platform } = props;
  const { upstream, trustedProxies, tls } = intent;
  const method = upstream.sessionMethod ?? upstream.method;
  if (method.kind !== 'ip-hash' || trustedProxies.length > 0) {
    return;
  }
  if (!seesClientAddresses(context)) {
    check.refuse('balancing', {
      problem: `${platform.traits.name} hides the addresses of clients, so ip_hash would send all of them to one instance`,
      allowed:
        'Balancing.cookie(), Balancing.hash(…), or trustedProxies that report the client address',
    });
  }
  if (tls === 'terminated-upstream' && layout.entry === undefined) {
    check.warn(
      'TLS is terminated in front of nginx, but no proxy is trusted: ip_hash sees only that proxy and sends all clients to one instance. List the proxy in trustedProxies.',
    );
  }
}

/** A trusted proxy names the client, even where the platform hides its address. */
function seesClientAddresses({ props: { platform, trustedProxies = [] } }: FrontContext): boolean {
  return platform.traits.seesClientAddresses || trustedProxies.length > 0;
}

function resolveFailTimeout(check: Check, text: string): string {
  resolveDuration(check, 'failover.failTimeout', text, '1s', '1h');
  if (text.endsWith('ms')) {
    check.refuse('failover.failTimeout', {
      problem: `"${text}" contains milliseconds, but nginx counts this time in whole seconds`,
      allowed: '1s to 1h',
    });
  }
  return text;
}

function resolveTransports(
  check: Check,
  given: readonly ClientTransport[] | undefined,
  { webSocket: { engineIo } }: Routes,
): readonly ClientTransport[] {
  const all = Object.values(ClientTransport);
  const transports = check
    .list('clientTransports', given ?? (engineIo ? all : [ClientTransport.WEBSOCKET]))
    .map((transport, index) => check.oneOf(`clientTransports[${index}]`, transport, all));
  if (transports.length === 0) {
    check.refuse('clientTransports', {
      problem: 'the list is empty, so no client could connect',
      allowed: 'at least one ClientTransport',
    });
  }
  if (!engineIo && transports.includes(ClientTransport.POLLING)) {
    check.refuse('clientTransports', {
      problem: 'a plain WebSocket path has no long-polling',
      allowed: '[ClientTransport.WEBSOCKET], or routes: AiwmRoutes.socketIo({…})',
    });
  }
  return transports;
}
