// Every nginx that configurations can be checked with: this machine's own, and the versions which
// `node scripts/machine/nginx-versions.mjs` keeps in the cache.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nginxVersions, realVersion } from '../../../scripts/machine/nginx-versions.mjs';
import { findProgram } from '../../../scripts/machine/programs.mjs';

export interface ConfigurationSource {
  /** The text of nginx.conf. */
  readonly text: string;
  /**
   * Further files by their path relative to the folder of nginx.conf, such as `release.conf` or
   * `tls/certificate.pem`.
   */
  readonly files?: Readonly<Record<string, string>>;
}

export interface CheckResult {
  readonly ok: boolean;
  /** What `nginx -t` printed. */
  readonly output: string;
}

export class NginxBinary {
  constructor(
    /** Which nginx this is, for the name of a test: `machine`, `1.26` or `1.30`. */
    readonly name: string,
    readonly executable: string,
    /** What `nginx -v` says, for example 1.26.3. */
    readonly version: string,
  ) {}

  /** Runs `nginx -t` on one configuration; about 20 ms. */
  checkConfiguration(text: string, files?: Readonly<Record<string, string>>): CheckResult {
    const [result] = this.checkConfigurations([{ text, files }]);
    return result as CheckResult;
  }

  /**
   * Runs `nginx -t` on many configurations from one shell. The files lie as the agent lays them out: the prefix holds
   * `current/nginx.conf`, `logs/` and `temp/`.
   */
  checkConfigurations(sources: readonly ConfigurationSource[]): CheckResult[] {
    // Short, because a unix socket below it may have 107 characters.
    const folder = mkdtempSync(join(tmpdir(), 'aiwm-t-'));
    try {
      sources.forEach((source, index) => {
        layOut(join(folder, String(index)), source);
      });
      const script =
        'for i in $(seq 0 "$2"); do cd "$3/$i" || exit 9; ' +
        '"$1" -t -p "$PWD/" -c current/nginx.conf >output 2>&1; echo $? >code; done';
      const run = spawnSync(
        '/bin/sh',
        ['-c', script, 'sh', this.executable, String(sources.length - 1), folder],
        { encoding: 'utf8' },
      );
      if (run.status !== 0) {
        throw new Error(`nginx -t could not be run: ${run.stderr}${run.error?.message ?? ''}`);
      }
      return sources.map((_, index) => ({
        ok: readFileSync(join(folder, String(index), 'code'), 'utf8').trim() === '0',
        output: readFileSync(join(folder, String(index), 'output'), 'utf8'),
      }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function layOut(prefix: string, { text, files = {} }: ConfigurationSource): void {
  const contents = { 'nginx.conf': text, ...files };
  for (const [path, content] of Object.entries(contents)) {
    const file = join(prefix, 'current', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  mkdirSync(join(prefix, 'logs'));
  mkdirSync(join(prefix, 'temp'));
}

/** A version that tests want and that is not here, and how to get it. */
export interface MissingNginx {
  readonly name: string;
  readonly reason: string;
}

let found: { available: NginxBinary[]; missing: MissingNginx[] } | undefined;

/** Which nginx binaries are here and which are not; looked up once per test file. */
export function nginxBinaries(): { available: NginxBinary[]; missing: MissingNginx[] } {
  if (!found) {
    const available: NginxBinary[] = [];
    const missing: MissingNginx[] = [];
    const add = (name: string, executable: string | undefined, remedy: string) => {
      const version = executable && realVersion(executable);
      if (executable && version) {
        available.push(new NginxBinary(name, executable, version));
      } else {
        missing.push({ name, reason: remedy });
      }
    };
    add('machine', findProgram('nginx'), 'nginx is not installed: npm run setup');
    for (const { version, executable } of nginxVersions()) {
      add(
        version,
        executable,
        `nginx ${version} is not in the cache: npm run setup, as root on Debian or Ubuntu`,
      );
    }
    found = { available, missing };
  }
  return found;
}
