import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';

/** Size above which a log is emptied, in bytes. */
const MAXIMUM = 10 * 1024 * 1024;

/** Opens a log to which a child appends its output. */
export function openLog(file: string): number {
  return openSync(file, 'a', 0o600);
}

export function logSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** Last lines that were written to a log since it had the size `from`. */
export function linesSince(file: string, from: number, count: number): string[] {
  const end = logSize(file);
  // A log that was emptied meanwhile is read from its start, and a long one only near its end.
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
 * Keeps a log and one predecessor below a size. The log is copied and emptied, not renamed: children keep it open even
 * after the supervisor has exited, and would continue to write to the renamed file.
 */
export function boundLog(file: string): void {
  if (logSize(file) > MAXIMUM) {
    copyFileSync(file, `${file}.1`);
    truncateSync(file, 0);
  }
}
