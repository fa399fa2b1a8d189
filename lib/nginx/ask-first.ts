// Ask first, then go straight: how a new session finds a live instance.
//
// Open-source nginx learns from clients' requests alone whether an instance is well. It takes for a failure whatever a
// client can provoke, and a WebSocket, which does not end, never shows that an instance is well again. So nginx asks the
// pool by itself, with a request that holds nothing of the client and ends at once. The session then goes to the
// instance that answered, which stands in a group of its own, where nothing is counted.
import { relaysStickyCookie, SET_COOKIE_VARIABLE } from './affinity-cookie';
import type { Directive, Entry } from './directive';
import { block, comment, directive, map, separated } from './directive';
import type { Intent, Peer, Question, Upstream } from './intent';
import { isName, looksUpNames } from './names';
import {
  affinityMethod,
  ASKED_KEY_VARIABLE,
  copiesHashKey,
  COUNTS_NONE,
  HASH_KEY_VARIABLE,
  pool,
  server,
} from './pool';
import { NginxTextError } from './text-error';

/** No client can ask for it: a path of HTTP begins with a slash. */
const QUESTION = 'aiwm:ask';
const IS_THERE = '@aiwm_is_there';
const UNASKED = '@aiwm_unasked';

const ASKED_POOL = '$aiwm_asked_pool';
/** Every address that was asked; the last one has answered. */
const ASKED = '$aiwm_asked';
const ANSWERED = '$aiwm_answered';
const INSTANCE = '$aiwm_instance';
/** The group of the instance that opened a session, as the session's id says it. */
const OWNER = '$aiwm_owner';
const SESSION = '$aiwm_session';
const TARGET = '$aiwm_target';

/** Answers of an instance that is alive but does not know the path, or requires a password for it. */
const OTHER_ANSWERS = [301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 410, 426, 429, 501];

/** A question's answer is a few hundred bytes of header. */
const ANSWER_SIZE = '4k';

/** Whether an Engine.IO session is known by its id. */
export function knowsSessions({ upstream, routes }: Intent): boolean {
  return (
    upstream.question !== undefined && upstream.marksSessions === true && routes.webSocket.engineIo
  );
}

/** In `http`: the groups, and the maps that lead to them. */
export function askFirst(intent: Intent): Entry[] {
  const { upstream } = intent;
  if (upstream.question === undefined) {
    return [];
  }
  return separated(answerMaps(intent), sessionMaps(intent), groups(intent), unaskedPool(intent));
}

/** In the WebSocket's location: who is asked. */
export function askingRules(intent: Intent, asked: string): Entry[] {
  const { question } = intent.upstream;
  if (question === undefined) {
    return [];
  }
  const knows = knowsSessions(intent);
  const copies = [
    ...(asked.startsWith('$') ? [directive('set', ASKED_POOL, asked)] : []),
    ...(copiesHashKey(intent) ? [directive('set', ASKED_KEY_VARIABLE, HASH_KEY_VARIABLE)] : []),
    ...(knows ? [directive('set', SESSION, OWNER)] : []),
  ];
  return [
    ...(copies.length === 0
      ? []
      : [comment('Read here, because the question has no arguments of its own.'), ...copies]),
    comment(
      knows
        ? 'A new session asks the pool which instance is alive, and goes straight there.'
        : 'The pool is asked which instance is alive, and the request goes straight there.',
    ),
    directive('auth_request', QUESTION),
    directive('auth_request_set', ASKED, '$upstream_addr'),
    ...(relaysStickyCookie(intent)
      ? [directive('auth_request_set', SET_COOKIE_VARIABLE, '$sent_http_set_cookie')]
      : []),
  ];
}

/** Target of a request after the question. */
export function askedTarget(intent: Intent): string {
  const { upstream } = intent;
  if (knowsSessions(intent) || (countsConnections(upstream) && keepsSessions(intent))) {
    return TARGET;
  }
  return countsConnections(upstream) ? upstream.name : INSTANCE;
}

/** Open WebSockets are counted in the pool that holds them: by the question alone, all would be empty. */
function countsConnections({ method }: Upstream): boolean {
  return method.kind === 'least-connections';
}

