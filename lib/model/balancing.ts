import type { Check } from '../validation/check';
import { resolveDuration } from '../validation/duration';
import type { Method, Upstream } from '../nginx/intent';
import { COOKIE_DOMAIN, COOKIE_NAME, HASH_KEY, PATH } from '../validation/text-rules';

/**
 * How nginx chooses an instance.
 *
 * Without one, the front derives it: `ipHash()`, or `cookie()` where the platform hides the addresses of clients; and
 * `roundRobin()` as soon as there is a backplane.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   balancing: Balancing.cookie(), // browsers behind one NAT
 * });
 */
export class Balancing {
  /**
   * One client address, one instance. IPv4 goes by the first three octets: a whole /24 shares an instance. Not on a
   * swarm, where the addresses of instances change.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#ip_hash
   */
  public static ipHash(): Balancing {
    return new Balancing('Balancing.ipHash()', () => ({ kind: 'ip-hash' }));
  }

  /**
   * One value, one instance: a header, an argument or a cookie that the client sends with every request.
   * For native clients: browsers cannot set a header on a WebSocket. A client that does not send the value
   * is kept by its address.
   *
   * @param key - `$http_<header>`, `$arg_<argument>`, `$cookie_<name>`, `$remote_addr`, e.g. `$http_x_session_id`
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#hash
   */
  public static hash(key: string): Balancing {
    return new Balancing(`Balancing.hash(${JSON.stringify(key)})`, (check) => ({
      kind: 'hash',
      key: check.text('balancing.key', key, HASH_KEY),
    }));
  }

  /**
   * One browser, one instance, by a cookie that nginx hands out. Right for browsers behind one NAT.
   *
   * nginx does it itself (`sticky`) from 1.29.6; before that a random cookie is hashed.
   */
  public static cookie(options: AffinityCookieOptions = {}): Balancing {
    return new Balancing('Balancing.cookie()', (check) => resolveCookie(check, options));
  }

  /**
   * The instance with the fewest open connections. Evens out what a restart has skewed, where round-robin does not.
   *
   * Socket.IO's long-polling needs affinity all the same: see `RotationOptions.sessionAffinity`.
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
   * The instances in turn.
   *
   * Socket.IO's long-polling needs affinity all the same: see `RotationOptions.sessionAffinity`.
   */
  public static roundRobin(options: RotationOptions = {}): Balancing {
    return new Balancing('Balancing.roundRobin()', () => ({ kind: 'round-robin' }), options);
  }

  private constructor(
    private readonly name: string,
    private readonly resolveMethod: (check: Check) => Method,
    private readonly rotation?: RotationOptions,
  ) {}

  /** As it is written in code. */
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

/** What `Balancing.roundRobin()` and `Balancing.leastConnections()` take. */
export interface RotationOptions {
  /**
   * Keeps the requests of one Engine.IO session on the instance that knows it. Applies while clients may use
   * long-polling; WebSockets that start their own session are still balanced in rotation.
   *
   * @default - Balancing.ipHash(); Balancing.cookie() on a platform that hides the addresses of clients, and
   * Balancing.hash("$remote_addr") where those of instances change
   */
  readonly sessionAffinity?: Balancing;
}

/** The cookie of `Balancing.cookie()`. It is always HttpOnly, and Secure whenever clients come over TLS. */
export interface AffinityCookieOptions {
  /**
   * Its name: letters, digits and "_".
   *
   * @default "aiwm_srv"
   */
  readonly name?: string;
  /**
   * Its path.
   *
   * @default "/"
   */
  readonly path?: string;
  /**
   * The domain that it goes to with all its subdomains.
   *
   * @default - this host alone
   */
  readonly domain?: string;
  /**
   * Whether it goes along from pages of other sites. `None` needs TLS, and `withCredentials` in the client.
   *
   * @default SameSite.LAX
   */
  readonly sameSite?: SameSite;
  /**
   * How long a browser keeps it, e.g. "1h".
   *
   * @default - until the browser closes
   */
  readonly maxAge?: string;
}

/** Whether a cookie goes along from pages of other sites. */
export enum SameSite {
  /** From no other site. */
  STRICT = 'strict',
  /** When a link is followed. */
  LAX = 'lax',
  /** From every site. */
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
