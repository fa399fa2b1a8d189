import { contextProblem, type OwnContext } from './directive-contexts';
import type { Entry } from './directive';
import { comment, isDirective } from './directive';
import type { ParsedDirective } from './parse';
import { parse } from './parse';
import { quote } from './print';
import { excerpt, NginxSyntaxError, NginxTextError } from './text-error';

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
  'listen',
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
]);

/** Of what a user may say, what nginx takes once. Others, such as `proxy_cache_path`, may come again. */
const ONCE = new Set([
  ...['aio', 'auth_basic', 'auth_basic_user_file', 'auth_request', 'brotli', 'charset'],
  ...['chunked_transfer_encoding', 'client_body_buffer_size', 'client_body_timeout'],
  ...['client_header_buffer_size', 'client_header_timeout', 'client_max_body_size'],
  ...['default_type', 'expires', 'gunzip', 'gzip', 'gzip_comp_level', 'gzip_http_version'],
  ...['gzip_min_length', 'gzip_proxied', 'gzip_vary', 'if_modified_since', 'keepalive_requests'],
  ...['keepalive_timeout', 'large_client_header_buffers', 'limit_rate', 'limit_rate_after'],
  ...['lingering_close', 'lingering_timeout', 'map_hash_bucket_size', 'map_hash_max_size'],
  ...['proxy_buffer_size', 'proxy_buffering', 'proxy_buffers', 'proxy_busy_buffers_size'],
  ...['proxy_cache', 'proxy_cache_key', 'proxy_connect_timeout', 'proxy_http_version'],
  ...['proxy_intercept_errors', 'proxy_max_temp_file_size', 'proxy_read_timeout'],
  ...['proxy_request_buffering', 'proxy_send_timeout', 'proxy_socket_keepalive', 'resolver'],
  ...['resolver_timeout', 'root', 'satisfy', 'send_timeout', 'sendfile', 'server_tokens'],
  ...['ssl_buffer_size', 'ssl_ciphers', 'ssl_dhparam', 'ssl_protocols', 'ssl_session_cache'],
  ...['ssl_session_timeout', 'ssl_stapling', 'ssl_verify_client', 'sub_filter_once'],
  ...['tcp_nodelay', 'tcp_nopush', 'underscores_in_headers'],
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

/** nginx reads the header of a request before it knows which server is meant, with what its default server says. */
const READ_BEFORE_THE_NAME =
  'nginx reads the header of a request before it knows the name, and so takes this from another server; put it into directives.http';

/** Directives that are refused, with the property to use instead. */
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
    ['client_header_buffer_size', READ_BEFORE_THE_NAME],
    ['connection_pool_size', READ_BEFORE_THE_NAME],
    ['ignore_invalid_headers', READ_BEFORE_THE_NAME],
    ['large_client_header_buffers', READ_BEFORE_THE_NAME],
    ['underscores_in_headers', READ_BEFORE_THE_NAME],
  ]),
  webSocket: REFUSED_IN_LOCATIONS,
  rest: REFUSED_IN_LOCATIONS,
};

/**
 * Variables of the rendered configuration, whose names nginx reads in lower case. It lets a second definition replace
 * the first without a word.
 */
const OUR_VARIABLES =
  /^\$(?:aiwm_\w+|origin_allowed|ws_client|ws_client_key|ws_connection|ws_upgrade)$/i;

/** Index of the word that names the variable which a directive defines. */
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
  const problem = contextProblem(own.name, context);
  if (problem !== undefined) {
    throw new NginxTextError(`"${own.name}" cannot stand here: ${problem}`);
  }
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
  const said = new Set(rendered.flatMap((entry) => (isDirective(entry) ? subjects(entry) : [])));
  own.forEach((directive, index) => {
    const again = subjects(directive).some((each) => said.has(each));
    if (again) {
      throw new NginxTextError(
        `${excerpt(title(directive))} is set there already, and can be set once`,
        `${context}[${index}]`,
      );
    }
    subjects(directive)
      .filter((each) => each !== directive.name || ONCE.has(each))
      .forEach((each) => said.add(each));
  });
  return own.length === 0 ? [] : [comment('From directives:'), ...own];
}

/** Subject of a directive, for a message. */
function title({ name, args }: { name: string; args: readonly string[] }): string {
  return NAMED.has(name) ? [name, ...args.slice(0, name === 'location' ? 2 : 1)].join(' ') : name;
}

/** Subjects of a directive that may stand only once; empty where it may stand a second time. */
function subjects(directive: { name: string; args: readonly string[] }): string[] {
  const { name, args } = directive;
  switch (name) {
    case 'location':
      return sameLocation(args);
    case 'proxy_set_header':
      // Of two headers of one name nginx would send both.
      return [`${name} ${args[0] ?? ''}`.toLowerCase()];
    case 'limit_conn':
    case 'log_format':
    case 'upstream':
      return [`${name} ${args[0] ?? ''}`];
    case 'limit_conn_zone':
    case 'limit_req':
    case 'limit_req_zone':
      return args.filter((word) => word.startsWith('zone=')).map((word) => `${name} ${zone(word)}`);
    default:
      return REPEATABLE.has(name) ? [] : [name.toLowerCase()];
  }
}

/** Directives that are told apart by their first word. */
const NAMED = new Set(['limit_conn', 'location', 'log_format', 'proxy_set_header', 'upstream']);

/** "zone=name:10m" names a zone. */
function zone(word: string): string {
  return word.replace(/^zone=/, '').replace(/:.*/, '');
}

/** Exact paths are one kind, prefixes with and without "^~" another; regular expressions may stand there twice. */
function sameLocation(args: readonly string[]): string[] {
  const [, modifier = '', path = ''] = /^(=|\^~|~\*?)?(.*)$/.exec(args.join('')) ?? [];
  return modifier.startsWith('~') ? [] : [`location ${modifier === '=' ? '=' : ''}${path}`];
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
  const ours = [...defined, ...captured].find((each) => OUR_VARIABLES.test(each));
  if (ours !== undefined) {
    throw new NginxTextError(`${ours} is defined by the library; choose another name`);
  }
}

/** A directive and all that stands in its block: keys of a map as well, which are no directives but look like them. */
function eachWithin(directive: ParsedDirective, visit: (each: ParsedDirective) => void): void {
  visit(directive);
  directive.block?.forEach((each) => eachWithin(each, visit));
}
