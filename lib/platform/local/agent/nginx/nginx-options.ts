import { execFile } from 'node:child_process';

/** Options of nginx's command line beside the path of its configuration. */
export async function nginxOptions(executable: string, configuration: string): Promise<string[]> {
  return [
    // Until it has read the configuration, nginx logs to the path it was built with, outside the state folder.
    ...((await knowsErrorLogOption(executable)) ? ['-e', 'logs/error.log'] : []),
    '-g',
    `daemon off;${workerUser(configuration)}`,
  ];
}

/**
 * Directive that keeps the workers of a root-started nginx running as root. By default they run as another user, which
 * may not enter the state folder (0700, often below /root), where request bodies are buffered. The service runs as root
 * here as well.
 */
function workerUser(configuration: string): string {
  if (process.getuid?.() !== 0 || /^\s*user\s/m.test(configuration)) {
    return '';
  }
  return process.platform === 'darwin' ? ' user root wheel;' : ' user root;';
}

/** Whether nginx accepts -e, which 1.19.5 introduced; Ubuntu 22.04 has 1.18. */
function knowsErrorLogOption(executable: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(executable, ['-v'], { timeout: 10_000 }, (_error, _stdout, stderr) => {
      const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(stderr)?.map(Number) ?? [];
      const version = ((major ?? 0) * 1000 + (minor ?? 0)) * 1000 + (patch ?? 0);
      resolve(version >= 1_019_005);
    });
  });
}
