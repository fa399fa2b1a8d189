import type { Directive, Entry } from './directive';
import { comment, directive, map } from './directive';
import type { AffinityCookie, Intent } from './intent';
import { isAtLeast, STICKY_DIRECTIVE } from './version';

/** Input of the hash: the value of the cookie, or the value that this answer sets. */
export const COOKIE_HASH_KEY = '$aiwm_affinity';

export const SET_COOKIE_VARIABLE = '$aiwm_affinity_cookie';

/** Only a value of the kind that is handed out here counts; anything else is replaced. */
const ISSUED_VALUE = '~^[0-9a-f]{32}$';

/** Cookie affinity for an nginx without `sticky`: a random value, hashed. */
export function cookieMaps(cookie: AffinityCookie, secure: boolean): Entry[] {
  const sent = `$cookie_${cookie.name}`;
  return [
    comment(
      'Affinity by cookie. A client without one is hashed on the value that it is about to get,',
    ),
    comment('so that its first request and all later ones agree.'),
    map(sent, COOKIE_HASH_KEY, [
      [ISSUED_VALUE, sent],
      ['default', '$request_id'],
    ]),
    map(sent, SET_COOKIE_VARIABLE, [
      [ISSUED_VALUE, ''],
      ['default', `${cookie.name}=$request_id${attributes(cookie, secure)}`],
    ]),
  ];
}

/** The header that hands the cookie out; none where nginx's own `sticky` does it. */
export function cookieHeaders(intent: Intent): Directive[] {
  const { upstream, version } = intent;
  const method = upstream.sessionMethod ?? upstream.method;
  return method.kind === 'cookie' &&
    (!isAtLeast(version, STICKY_DIRECTIVE) || relaysStickyCookie(intent))
    ? [directive('add_header', 'Set-Cookie', SET_COOKIE_VARIABLE, 'always')]
    : [];
}

/** Whether `sticky` hands the cookie out to a question, whose answer no client sees. */
export function relaysStickyCookie({ upstream, version }: Intent): boolean {
  const method = upstream.sessionMethod ?? upstream.method;
  return (
    upstream.question !== undefined &&
    method.kind === 'cookie' &&
    isAtLeast(version, STICKY_DIRECTIVE)
  );
}

export function stickyDirective(cookie: AffinityCookie, secure: boolean): Directive {
  return directive(
    'sticky',
    'cookie',
    cookie.name,
    ...(cookie.maxAgeSeconds === undefined ? [] : [`expires=${cookie.maxAgeSeconds}s`]),
    ...(cookie.domain === undefined ? [] : [`domain=${cookie.domain}`]),
    `path=${cookie.path}`,
    'httponly',
    ...(secure ? ['secure'] : []),
    `samesite=${cookie.sameSite}`,
  );
}

function attributes(cookie: AffinityCookie, secure: boolean): string {
  const sameSite = cookie.sameSite[0]!.toUpperCase() + cookie.sameSite.slice(1);
  return [
    '',
    ...(cookie.maxAgeSeconds === undefined ? [] : [`Max-Age=${cookie.maxAgeSeconds}`]),
    ...(cookie.domain === undefined ? [] : [`Domain=${cookie.domain}`]),
    `Path=${cookie.path}`,
    'HttpOnly',
    ...(secure ? ['Secure'] : []),
    `SameSite=${sameSite}`,
  ].join('; ');
}
