// A host of AWS that is a machine of its own under a real systemd: systemd-nspawn boots the files of this machine, with
// what the machine writes in memory. It has its own processes, its own network and its own units.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { closeAtCleanUp } from '../../machine/clean-up';
import { startChild, type Child } from '../../machine/process';
import { temporaryFolder } from '../../machine/temporary-folder';
import { waitFor } from '../../machine/wait';
import type { Ran } from './host-bed';

/** Packed by the distribution: the machine does not have what is in /usr/local. */
const NEEDED = [
  '/usr/bin/systemd-nspawn',
  '/usr/bin/unshare',
  '/usr/bin/nsenter',
  '/usr/bin/python3',
  '/usr/bin/flock',
  '/usr/bin/curl',
  '/usr/bin/openssl',
  '/usr/sbin/nginx',
  '/usr/sbin/logrotate',
];

/** Nothing of the machine that runs the test, whose versions of Python and AWS CLI are its own. */
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'LC_ALL=C',
];

/** A group of tests under a real systemd; one skipped test that says what is missing where it cannot be had. */
export function describeWithSystemd(name: string, tests: () => void): void {
  const missing = whatIsMissing();
  describe(name, () => {
    if (missing === undefined) {
      tests();
    } else {
      test.skip(`needs ${missing}`, () => {});
    }
  });
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'Linux and root';
  }
  const programs = NEEDED.filter((program) => !existsSync(program));
  if (programs.length > 0) {
    return programs.join(', ');
  }
  if (spawnSync('/usr/bin/unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) {
    return 'namespaces, which this container does not give';
  }
  return cgroups() === undefined ? 'cgroups of version 2 to write to' : undefined;
}

function cgroups(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const [, folder] =
    mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2') ?? [];
  try {
    accessSync(folder ?? '', constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** Files by their absolute paths. Those in a folder "bin" can be executed. */
export type Files = Readonly<Record<string, string>>;

export class SystemdMachine {
  /** Boots, which ends when systemd has started everything. */
  static async boot(files: Files): Promise<SystemdMachine> {
    const folder = temporaryFolder('machine');
    const id = randomUUID().replaceAll('-', '');
    for (const [path, text] of Object.entries({ ...files, '/etc/machine-id': `${id}\n` })) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: path.includes('bin/') ? 0o755 : 0o644 });
    }
    const machine = new SystemdMachine(basename(folder), folder);
    await machine.hasBooted();
    return machine;
  }

  private readonly supervisor: Child;
  private boots = 1;

  private constructor(
    private readonly name: string,
    files: string,
  ) {
    const script = join(__dirname, 'boot-machine.sh');
    // prettier-ignore
    const args = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', script, name, files, cgroups()!];
    this.supervisor = startChild({ name: 'machine', command: '/usr/bin/unshare', args });
    closeAtCleanUp(this);
  }

  /** Runs a command of the shell as root, beside what systemd runs. */
  async run(command: string, input?: string): Promise<Ran> {
    // prettier-ignore
    const args = ['--target', String(this.init()), '--all', '/usr/bin/env', '--ignore-environment', ...ENVIRONMENT, '/bin/sh', '-c', command];
    const child = startChild({ name: command, command: '/usr/bin/nsenter', args, input });
    const { code } = await child.waitForExit(60_000);
    return { code, output: child.output() };
  }

  /** What a command that has to succeed prints. */
  async ask(command: string): Promise<string> {
    const { code, output } = await this.run(command);
    if (code !== 0) {
      throw new Error(`${command} ended with ${code}:\n${output}`);
    }
    return output.trim();
  }

  /** Runs a script as a service that it is no part of does, such as Systems Manager's agent. */
  async runAsService(script: string): Promise<Ran> {
    return this.run(
      'file=$(mktemp) && cat > "$file" && systemd-run --quiet --collect --wait --pipe /bin/sh "$file" < /dev/null',
      script,
    );
  }

  async write(path: string, text: string): Promise<void> {
    const { code, output } = await this.run(`mkdir -p "$(dirname ${path})" && cat > ${path}`, text);
    if (code !== 0) {
      throw new Error(output);
    }
  }

  /** A property of a unit, as `systemctl show` has it. */
  property(unit: string, property: string): Promise<string> {
    return this.ask(`systemctl show --value --property ${property} ${unit}`);
  }

  /** Restarts the whole machine in an orderly way: services are stopped, and /run is empty afterwards. */
  async reboot(): Promise<void> {
    await this.run('systemctl reboot');
    this.boots += 1;
    await this.hasBooted();
  }

  /** Ends it all at once. */
  async close(): Promise<void> {
    if (this.supervisor.isRunning) {
      // To the group: unshare itself does not hear it, the script does.
      process.kill(-this.supervisor.pid, 'SIGTERM');
      try {
        await this.supervisor.waitForExit(5_000);
      } catch {
        await this.supervisor.kill();
      }
    }
  }

  private async hasBooted(): Promise<void> {
    const states = /^(running|degraded)\n$/;
    await waitFor(
      async () => {
        if (!this.supervisor.isRunning) {
          return true;
        }
        const { output } = await this.run('systemctl is-system-running --wait');
        return states.test(output);
      },
      60_000,
      () => `the machine has not booted: ${this.supervisor.output()}`,
    );
    if (!this.supervisor.isRunning) {
      throw new Error(`the machine could not boot: ${this.supervisor.output()}`);
    }
  }

  /** The id of its systemd, which is its process 1. */
  private init(): number {
    const group = join(cgroups()!, `${this.name}.${this.boots}`, 'payload', 'init.scope');
    return Number(readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n')[0]);
  }
}
