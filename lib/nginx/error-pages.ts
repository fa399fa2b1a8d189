import type { Directive, Entry } from './directive';
import { block, directive } from './directive';
import type { Intent } from './intent';

interface Page {
  readonly location: string;
  readonly from: readonly number[];
  readonly status: number;
  readonly body: string;
  readonly retryAfterSeconds?: number;
}

/** `=` lets the page's own status through; without it nginx keeps the one that led there. */
export function errorPageRules(intent: Intent): Entry[] {
  return pages(intent).map(({ from, location }) => directive('error_page', ...from, '=', location));
}

export function errorPageLocations(intent: Intent, headers: readonly Entry[]): Directive[] {
  return pages(intent).map(({ location, status, body, retryAfterSeconds }) =>
    block(
      'location',
      [location],
      [
        directive('default_type', 'application/json'),
        ...(retryAfterSeconds === undefined
          ? []
          : [...headers, directive('add_header', 'Retry-After', retryAfterSeconds, 'always')]),
        directive('return', status, body),
      ],
    ),
  );
}

function pages({ errorPages, limits, allowedOrigins }: Intent): Page[] {
  if (errorPages === undefined) {
    return [];
  }
  const { retryAfterSeconds } = errorPages;
  return [
    {
      location: '@chat_unavailable',
      from: [502, 503, 504],
      status: 503,
      body: errorPages.unavailable,
      retryAfterSeconds,
    },
    ...(limits
      ? [
          {
            location: '@too_many_connections',
            from: [429],
            status: 429,
            body: errorPages.tooManyConnections,
            retryAfterSeconds,
          },
        ]
      : []),
    ...(allowedOrigins
      ? [{ location: '@origin_refused', from: [403], status: 403, body: errorPages.originRefused }]
      : []),
  ];
}
