/** One directive: a simple one (`server_tokens off;`) or, with `block`, one that holds others. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Entry[];
  /** Print each argument on a line of its own, for a `log_format`. */
  readonly wrapped?: boolean;
}

/** A line for people. */
export interface Comment {
  readonly comment: string;
}

/** An empty line between two subjects. */
export interface Gap {
  readonly gap: true;
}

export type Entry = Directive | Comment | Gap;

export const GAP: Gap = { gap: true };

export function directive(name: string, ...args: readonly (string | number)[]): Directive {
  return { name, args: args.map(String) };
}

export function block(
  name: string,
  args: readonly string[],
  children: readonly Entry[],
): Directive {
  return { name, args, block: children };
}

export function comment(text: string): Comment {
  return { comment: text };
}

/** `map $from $to { key value; … }`, in the order given. */
export function map(
  from: string,
  to: string,
  entries: readonly (readonly [string, string])[],
): Directive {
  return block(
    'map',
    [from, to],
    entries.map(([key, value]) => directive(key, value)),
  );
}

export function isDirective(entry: Entry): entry is Directive {
  return 'name' in entry;
}

/** The groups that are not empty, with a gap between each two. */
export function separated(...groups: readonly (readonly Entry[])[]): Entry[] {
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [GAP, ...group]));
}
