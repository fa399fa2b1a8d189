import type { Directive, Entry } from './directive';
import { block, comment, directive, separated } from './directive';
import { failover, forwardedHeaders, realIp } from './forwarding';
import type { Intent } from './intent';
import { locations } from './locations';
import { ownEntries } from './own-directives';
import { responseHeaders } from './response-headers';
import { http2Directives, http2ListenWords, tlsDirectives, tlsPolicy } from './tls';

/** Finds clients that went away without a word; an own heartbeat finds them sooner. */
const SO_KEEPALIVE = 'so_keepalive=60s:15s:4';

/** The front itself, the refusal of unknown names, the redirect from plain HTTP, the platform's status page. */
export function servers(intent: Intent): Entry[] {
  const served = intent.tls === 'served';
  return separated(
    served ? tlsRefusal(intent) : [],
    httpRefusal(intent),
    served || isTerminatedByPlatform(intent) ? redirect(intent) : [],
    [front(intent)],
    healthPage(intent),
    statusPage(intent),
  );
}

function front(intent: Intent): Directive {
  const { serverNames, maxBodySize, ownDirectives } = intent;
  const served = intent.tls === 'served';
  const rendered = separated(
    [
      ...frontListeners(intent),
      ...(served ? http2Directives(intent) : []),
      directive('server_name', ...serverNames),
    ],
    keepAlive(intent),
    ambiguousPaths(),
    served ? tlsDirectives(intent) : [],
    realIp(intent),
    forwardedHeaders(intent),
    failover(intent),
    [directive('client_max_body_size', maxBodySize), ...responseHeaders(intent)],
  );
  const routed = locations(intent);
  return block(
    'server',
    [],
    separated(
      rendered,
      ownEntries('server', [...rendered, ...routed], ownDirectives.server),
      routed,
    ),
  );
}

/**
 * nginx routes by the path that it makes of "..", "." and their escapes, and passes the path on as it was written. An
 * instance compares what was written, so that the two could mean different things. \x23 is "#": nginx ends a path there
 * as well, and still passes on the rest.
 */
function ambiguousPaths(): Entry[] {
  return [
    comment(
      'Routed by what it resolves to, passed on as it was written: the two must be the same.',
    ),
    block(
      'if',
      ['($request_uri', '~*', '^[^?]*(?:/|%2f)(?:\\.|%2e)(?:\\.|%2e)?(?:/|%2f|[?\\x23]|$))'],
      [directive('return', 400)],
    ),
  ];
}

function frontListeners(intent: Intent): Directive[] {
  const { layout, tls } = intent;
  return tls === 'served'
    ? layout.httpsListen.map((address) =>
        directive(
          'listen',
          address,
          'ssl',
          ...http2ListenWords(intent),
          ...proxyProtocol(intent),
          SO_KEEPALIVE,
        ),
      )
    : plainListen(intent).map((address) =>
        directive('listen', address, ...proxyProtocol(intent), SO_KEEPALIVE),
      );
}

/** By how much nginx keeps an idle connection longer than who sends requests over it. */
const KEEP_ALIVE_MARGIN_SECONDS = 15;

function keepAlive(intent: Intent): Entry[] {
  const reuseTimeoutMs = reuseTimeout(intent);
  return reuseTimeoutMs === undefined
    ? []
    : [
        comment('The load balancer closes idle connections; one that nginx closed would be a 502.'),
        directive(
          'keepalive_timeout',
          `${Math.ceil(reuseTimeoutMs / 1000) + KEEP_ALIVE_MARGIN_SECONDS}s`,
        ),
      ];
}

/** Undefined where a connection is one client's. */
function reuseTimeout(intent: Intent): number | undefined {
  return isTerminatedByPlatform(intent) ? intent.layout.entry?.reuseTimeoutMs : undefined;
}

