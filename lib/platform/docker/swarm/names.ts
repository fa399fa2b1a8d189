import { createHash } from 'node:crypto';
import { Fn, Token } from 'cdktf';

/** Docker takes 63 characters for a service, and 64 for a secret or configuration. */
const LONGEST = 63;

/** Year to second. */
const TIME_FORMAT = 'YYYYMMDDhhmmss';

/**
 * A name that Docker takes, however long its parts are.
 *
 * @internal
 */
export function swarmName(...parts: string[]): string {
  return cut(parts.join('-'), LONGEST);
}

/**
 * For what cannot be changed but only be replaced while its users still have the old one: the time of its creation is
 * part of the name. Goes with `FRESH`.
 *
 * Not a hash of the content: after a change that failed, the way back would meet the name of what is still there.
 *
 * @internal
 */
export function freshName(...parts: string[]): string {
  const name = cut(parts.join('-'), LONGEST - TIME_FORMAT.length - 1);
  return `${name}-${Token.asString(Fn.formatdate(TIME_FORMAT, Fn.timestamp()))}`;
}

/** The next one is there before the old one goes, and a later time is no reason for a next one. */
export const FRESH = { createBeforeDestroy: true, ignoreChanges: ['name'] };

function cut(name: string, longest: number): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}-${hash}`;
}
