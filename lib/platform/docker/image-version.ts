/**
 * The version that a tag begins with: "nginx:1.30.4-alpine" says 1.30.4.
 *
 * @internal
 */
export function versionInTag(image: string): string | undefined {
  return /:(\d+\.\d+(?:\.\d+)?)(?:[-@].*)?$/.exec(image)?.[1];
}
