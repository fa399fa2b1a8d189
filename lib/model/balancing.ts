import type { Check } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import type { Method, Upstream } from '../nginx/intent';
import { COOKIE_DOMAIN, COOKIE_NAME, HASH_KEY, PATH } from '../validation/text-rules';

/**
 * Method by which nginx chooses an instance.
 *
 * A front without one uses `roundRobin()` with a backplane. Without a backplane it uses `ipHash()`, or `cookie()` where
 * the platform hides the addresses of clients.
 *
 * @see https://nginx.org/en/docs/http/load_balancing.html
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   balancing: Balancing.cookie(), // browsers behind one NAT
 * });
 */
export class Balancing {
  /**
   * Affinity by client address.
   *
   * nginx uses the first three octets of an IPv4 address, so a whole /24 network shares one instance. Not possible on a
   * swarm, where the addresses of instances change.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#ip_hash
   */
  public static ipHash(): Balancing {
    return new Balancing('Balancing.ipHash()', () => ({ kind: 'ip-hash' }));
  }

  /**
   * Affinity by a header, query argument or cookie that clients send with every request.
   *
   * A header is an option for native clients only, because browsers cannot set one on a WebSocket. A client that does
   * not send the value is identified by its address.
   *
   * @param key - nginx variable: `$http_<header>`, `$arg_<argument>`, `$cookie_<name>` or `$remote_addr`, e.g.
   * `$http_x_session_id`
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#hash
   */
  public static hash(key: string): Balancing {
    return new Balancing(`Balancing.hash(${JSON.stringify(key)})`, (check) => ({
      kind: 'hash',
      key: check.text('balancing.key', key, HASH_KEY),
    }));
  }

  /**
   * Affinity by a cookie that nginx sets. Best for many browsers behind one NAT.
   *
   * nginx 1.29.6 and later use `sticky`; for older versions, a random cookie is set and hashed.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#sticky
   */
  public static cookie(options: AffinityCookieOptions = {}): Balancing {
    return new Balancing('Balancing.cookie()', (check) => resolveCookie(check, options));
  }

  /**
   * The instance with the fewest open connections.
   *
   * Unlike round-robin, it evens out the connections again after a restart. Socket.IO's long-polling still needs
   * affinity: see `RotationOptions.sessionAffinity`.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#least_conn
   */
  public static leastConnections(options: RotationOptions = {}): Balancing {
    return new Balancing(
      'Balancing.leastConnections()',
      () => ({ kind: 'least-connections' }),
      options,
    );
  }

  /**
   * Each instance in turn.
   *
   * Socket.IO's long-polling still needs affinity: see `RotationOptions.sessionAffinity`.
   */
  public static roundRobin(options: RotationOptions = {}): Balancing {
    return new Balancing('Balancing.roundRobin()', () => ({ kind: 'round-robin' }), options);
  }

  private constructor(
    private readonly name: string,
    private readonly resolveMethod: (check: Check) => Method,
    private readonly rotation?: RotationOptions,
  ) {}

  /** The method as it is written in code. */
  public toString(): string {
    return this.name;
  }

  /**
   * The method, and the one that keeps an Engine.IO session on its instance where the first does not.
   *
   * @param affinity - default for such sessions; undefined where clients cannot use long-polling
   * @internal
   */
  public _resolve(check: Check, affinity?: Balancing): Pick<Upstream, 'method' | 'sessionMethod'> {
    const method = this.resolveMethod(check);
    if (this.rotation === undefined || affinity === undefined) {
      return { method };
    }
    const chosen = this.rotation.sessionAffinity ?? affinity;
    if (chosen.rotation !== undefined) {
      check.refuse('balancing.sessionAffinity', {
        problem: `${chosen} does not keep a session on one instance`,
        allowed: 'Balancing.ipHash(), Balancing.hash(…) or Balancing.cookie(…)',
      });
    }
    return { method, sessionMethod: chosen.resolveMethod(check) };
  }
}

/** Options of `Balancing.roundRobin()` and `Balancing.leastConnections()`. */
export interface RotationOptions {
  /**
   * Method that keeps all requests of one Engine.IO session on the same instance.
   *
   * It applies only where clients may use long-polling. A WebSocket that starts its own session may still reach any
   * instance.
   *
   * @see https://socket.io/docs/v4/using-multiple-nodes/
   * @default - `Balancing.ipHash()`; `Balancing.cookie()` where the platform hides the addresses of clients;
   * `Balancing.hash("$remote_addr")` where the addresses of instances change
   */
  readonly sessionAffinity?: Balancing;
}

/**
 * Cookie of `Balancing.cookie()`.
 *
 * It is always HttpOnly, and Secure whenever clients connect over TLS.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie
 */
export interface AffinityCookieOptions {
  /**
   * Name of the cookie: letters, digits and "_", at most 64.
   *
   * @default "aiwm_srv"
   */
  readonly name?: string;
  /**
   * Path below which browsers send the cookie.
   *
   * @default "/"
   */
  readonly path?: string;
  /**
   * Domain to which browsers send the cookie, with all its subdomains.
   *
   * @default - only the host that set it
   */
  readonly domain?: string;
  /**
   * Whether browsers send the cookie with requests from pages of other sites.
   *
   * `SameSite.NONE` requires TLS, and `withCredentials` in the Socket.IO client.
   *
   * @default SameSite.LAX
   */
  readonly sameSite?: SameSite;
  /**
   * How long browsers keep the cookie, 1s to 365d, e.g. "1h".
   *
   * @default - until the browser is closed
   */
  readonly maxAge?: string;
}

/**
 * Whether browsers send a cookie with requests from pages of other sites.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie
 */
export enum SameSite {
  /** Never from another site. */
  STRICT = 'strict',
  /** From another site only when the user follows a link. */
  LAX = 'lax',
  /** From any site. */
  NONE = 'none',
}

function resolveCookie(check: Check, options: AffinityCookieOptions): Method {
  const { name = 'aiwm_srv', path = '/', domain, sameSite = SameSite.LAX, maxAge } = options;
  return {
    kind: 'cookie',
    cookie: {
      name: check.text('balancing.name', name, COOKIE_NAME),
      path: check.text('balancing.path', path, PATH),
      domain:
        domain === undefined ? undefined : check.text('balancing.domain', domain, COOKIE_DOMAIN),
      sameSite: check.oneOf('balancing.sameSite', sameSite, Object.values(SameSite)),
      maxAgeSeconds:
        maxAge === undefined
          ? undefined
          : Math.round(
              resolveDuration(check, 'balancing.maxAge', maxAge, '1s', '365d').milliseconds / 1000,
            ),
    },
  };
}
