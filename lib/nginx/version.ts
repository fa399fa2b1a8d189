/** A release of nginx, e.g. 1.22.1. */
export interface NginxVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The oldest release whose directives are all known here: `ssl_reject_handshake` came with it. */
export const OLDEST_VERSION: NginxVersion = { major: 1, minor: 19, patch: 4 };

/** `http2 on;` instead of `listen … http2`. */
export const HTTP2_DIRECTIVE: NginxVersion = { major: 1, minor: 25, patch: 1 };

/** `resolve` for the servers of an upstream, in the open-source nginx. */
export const RESOLVE_PARAMETER: NginxVersion = { major: 1, minor: 27, patch: 3 };

/** `sticky` in the open-source nginx. */
export const STICKY_DIRECTIVE: NginxVersion = { major: 1, minor: 29, patch: 6 };

/** Reads "1.30" or "1.30.4"; undefined when it is neither. A missing patch is 0: the oldest of its line. */
export function parseVersion(text: string): NginxVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text);
  return match
    ? { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) }
    : undefined;
}

export function isAtLeast(version: NginxVersion, floor: NginxVersion): boolean {
  return (
    (version.major - floor.major || version.minor - floor.minor || version.patch - floor.patch) >= 0
  );
}

export function printVersion({ major, minor, patch }: NginxVersion): string {
  return `${major}.${minor}.${patch}`;
}
