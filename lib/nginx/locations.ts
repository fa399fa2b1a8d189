import type { Directive, Entry } from './directive';
import { askedTarget, askingLocations, askingRules, unansweredRule } from './ask-first';
import { bufferSizes } from './buffers';
import { block, comment, directive, separated } from './directive';
import { errorPageLocations, errorPageRules } from './error-pages';
import type { Intent } from './intent';
import { limitRules } from './limits';
import { originRule } from './origins';
import { ownEntries } from './own-directives';
import { repeatedHeaders } from './response-headers';
import { healthPool, restPool, webSocketPool } from './upstreams';

/** Everything that is routed; all other paths are 404. */
export function locations(intent: Intent): Entry[] {
  const { routes } = intent;
  return separated(
    routes.webSocket.engineIo ? engineIoLocations(intent) : plainWebSocketLocations(intent),
    askingLocations(
      intent,
      webSocketPool(intent),
      withOwn(intent, 'webSocket', [
        ...errorPageRules(intent),
        ...webSocketProxy(intent),
        ...RETRIED,
      ]),
    ),
    restLocations(intent),
    healthLocations(intent),
    errorPageLocations(intent, repeatedHeaders(intent)),
    routesEverything(intent) ? [] : [block('location', ['/'], [directive('return', 404)])],
  );
}

/** A mapped engine path is one address, so it leaves the rest of the root to nobody. */
function routesEverything({ routes: { webSocket, rest } }: Intent): boolean {
  return (webSocket.path === '' && webSocket.enginePath === undefined) || rest === '';
}

/** An Engine.IO path ends in a slash, and clients are told so; the form without it must work all the same. */
function engineIoLocations(intent: Intent): Entry[] {
  const { path, enginePath } = intent.routes.webSocket;
  const target =
    enginePath === undefined
      ? []
      : [
          comment(
            'The path that the instances know. No capture: nothing of a request is copied into it.',
          ),
          directive('rewrite', '^', enginePath, 'break'),
        ];
  return [
    ...(path === ''
      ? []
      : [block('location', ['=', path], [directive('rewrite', '^', `${path}/`, 'last')])]),
    block(
      'location',
      // A mapped path is one address: what lies below it is not the engine's.
      enginePath === undefined ? [`${path}/`] : ['=', `${path}/`],
      webSocketBody(intent, [...target, webSocketPass(intent)]),
    ),
  ];
}

/** A plain WebSocket path reaches the instance as the client wrote it, with or without a slash. */
function plainWebSocketLocations(intent: Intent): Entry[] {
  const { path } = intent.routes.webSocket;
  const body = webSocketBody(intent, [webSocketPass(intent)]);
  return [
    ...(path === '' ? [] : [block('location', ['=', path], body)]),
    block('location', [`${path}/`], body),
  ];
}

function webSocketBody(intent: Intent, proxy: readonly Entry[]): Entry[] {
  const rendered = [
    ...plainRequestRule(intent),
    ...originRule(intent),
    ...limitRules(intent),
    ...errorPageRules(intent),
    ...unansweredRule(intent),
    ...askingRules(intent, webSocketPool(intent)),
    ...webSocketProxy(intent),
    // An instance that has answered is alone in its group: there is no other to try.
    ...(intent.upstream.question === undefined ? RETRIED : []),
  ];
  return [...withOwn(intent, 'webSocket', rendered), ...proxy];
}

const RETRIED: readonly Entry[] = [
  comment(
    "Here alone: for REST an answer like these is the service's own, and no reason to leave it out.",
  ),
  directive('proxy_next_upstream', 'error', 'timeout', 'http_502', 'http_503', 'http_504'),
];

function webSocketProxy(intent: Intent): Entry[] {
  const { timeouts } = intent;
  return [
    directive('proxy_read_timeout', timeouts.webSocket),
    directive('proxy_send_timeout', timeouts.webSocket),
    directive('proxy_buffering', 'off'),
    ...bufferSizes(intent, 'webSocket'),
  ];
}

/** A server of WebSockets alone may end what it does not understand by closing the connection. */
function plainRequestRule(intent: Intent): Entry[] {
  return intent.routes.webSocket.refusesPlainRequests
    ? [
        comment(
          'WebSockets alone come in here: an instance may end anything else by closing the connection.',
        ),
        block(
          'if',
          ['($ws_upgrade', '!=', 'websocket)'],
          [
            ...repeatedHeaders(intent),
            directive('add_header', 'Upgrade', 'websocket', 'always'),
            directive('return', 426, 'This address takes WebSockets only.'),
          ],
        ),
      ]
    : [];
}

function webSocketPass(intent: Intent): Directive {
  const target =
    intent.upstream.question === undefined ? webSocketPool(intent) : askedTarget(intent);
  return directive('proxy_pass', `http://${target}`);
}

function restLocations(intent: Intent): Entry[] {
  const { routes, timeouts } = intent;
  if (routes.rest === undefined) {
    return [];
  }
  const rendered = [
    comment('A WebSocket has one way in, which looks at its Origin, its limits and its session.'),
    block('if', ['($ws_upgrade)'], [directive('return', 400)]),
    directive('proxy_read_timeout', timeouts.rest),
    directive('proxy_send_timeout', timeouts.rest),
    ...bufferSizes(intent, 'rest'),
  ];
  const body = [
    ...withOwn(intent, 'rest', rendered),
    directive('proxy_pass', `http://${restPool(intent)}`),
  ];
  return [
    // Both forms, because a prefix without its slash would match /apifoo as well.
    ...(routes.rest === '' ? [] : [block('location', ['=', routes.rest], body)]),
    block('location', [`${routes.rest}/`], body),
  ];
}

function healthLocations(intent: Intent): Directive[] {
  const { routes, upstream } = intent;
  if (routes.health === undefined) {
    return [];
  }
  const { path, target } = routes.health;
  const body = [
    comment('Says that some instance is alive, not which: ask the instances themselves for that.'),
    directive('access_log', 'off'),
    directive('proxy_connect_timeout', '1s'),
    directive('proxy_read_timeout', '2s'),
    directive('proxy_next_upstream', 'error', 'timeout', 'http_502', 'http_503', 'http_504'),
    directive('proxy_pass', `http://${healthPool(upstream)}${target}`),
  ];
  const slashed = path.endsWith('/') ? [] : [`${path}/`];
  return [path, ...slashed].map((each) => block('location', ['=', each], body));
}

/** A location's own add_header ends the inheritance of the server's: they are said again before it. */
function withOwn(
  intent: Intent,
  context: 'webSocket' | 'rest',
  rendered: readonly Entry[],
): Entry[] {
  const own = intent.ownDirectives[context];
  const repeated = own.some(({ name }) => name === 'add_header') ? repeatedHeaders(intent) : [];
  return [...rendered, ...repeated, ...ownEntries(context, rendered, own)];
}
