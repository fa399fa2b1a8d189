import { createHash } from 'node:crypto';
import { Fn, Token } from 'cdktf';

/** Docker accepts 63 characters for a service, and 64 for a secret or config. */
const LONGEST = 63;

/** Format of a time, from year to second. */
const TIME_FORMAT = 'YYYYMMDDhhmmss';

/**
 * A name that Docker accepts, however long its parts are.
 *
 * @internal
 */
export function swarmName(...parts: string[]): string {
  return cut(parts.join('-'), LONGEST);
}

/**
 * A name with the time of creation, for a resource that can only be replaced, and only while the old one is still in
 * use. Use it with `FRESH`.
 *
 * A hash of the content would not do: undoing a failed change would need the name of a resource that still exists.
 *
 * @internal
 */
export function freshName(...parts: string[]): string {
  const name = cut(parts.join('-'), LONGEST - TIME_FORMAT.length - 1);
  return `${name}-${Token.asString(Fn.formatdate(TIME_FORMAT, Fn.timestamp()))}`;
}

/** Lifecycle for a `freshName`: the new resource is created first, and a later time alone replaces nothing. */
export const FRESH = { createBeforeDestroy: true, ignoreChanges: ['name'] };

function cut(name: string, longest: number): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}-${hash}`;
}
