import { execFile } from 'node:child_process';

/** The options that nginx is run with, in addition to where its configuration is. */
export async function nginxOptions(executable: string, configuration: string): Promise<string[]> {
  return [
    // Until it has read the configuration, nginx would log to the place it was built for, outside the state folder.
    ...((await knowsErrorLogOption(executable)) ? ['-e', 'logs/error.log'] : []),
    '-g',
    `daemon off;${workerUser(configuration)}`,
  ];
}

/**
 * nginx that is started by root gives its workers to another user. That one could not enter the state folder (0700,
 * often below /root), where request bodies are buffered; the service itself runs as root here as well.
 */
function workerUser(configuration: string): string {
  if (process.getuid?.() !== 0 || /^\s*user\s/m.test(configuration)) {
    return '';
  }
  return process.platform === 'darwin' ? ' user root wheel;' : ' user root;';
}

/** -e came with nginx 1.19.5; Ubuntu 22.04 has 1.18. */
function knowsErrorLogOption(executable: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(executable, ['-v'], { timeout: 10_000 }, (_error, _stdout, stderr) => {
      const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(stderr)?.map(Number) ?? [];
      const version = ((major ?? 0) * 1000 + (minor ?? 0)) * 1000 + (patch ?? 0);
      resolve(version >= 1_019_005);
    });
  });
}