/** Whether long-polling has a pool of its own. */
function keepsSessions({ upstream, routes }: Intent): boolean {
  return upstream.sessionMethod !== undefined && routes.webSocket.engineIo;
}

/** Location for a request whose question nobody answered, which nginx treats as an error of its own, 500. */
export function unansweredRule({ upstream: { question } }: Intent): Entry[] {
  return question === undefined
    ? []
    : [
        comment('Nobody answers in time: overload slows down, and takes nobody out.'),
        directive('error_page', 500, '=', UNASKED),
        directive('recursive_error_pages', 'on'),
      ];
}

/** In `server`: the question itself. */
export function askingLocations(
  intent: Intent,
  asked: string,
  webSocketBody: readonly Entry[],
): Entry[] {
  const { question } = intent.upstream;
  if (question === undefined) {
    return [];
  }
  return [
    comment('The question. No client can ask it: a path of HTTP begins with a slash.'),
    block('location', ['=', QUESTION], questionBody(intent, asked, question)),
    block('location', [IS_THERE], [directive('return', 204)]),
    block(
      'location',
      [UNASKED],
      [
        ...(relaysStickyCookie(intent) ? [directive('set', SET_COOKIE_VARIABLE, '')] : []),
        ...webSocketBody,
        directive('proxy_pass', `http://${unasked(intent.upstream)}`),
      ],
    ),
  ];
}

function questionBody(intent: Intent, asked: string, question: Question): Entry[] {
  const { serverNames, upstream } = intent;
  return [
    directive('internal'),
    directive('access_log', 'off'),
    ...(knowsSessions(intent)
      ? [
          comment('The id of the session says where it lives.'),
          block('if', [`(${SESSION})`], [directive('return', 204)]),
        ]
      : []),
    comment('Nothing of the client is in it. HEAD has no body, so that connections are kept.'),
    directive('proxy_method', 'HEAD'),
    directive('proxy_pass_request_headers', 'off'),
    directive('proxy_pass_request_body', 'off'),
    directive('proxy_set_header', 'Host', serverNames[0]!),
    directive('proxy_set_header', 'Connection', ''),
    directive('proxy_set_header', 'Content-Length', ''),
    directive('proxy_hide_header', 'Set-Cookie'),
    directive('proxy_cache', 'off'),
    directive('proxy_buffer_size', ANSWER_SIZE),
    comment('A client that gives up must not pass for an instance that is well.'),
    directive('proxy_ignore_client_abort', 'on'),
    directive('proxy_connect_timeout', upstream.failover.connectTimeout),
    directive('proxy_send_timeout', question.timeout),
    directive('proxy_read_timeout', question.timeout),
    comment('An instance that says that it is not well is passed over; any other answer will do.'),
    directive('proxy_next_upstream', ...NOT_WELL),
    directive('proxy_intercept_errors', 'on'),
    directive('error_page', ...OTHER_ANSWERS, '=', IS_THERE),
    directive(
      'proxy_pass',
      `http://${asked.startsWith('$') ? ASKED_POOL : asked}${question.target}`,
    ),
  ];
}

const NOT_WELL = ['error', 'timeout', 'http_500', 'http_502', 'http_503', 'http_504'];

/** The addresses that lead to a group. */
export function groupedAddresses({ question, peers }: Upstream): string[] {
  return question === undefined ? [] : peers.filter(hasOwnAddress).map(({ address }) => address);
}

function answerMaps({ upstream }: Intent): Entry[] {
  const grouped = upstream.peers.flatMap((peer, index): [string, string][] =>
    hasOwnAddress(peer) ? [[peer.address, group(upstream, index)]] : [],
  );
  return [
    comment('Of the addresses that were asked, the last one has answered.'),
    map(ASKED, ANSWERED, [['~(?<aiwm_last>[^ ,]+)$', '$aiwm_last']]),
    ...(grouped.length < upstream.peers.length
      ? [comment('What a name stands for is known to nginx alone: straight to the address.')]
      : []),
    map(ANSWERED, INSTANCE, [...grouped, ['default', ANSWERED]]),
  ];
}

