import { isIP } from 'node:net';
import { Token } from 'cdktf';
import type { Check } from '../validation/check';
import { ClientTransport } from '../model/front-options';
import { checkDuration } from '../validation/duration';
import { looksUpNames } from '../nginx/pool';
import type { Failover, Intent, Peer, Question, Upstream } from '../nginx/intent';
import { PATH } from '../validation/text-rules';
import { chooseMethods } from './choose-balancing';
import type { FrontContext } from './front-context';
import { routesOf } from './front-context';

/** @internal */
export function checkUpstream(context: FrontContext): Upstream {
  const { check, props, tokens, warnings } = context;
  const peers = props.upstream
    ._peers(check, tokens)
    .map((peer, index) => lookedUp(context, peer, props.upstream.list[index]!.address));
  const methods = chooseMethods(check, {
    balancing: props.balancing,
    hasBackplane: props.upstream.hasBackplane,
    marksSessions: props.upstream.marksSessionIds,
    transports: transports(context),
    hasBackup: peers.some(({ backup }) => backup),
    seesClientAddresses: seesClientAddresses(context),
    addressesChange: looksUpNames({ peers }) ? props.platform.traits.name : undefined,
    secure: props.tls !== undefined,
  });
  if (methods.warning !== undefined) {
    warnings.push(methods.warning);
  }
  const question = resolveQuestion(context, peers);
  return {
    name: 'aiwm_backend',
    peers,
    method: methods.method,
    sessionMethod: methods.sessionMethod,
    question,
    marksSessions: props.upstream.marksSessionIds,
    failover: resolveFailover(context, question !== undefined),
  };
}

/** Of a lone instance there is nothing to ask. */
function resolveQuestion(
  { check, props: { upstream, failover = {} } }: FrontContext,
  peers: readonly Peer[],
): Question | undefined {
  const timeout = checkDuration(
    check,
    'failover.answerTimeout',
    failover.answerTimeout ?? '3s',
    '100ms',
    '60s',
  );
  return peers.length < 2
    ? undefined
    : {
        target: check.text('upstream.healthPath', upstream.healthPath, PATH),
        timeout: timeout.text,
      };
}

/** What is asked may be strict: it is asked again soon, and nothing of a client is in it. */
function resolveFailover(
  { check, props: { failover = {} } }: FrontContext,
  asks: boolean,
): Failover {
  const connect = checkDuration(
    check,
    'failover.connectTimeout',
    failover.connectTimeout ?? '5s',
    '10ms',
    '60s',
  );
  const tries = check.integer('failover.tries', failover.tries ?? 3, 1, 16);
  return {
    maxFails: check.integer('failover.maxFails', failover.maxFails ?? (asks ? 1 : 3), 0, 100),
    failTimeout: failTimeout(check, failover.failTimeout ?? (asks ? '2s' : '10s')),
    connectTimeout: connect.text,
    tries,
    triesTimeout: `${Math.ceil((connect.milliseconds * tries) / 1000)}s`,
  };
}

/**
 * Affinity by address is none where all clients come from one.
 *
 * @internal
 */
export function checkAffinityByAddress(context: FrontContext, intent: Intent): void {
  const { check, props, layout, warnings } = context;
  const { platform } = props;
  const { upstream, trustedProxies, tls } = intent;
  const method = upstream.sessionMethod ?? upstream.method;
  if (method.kind !== 'ip-hash' || trustedProxies.length > 0) {
    return;
  }
  if (!seesClientAddresses(context)) {
    check.refuse(
      'balancing',
      `${platform.traits.name} hides the addresses of clients, so ip_hash would send all of them to one instance`,
      'Balancing.cookie(), Balancing.hash(…), or trustedProxies that name the client',
    );
  }
  if (tls === 'terminated-upstream' && layout.entry === undefined) {
    warnings.push(
      'TLS is terminated in front of nginx and no proxy is trusted: ip_hash sees that proxy alone and sends everybody to one instance. Name it in trustedProxies.',
    );
  }
}

/** Addresses stay what they are, and of a Token nobody can say whether it is a name. */
function lookedUp({ layout }: FrontContext, peer: Peer, address: string): Peer {
  const isName =
    !Token.isUnresolved(address) &&
    !address.startsWith('unix:') &&
    !address.startsWith('[') &&
    isIP(address.replace(/:\d+$/, '')) === 0;
  return layout.resolver !== undefined && isName ? { ...peer, resolve: true } : peer;
}

/** A proxy that is trusted names the client, whatever the platform shows of it. */
function seesClientAddresses({ props: { platform, trustedProxies = [] } }: FrontContext): boolean {
  return platform.traits.seesClientAddresses || trustedProxies.length > 0;
}

function failTimeout(check: Check, text: string): string {
  checkDuration(check, 'failover.failTimeout', text, '1s', '1h');
  if (text.endsWith('ms')) {
    check.refuse(
      'failover.failTimeout',
      `"${text}" holds milliseconds, and nginx counts this time in seconds`,
      '1s to 1h',
    );
  }
  return text;
}

function transports(context: FrontContext): readonly ClientTransport[] {
  const { check, props } = context;
  const engineIo = routesOf(context)._engineIo;
  const all = Object.values(ClientTransport);
  const given = props.clientTransports;
  const transports = check
    .list('clientTransports', given ?? (engineIo ? all : [ClientTransport.WEBSOCKET]))
    .map((transport, index) => check.oneOf(`clientTransports[${index}]`, transport, all));
  if (transports.length === 0) {
    check.refuse(
      'clientTransports',
      'the list is empty, so no client could connect',
      'at least one ClientTransport',
    );
  }
  if (!engineIo && transports.includes(ClientTransport.POLLING)) {
    check.refuse(
      'clientTransports',
      'a plain WebSocket path has no long-polling',
      '[ClientTransport.WEBSOCKET], or routes: AiwmRoutes.socketIo({…})',
    );
  }
  return transports;
}
