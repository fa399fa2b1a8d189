import { show } from '../validation/check';
import type { Check } from '../validation/check';
import type { ErrorPages as ErrorPagesIntent } from '../nginx/intent';
import { PAGE_BODY } from '../validation/text-rules';

/**
 * Answers to clients that cannot get a WebSocket.
 *
 * Browsers hide the answer to a failed handshake from the page. Native clients and command-line tools can read it.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   errorPages: ErrorPages.json({ unavailable: '{"error":"back_in_a_minute"}', retryAfter: 60 }),
 * });
 */
export class ErrorPages {
  /** JSON bodies, with a Retry-After header where a retry can succeed. */
  public static json(options: JsonErrorPages = {}): ErrorPages {
    return new ErrorPages(options);
  }

  /** The built-in pages of nginx. */
  public static off(): ErrorPages {
    return new ErrorPages();
  }

  private constructor(private readonly options?: JsonErrorPages) {}

  /** @internal */
  public _resolve(check: Check): ErrorPagesIntent | undefined {
    const { options } = this;
    if (options === undefined) {
      return undefined;
    }
    const body = (property: keyof JsonErrorPages & string, text: string): string =>
      resolveJson(check, `errorPages.${property}`, text);
    return {
      unavailable: body('unavailable', options.unavailable ?? '{"error":"chat_unavailable"}'),
      tooManyConnections: body(
        'tooManyConnections',
        options.tooManyConnections ?? '{"error":"too_many_connections"}',
      ),
      originRefused: body('originRefused', options.originRefused ?? '{"error":"origin_refused"}'),
      retryAfterSeconds: check.integer('errorPages.retryAfter', options.retryAfter ?? 5, 1, 86_400),
    };
  }
}

/** Bodies of `ErrorPages.json()`: JSON text of at most 2000 bytes each, without "$". */
export interface JsonErrorPages {
  /**
   * Body with status 503, when no instance can be reached.
   *
   * @default '{"error":"chat_unavailable"}'
   */
  readonly unavailable?: string;
  /**
   * Body with status 429, when a client exceeds a limit.
   *
   * @default '{"error":"too_many_connections"}'
   */
  readonly tooManyConnections?: string;
  /**
   * Body with status 403, for an Origin that is not in `allowedOrigins`.
   *
   * @default '{"error":"origin_refused"}'
   */
  readonly originRefused?: string;
  /**
   * Seconds that clients should wait before a retry after status 503 or 429, 1 to 86400.
   *
   * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Retry-After
   * @default 5
   */
  readonly retryAfter?: number;
}

function resolveJson(check: Check, property: string, text: string): string {
  check.text(property, text, PAGE_BODY);
  try {
    JSON.parse(text);
  } catch {
    check.refuse(property, { problem: `${show(text)} is not JSON`, allowed: PAGE_BODY.allowed });
  }
  return text;
}
