import { Token } from 'cdktf';
import type { Check } from '../../../validation/check';
import { show } from '../../../validation/check';
import { TAG_VALUE } from './text-rules';

/** AWS allows 50. The rest is reserved for the platform's tags and for the provider's `defaultTags`. */
const MAX_TAGS = 40;

/**
 * Resolves the tags of a user. They apply to all resources, so a tag that one service rejects would fail an apply
 * halfway.
 *
 * @throws ValidationError for too many tags, a reserved key, and characters that AWS rejects
 * @internal
 */
export function resolveTags(
  check: Check,
  tags: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const all = Object.entries(tags);
  if (all.length > MAX_TAGS) {
    check.refuse('tags', {
      problem: `there are ${all.length} tags`,
      allowed: `at most ${MAX_TAGS}`,
    });
  }
  for (const [key, value] of all) {
    if (key === 'Name' || /^(?:aiwm-|aws:)/i.test(key)) {
      check.refuse(`tags.${key}`, {
        problem: 'the tag is reserved for the platform or for AWS',
        allowed: 'keys other than "Name", "aiwm-…" and "aws:…"',
      });
    }
    if (!Token.isUnresolved(key) && !/^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u.test(key)) {
      check.refuse('tags', {
        problem: `${show(key)} is not a tag key`,
        allowed: 'letters, digits, spaces and "_.:/=+-@", 1 to 128',
      });
    }
    check.text(`tags.${key}`, value, TAG_VALUE);
  }
  return { ...tags };
}