/** Only then there is a way in for plain HTTP besides the one of TLS. */
function isTerminatedByPlatform({ tls, layout }: Intent): boolean {
  return tls === 'terminated-upstream' && layout.entry !== undefined;
}

/** Addresses on which a front without TLS of its own listens. */
function plainListen(intent: Intent): readonly string[] {
  const { httpListen, entry } = intent.layout;
  return isTerminatedByPlatform(intent) ? entry!.terminatedListen : httpListen;
}

function tlsRefusal(intent: Intent): Entry[] {
  return [
    comment(
      'A name that is not ours gets no certificate; one that comes only in the Host header gets 421.',
    ),
    block(
      'server',
      [],
      [
        ...intent.layout.httpsListen.map((address) =>
          directive('listen', address, 'ssl', 'default_server', ...proxyProtocol(intent)),
        ),
        directive('ssl_reject_handshake', 'on'),
        comment('Decided here for the front as well: what follows comes before the name is known.'),
        ...tlsPolicy(),
        directive('return', 421),
      ],
    ),
  ];
}

function httpRefusal(intent: Intent): Entry[] {
  const isReused = reuseTimeout(intent) !== undefined;
  const listen = new Set([
    ...(intent.tls === 'served' ? [] : plainListen(intent)),
    ...intent.layout.httpListen,
  ]);
  return listen.size === 0
    ? []
    : [
        ...refusalComment(intent, isReused),
        block(
          'server',
          [],
          [
            ...[...listen].map((address) =>
              directive('listen', address, 'default_server', ...proxyProtocol(intent)),
            ),
            directive('access_log', 'off'),
            directive('return', isReused ? 421 : 444),
          ],
        ),
      ];
}

function refusalComment({ tls }: Intent, isReused: boolean): Entry[] {
  if (isReused) {
    return [comment('A name that is not ours; closed, the connection would count as a failure.')];
  }
  return tls === 'served' ? [] : [comment('A name that is not ours gets no answer.')];
}

function redirect(intent: Intent): Entry[] {
  const { layout, serverNames } = intent;
  if (layout.httpListen.length === 0) {
    return [];
  }
  const port = layout.publicHttpsPort === 443 ? '' : `:${layout.publicHttpsPort}`;
  return [
    block(
      'server',
      [],
      [
        ...layout.httpListen.map((address) =>
          directive('listen', address, ...proxyProtocol(intent)),
        ),
        directive('server_name', ...serverNames),
        directive('return', 308, `https://$host${port}$request_uri`),
      ],
    ),
  ];
}

/** Apart from the front: the load balancer asks under no name of ours, and in the PROXY protocol where it speaks that. */
function healthPage(intent: Intent): Entry[] {
  const { entry } = intent.layout;
  return entry === undefined
    ? []
    : [
        comment('For the load balancer: whether this nginx serves.'),
        block(
          'server',
          [],
          [
            directive('listen', entry.healthListen, ...proxyProtocol(intent)),
            directive('access_log', 'off'),
            block('location', ['=', '/nginx-health'], [directive('return', 204)]),
            block('location', ['/'], [directive('return', 404)]),
          ],
        ),
      ];
}

function statusPage({ layout }: Intent): Entry[] {
  return layout.statusListen === undefined
    ? []
    : [
        comment('For the platform: which release serves, and the live counts.'),
        block(
          'server',
          [],
          [
            directive('listen', layout.statusListen),
            directive('access_log', 'off'),
            ...(layout.releaseFile === undefined
              ? []
              : [
                  block(
                    'location',
                    ['=', '/release'],
                    [
                      directive('default_type', 'text/plain'),
                      directive('include', layout.releaseFile),
                    ],
                  ),
                ]),
            block('location', ['=', '/connections'], [directive('stub_status')]),
            block('location', ['/'], [directive('return', 404)]),
          ],
        ),
      ];
}

function proxyProtocol(intent: Intent): string[] {
  return intent.proxyProtocol ? ['proxy_protocol'] : [];
}
