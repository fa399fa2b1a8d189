// One line per event, so that a log can be read, searched and shipped line by line.

/**
 * @typedef {object} Log
 * @property {(message: string) => void} info
 * @property {(message: string) => void} warn
 * @property {(message: string) => void} error
 */

/**
 * @param {string} instance
 * @returns {Log}
 */
export function createLog(instance) {
  /**
   * @param {string} level
   * @param {NodeJS.WritableStream} stream
   * @returns {(message: string) => void}
   */
  const line = (level, stream) => (message) => {
    const text = message.replace(/\s*[\r\n]+\s*/g, ' ');
    stream.write(`${new Date().toISOString()} ${level} instance=${instance} ${text}\n`);
  };
  return {
    info: line('info', process.stdout),
    warn: line('warn', process.stdout),
    error: line('error', process.stderr),
  };
}
