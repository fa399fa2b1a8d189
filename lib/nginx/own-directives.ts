import type { Entry } from './directive';
import { comment, isDirective } from './directive';
import type { ParsedDirective } from './parse';
import { parse } from './parse';
import { quote } from './print';
import { excerpt, NginxSyntaxError, NginxTextError } from './text-error';

/** Where a line of the user's own can stand. */
export type OwnContext = 'http' | 'server' | 'webSocket' | 'rest';

/** Of what the library renders, what may stand a second time beside it. */
const REPEATABLE = new Set([
  'access_log',
  'add_header',
  'add_trailer',
  'allow',
  'deny',
  'error_log',
  'error_page',
  'geo',
  'if',
  'include',
  'limit_conn',
  'limit_conn_zone',
  'limit_req',
  'limit_req_zone',
  'listen',
  'location',
  'log_format',
  'map',
  'proxy_hide_header',
  'proxy_pass_header',
  'rewrite',
  'server',
  'set',
  'set_real_ip_from',
  'split_clients',
  'ssl_certificate',
  'ssl_certificate_key',
  'sub_filter',
  'types',
  'upstream',
]);

/** In a location, and in the blocks within it. */
const REFUSED_IN_LOCATIONS = new Map([
  [
    'proxy_set_header',
    'a location that sets one loses all the inherited ones, the upgrade among them; put it into directives.server',
  ],
  ['proxy_pass', 'the routes decide where a request goes'],
  ['proxy_http_version', 'WebSocket needs HTTP/1.1, which is set'],
]);

/** What must not be said by hand, and where to say it. */
const REFUSED: Readonly<Record<OwnContext, ReadonlyMap<string, string>>> = {
  http: new Map([
    [
      'proxy_set_header',
      'the server sets headers of its own, and so inherits none; put it into directives.server',
    ],
    [
      'add_header',
      'a server or location that adds one inherits none; put it into directives.server, which every answer gets',
    ],
  ]),
  server: new Map([
    ['listen', 'the platform decides where nginx listens'],
    ['server_name', 'use serverName and alternativeNames'],
    ['ssl_certificate', 'use tls'],
    ['ssl_certificate_key', 'use tls'],
  ]),
  webSocket: REFUSED_IN_LOCATIONS,
  rest: REFUSED_IN_LOCATIONS,
};

/**
 * Variables of the rendered configuration, whose names nginx reads in lower case. It lets a second definition replace
 * the first without a word.
 */
const OUR_VARIABLES = new Set([
  '$aiwm_affinity',
  '$aiwm_affinity_cookie',
  '$aiwm_affinity_key',
  '$aiwm_pool',
  '$origin_allowed',
  '$ws_client',
  '$ws_client_key',
  '$ws_connection',
  '$ws_upgrade',
]);

/** Which of its words names the variable that a directive defines. */
const DEFINES: ReadonlyMap<string, number> = new Map([
  ['geo', -1],
  ['map', 1],
  ['set', 0],
  ['split_clients', 1],
  ['auth_request_set', 0],
  ['js_set', 0],
  ['js_var', 0],
  ['perl_set', 0],
]);

/** A named capture of a regular expression sets a variable as well. */
const NAMED_CAPTURE = /\(\?(?:P?<|')([A-Za-z_]\w*)[>']/g;

/**
 * Reads one line of a user's own: exactly one directive, balanced, and none that would undo what is rendered.
 *
 * @throws NginxTextError saying what is wrong with it
 */
export function parseOwnDirective(context: OwnContext, text: string): ParsedDirective {
  const [own, ...rest] = parse(text);
  if (own === undefined) {
    throw new NginxSyntaxError('there is no directive in it');
  }
  if (rest.length > 0) {
    throw new NginxSyntaxError(
      `it holds ${rest.length + 1} directives; give each an entry of its own`,
    );
  }
  if (!/^[a-z_][a-z0-9_]*$/.test(own.name)) {
    throw new NginxSyntaxError(`${excerpt(own.name)} is not the name of a directive`);
  }
  refuse(own, REFUSED[context]);
  eachWithin(own, (directive) => {
    [directive.name, ...directive.args].forEach((word) => quote(word));
    refuseOurVariables(directive);
    if (context === 'webSocket' || context === 'rest') {
      refuse(directive, REFUSED[context]);
    }
  });
  return own;
}

/**
 * Lines of the user's own, under a heading, for the context that holds `rendered`.
 *
 * @throws NginxTextError for a second word on what stands there already: nginx would refuse the whole configuration
 */
export function ownEntries(
  context: OwnContext,
  rendered: readonly Entry[],
  own: readonly ParsedDirective[],
): Entry[] {
  const said = new Set(rendered.flatMap((entry) => (isDirective(entry) ? [subject(entry)] : [])));
  own.forEach((directive, index) => {
    if (said.has(subject(directive)) && !REPEATABLE.has(directive.name)) {
      throw new NginxTextError(
        `${excerpt(title(directive))} is set there already, and can be set once`,
        `${context}[${index}]`,
      );
    }
  });
  return own.length === 0 ? [] : [comment('From directives:'), ...own];
}

/** What a directive is about. Of two headers of one name nginx would send both. */
function title({ name, args }: { name: string; args: readonly string[] }): string {
  return name === 'proxy_set_header' ? `${name} ${args[0] ?? ''}` : name;
}

function subject(directive: { name: string; args: readonly string[] }): string {
  return title(directive).toLowerCase();
}

function refuse({ name }: ParsedDirective, refused: ReadonlyMap<string, string>): void {
  const reason = refused.get(name);
  if (reason !== undefined) {
    throw new NginxTextError(`"${name}" cannot be set by hand here: ${reason}`);
  }
}

function refuseOurVariables({ name, args }: ParsedDirective): void {
  const position = DEFINES.get(name);
  const defined = position === undefined ? [] : args.slice(position).slice(0, 1);
  const captured = [name, ...args].flatMap((word) =>
    [...word.matchAll(NAMED_CAPTURE)].map((match) => `$${match[1]}`),
  );
  const ours = [...defined, ...captured].find((each) => OUR_VARIABLES.has(each.toLowerCase()));
  if (ours !== undefined) {
    throw new NginxTextError(`${ours} is defined by the library; choose another name`);
  }
}

/** A directive and all that stands in its block: keys of a map as well, which are no directives but look like them. */
function eachWithin(directive: ParsedDirective, visit: (each: ParsedDirective) => void): void {
  visit(directive);
  directive.block?.forEach((each) => eachWithin(each, visit));
}
