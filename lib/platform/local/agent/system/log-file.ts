import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';

const MAXIMUM = 10 * 1024 * 1024;

/** Opens a log for appending, for a child's output. */
export function openLog(file: string): number {
  return openSync(file, 'a', 0o600);
}

export function logSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** The last lines that were written to a log since it had the size `from`. */
export function linesSince(file: string, from: number, count: number): string[] {
  const end = logSize(file);
  // A log that was cut meanwhile starts anew; and only the end of a long one can be of interest.
  const start = Math.max(end < from ? 0 : from, end - 64 * 1024);
  if (end <= start) {
    return [];
  }
  const buffer = Buffer.alloc(end - start);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer
      .toString('utf8', 0, length)
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-count);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Keeps a log and one predecessor below a size. The log is copied and emptied, not renamed: children hold it open,
 * also over the supervisor's death, and would go on writing into the renamed one.
 */
export function boundLog(file: string): void {
  if (logSize(file) > MAXIMUM) {
    copyFileSync(file, `${file}.1`);
    truncateSync(file, 0);
  }
}