function sessionMaps(intent: Intent): Entry[] {
  const { upstream } = intent;
  const counts = countsConnections(upstream);
  const counted = counts
    ? [comment('The pool counts the WebSockets that are open, so new ones go through it.')]
    : [];
  if (knowsSessions(intent)) {
    return [
      comment('The instances begin the ids of their sessions with their own number.'),
      map(
        '$arg_sid',
        OWNER,
        upstream.peers.map((_, index) => [`~^${index + 1}[.]`, group(upstream, index)]),
      ),
      ...counted,
      map(SESSION, TARGET, [
        ['', counts ? upstream.name : INSTANCE],
        ['default', SESSION],
      ]),
    ];
  }
  return counts && keepsSessions(intent)
    ? [
        ...counted,
        map(ASKED_POOL, TARGET, [
          [upstream.name, upstream.name],
          ['default', INSTANCE],
        ]),
      ]
    : [];
}

/** A name has a group only where sessions say that they live there: nginx answers with its address. */
function groups(intent: Intent): Entry[] {
  const { upstream } = intent;
  const blocks = upstream.peers.flatMap((peer, index) =>
    hasOwnAddress(peer) || knowsSessions(intent) ? [groupBlock(upstream, index)] : [],
  );
  return blocks.length === 0
    ? []
    : [
        comment(
          'One instance each. Whatever a client makes it do, it stays in service for others. The backup',
        ),
        comment('is for the moment in which it ends.'),
        ...blocks,
      ];
}

function groupBlock(upstream: Upstream, index: number): Directive {
  const name = group(upstream, index);
  const other = neighbour(upstream, index);
  const members = [
    server(without(upstream.peers[index]!), COUNTS_NONE),
    ...(other === undefined ? [] : [server({ ...without(other), backup: true }, COUNTS_NONE)]),
  ];
  return block(
    'upstream',
    [name],
    [
      ...(looksUpNames({ peers: [upstream.peers[index]!, ...(other ? [other] : [])] })
        ? [directive('zone', name, '256k')]
        : []),
      ...members,
      directive('keepalive', 16),
      directive('keepalive_timeout', '4s'),
    ],
  );
}

/** The next one in service. */
function neighbour({ peers }: Upstream, index: number): Peer | undefined {
  return [...peers.slice(index + 1), ...peers.slice(0, index)].find(
    ({ down, backup }) => !down && !backup,
  );
}

/** The address alone: weight, and whether it gets new sessions, are for the pool that is asked. */
function without({ address, resolve }: Peer): Peer {
  return { address, resolve };
}

function unaskedPool(intent: Intent): Entry[] {
  const { upstream } = intent;
  return [
    comment('For when nobody answers the question.'),
    pool(intent, unasked(upstream), affinityMethod(upstream), COUNTS_NONE),
  ];
}

function unasked({ name }: Upstream): string {
  return `${name}_unasked`;
}

function group({ name }: Upstream, index: number): string {
  return `${name}_${index + 1}`;
}

/** Whether a peer is an address, and no name. A value that is filled in at apply is one. */
function hasOwnAddress({ address, resolve }: Peer): boolean {
  return !resolve && !isName(address);
}

/**
 * nginx asks for a live instance by `auth_request`, in the place of any other, and lets in whoever satisfies any of
 * several rules if the instance lives.
 *
 * @throws NginxTextError for a line of the user's own that would be passed over
 */
export function refuseOtherQuestions({ upstream, ownDirectives }: Intent): void {
  if (upstream.question === undefined) {
    return;
  }
  for (const context of ['http', 'server', 'webSocket'] as const) {
    ownDirectives[context].forEach(({ name, args }, index) => {
      if (name === 'auth_request' || (name === 'satisfy' && args[0] === 'any')) {
        throw new NginxTextError(
          `"${[name, ...args].join(' ')}" would let everybody open a WebSocket: nginx asks for a live instance by auth_request. ` +
            'Put it into directives.rest, and check who opens a WebSocket in the service',
          `${context}[${index}]`,
        );
      }
    });
  }
}
