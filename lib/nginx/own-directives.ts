import type { Entry } from './directive';
import { comment, isDirective } from './directive';
import type { ParsedDirective } from './parse';
import { parse } from './parse';
import { quote } from './print';
import { NginxTextError } from './text-error';

/** Where a line of the user's own can stand. */
export type OwnContext = 'http' | 'server' | 'webSocket' | 'rest';

/** Directives that may stand more than once in one context; every other one is set by the library or once. */
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
  'proxy_set_header',
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

/** What must not be said by hand, and where to say it. */
const REFUSED: Readonly<Record<OwnContext, Readonly<Record<string, string>>>> = {
  http: {},
  server: {
    listen: 'the platform decides where nginx listens',
    server_name: 'use serverName',
    ssl_certificate: 'use tls',
    ssl_certificate_key: 'use tls',
  },
  webSocket: locationRefusals(),
  rest: locationRefusals(),
};

function locationRefusals(): Record<string, string> {
  return {
    proxy_set_header:
      'a location that sets one loses all the inherited ones, the upgrade among them; put it into directives.server',
    proxy_pass: 'the routes decide where a request goes',
    proxy_http_version: 'WebSocket needs HTTP/1.1, which is set',
  };
}

/**
 * Reads one line of a user's own: exactly one directive, balanced, and none that would undo what is rendered.
 *
 * @throws NginxTextError saying what is wrong with it
 */
export function parseOwnDirective(context: OwnContext, text: string): ParsedDirective {
  const [own, ...rest] = parse(text.trim());
  if (own === undefined || rest.length > 0) {
    throw new NginxTextError(
      `${rest.length + (own ? 1 : 0)} directives in one entry; give each its own entry`,
    );
  }
  requirePrintable(own);
  const refusal = REFUSED[context][own.name];
  if (refusal !== undefined) {
    throw new NginxTextError(`"${own.name}" cannot be set by hand here: ${refusal}`);
  }
  return own;
}

/**
 * Lines of the user's own, under a heading, for the context that holds `rendered`.
 *
 * @throws NginxTextError for a second word on what stands there already: nginx would refuse the whole configuration
 */
export function ownEntries(rendered: readonly Entry[], own: readonly ParsedDirective[]): Entry[] {
  const said = new Set(rendered.flatMap((entry) => (isDirective(entry) ? [entry.name] : [])));
  for (const { name } of own) {
    if (said.has(name) && !REPEATABLE.has(name)) {
      throw new NginxTextError(`"${name}" is set there already, and nginx takes it once`);
    }
    said.add(name);
  }
  return own.length === 0 ? [] : [comment('From directives:'), ...own];
}

function requirePrintable(own: ParsedDirective): void {
  if (!/^[a-z_][a-z0-9_]*$/.test(own.name)) {
    throw new NginxTextError(`"${own.name}" is not the name of a directive`);
  }
  requirePrintableWords(own);
}

/** Words inside a block can be keys of a map, so only their text is looked at. */
function requirePrintableWords({ name, args, block }: ParsedDirective): void {
  [name, ...args].forEach(quote);
  block?.forEach(requirePrintableWords);
}
