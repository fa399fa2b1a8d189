const UNITS: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };

/**
 * A size that is checked already, e.g. "512m", in MiB.
 *
 * @internal
 */
export function mebibytes(size: string): number {
  return Number(size.slice(0, -1)) * UNITS[size.slice(-1)]!;
}
