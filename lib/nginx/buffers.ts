import type { Entry } from './directive';
import { comment, directive } from './directive';
import type { Intent } from './intent';
import type { OwnContext } from './directive-contexts';

/** nginx checks them against each other, so that one of a user's own stands for all. */
const SIZES = new Set([
  'proxy_buffer_size',
  'proxy_buffers',
  'proxy_busy_buffers_size',
  'proxy_temp_file_write_size',
]);

/**
 * Room for the header of an answer that repeats what nginx lets in, and, for a WebSocket, for what nginx passes on in one
 * piece.
 */
export function bufferSizes(intent: Intent, where: 'webSocket' | 'rest'): Entry[] {
  if (sizesAreSet(intent, ['http', 'server', where])) {
    return [];
  }
  return where === 'webSocket'
    ? [
        comment(
          'Messages pass in large pieces. An idle WebSocket costs the same; a filled one two of them.',
        ),
        directive('proxy_buffer_size', '64k'),
        directive('proxy_buffers', 4, '64k'),
      ]
    : [
        comment('Room for a redirect that repeats a long query.'),
        directive('proxy_buffer_size', '32k'),
        directive('proxy_buffers', 4, '32k'),
      ];
}

function sizesAreSet({ ownDirectives }: Intent, contexts: readonly OwnContext[]): boolean {
  return contexts.some((context) => ownDirectives[context].some(({ name }) => SIZES.has(name)));
}
