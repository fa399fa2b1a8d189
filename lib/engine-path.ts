/**
 * Socket.IO serves its path with a slash at the end, however it was written.
 *
 * @internal
 */
export function asEnginePath(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
