// A host of AWS that is a folder: what runs on hosts is run here for real, below this folder and beside stand-ins of
// the AWS CLI and of systemd.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findProgram } from '../../../../scripts/machine/programs.mjs';
import { startChild, type Child } from '../../machine/process';
import { temporaryFolder } from '../../machine/temporary-folder';
import { Systemd } from './systemd';

/** Where a host has them; units of systemd name programs by their full path. */
const NEEDED = ['/usr/bin/python3', '/usr/bin/flock', '/bin/mkdir'];

const OWN_PROGRAMS = {
  journalctl: '#!/bin/sh\n',
  // Not one of a tool that manages versions, which would put folders of its own in front of the stand-ins.
  python3: '#!/bin/sh\nexec /usr/bin/python3 "$@"\n',
};

/**
 * A group of tests that runs what hosts run. Where programs are missing, the group is one skipped test that says which.
 */
export function describeOnHost(name: string, tests: () => void): void {
  const missing = [
    ...NEEDED.filter((program) => !existsSync(program)),
    ...['nginx', 'curl', 'openssl'].filter((program) => !findProgram(program)),
  ];
  describe(name, () => {
    if (missing.length === 0) {
      tests();
    } else {
      test.skip(`needs ${missing.join(', ')}`, () => {});
    }
  });
}

export interface Ran {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

export class HostBed {
  /**
   * @param programs - further programs by name, as texts
   * @param environment - what services get beside what every process of this host gets
   */
  static async start(
    programs: Readonly<Record<string, string>> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<HostBed> {
    const bed = new HostBed(programs);
    bed.running = await Systemd.start(bed.root, { ...environment, ...bed.environment });
    return bed;
  }

  readonly root = temporaryFolder('host');
  readonly environment: Readonly<Record<string, string>> = {
    AIWM_ROOT: this.root,
    PATH: [join(this.root, 'bin'), process.env.PATH].join(delimiter),
  };
  private running: Systemd | undefined;
  private scripts = 0;

  private constructor(programs: Readonly<Record<string, string>>) {
    for (const folder of ['bin', 'aws/objects', 'aws/secrets', 'run', 'usr/sbin']) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    for (const folder of ['etc/yum.repos.d', 'etc/logrotate.d', 'etc/systemd/system']) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    this.write('aws/calls', '');
    for (const name of ['aws', 'systemctl']) {
      copyFileSync(join(__dirname, `${name}.sh`), join(this.root, 'bin', name));
    }
    for (const [name, text] of Object.entries({ ...OWN_PROGRAMS, ...programs })) {
      this.write(`bin/${name}`, text, 0o755);
    }
  }

  get systemd(): Systemd {
    if (!this.running) {
      throw new Error('the host was not started');
    }
    return this.running;
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** What user data leaves behind on a host of nginx. */
  installNginx(): void {
    symlinkSync(findProgram('nginx')!, join(this.root, 'usr/sbin/nginx'));
    mkdirSync(join(this.root, 'var/log/nginx'), { recursive: true });
    this.write('etc/aiwm/ready', '');
  }

  /** A version of an object in the bucket; answers with the variables by which a script fetches it. */
  putObject(key: string, text: string): Record<string, string> {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const version = `version-${sha256.slice(0, 8)}`;
    this.write(`aws/objects/${key}/${version}`, text);
    return { AIWM_KEY: key, AIWM_VERSION: version, AIWM_SHA256: sha256 };
  }

  /** A secret by the last part of its ARN. */
  putSecret(name: string, text: string): void {
    this.write(`aws/secrets/${name}`, JSON.stringify({ Name: name, SecretString: text }));
  }

  /** Calls of the AWS CLI of one service. */
  awsCalls(service = ''): string[] {
    return this.read('aws/calls')
      .split('\n')
      .filter((line) => line !== '' && line.startsWith(service));
  }

  /** Starts a script as SSM does. */
  begin(script: string, variables: Readonly<Record<string, string>> = {}): Child {
    this.scripts += 1;
    const file = join(this.root, `script-${this.scripts}.sh`);
    writeFileSync(file, script);
    return startChild({
      name: 'script',
      command: '/bin/sh',
      args: [file],
      environment: { ...this.environment, ...variables },
    });
  }

  async run(script: string, variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const child = this.begin(script, variables);
    const { code } = await child.waitForExit(30_000);
    return { code, output: child.output() };
  }

  /** What systemd itself says about the units that scripts have written; undefined where it is not installed. */
  unitComplaints(): string | undefined {
    const folder = join(this.root, 'etc/systemd/system');
    const units = readdirSync(folder).filter((name) => name.startsWith('aiwm-'));
    const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', ...units], {
      cwd: folder,
      encoding: 'utf8',
    });
    // It reads other units of this machine as well.
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('aiwm-'));
    return error ? undefined : lines.join('\n');
  }

  /** Everything ends, what is in memory is gone, and what is enabled starts. */
  async reboot(): Promise<void> {
    await this.systemd.powerOff();
    rmSync(join(this.root, 'run'), { recursive: true });
    mkdirSync(join(this.root, 'run'));
    await this.systemd.boot();
  }
}
