import { show } from '../validation/check';
import type { Check } from '../validation/check';
import type { ErrorPages as ErrorPagesIntent } from '../nginx/intent';
import { PAGE_BODY } from '../validation/text-rules';

/**
 * What a client is told when a WebSocket cannot be had. Browsers hide the answer to a failed handshake from the
 * page; native clients and people with curl see it.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   errorPages: ErrorPages.json({ unavailable: '{"error":"back_in_a_minute"}', retryAfter: 60 }),
 * });
 */
export class ErrorPages {
  /** JSON bodies, with Retry-After where trying again helps. */
  public static json(options: JsonErrorPages = {}): ErrorPages {
    return new ErrorPages(options);
  }

  /** nginx's own pages. */
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

/** The bodies of `ErrorPages.json`, each a JSON text. */
export interface JsonErrorPages {
  /**
   * With status 503, when no instance can be reached.
   *
   * @default '{"error":"chat_unavailable"}'
   */
  readonly unavailable?: string;
  /**
   * With status 429, when a limit is exceeded.
   *
   * @default '{"error":"too_many_connections"}'
   */
  readonly tooManyConnections?: string;
  /**
   * With status 403, for an Origin that is not in `allowedOrigins`.
   *
   * @default '{"error":"origin_refused"}'
   */
  readonly originRefused?: string;
  /**
   * Seconds to wait before another try, with 503 and 429.
   *
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
