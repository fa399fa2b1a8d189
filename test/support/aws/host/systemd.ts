// In the place of systemd on a host that is a folder: reads the units that scripts have written there, and starts,
// reloads and stops real processes. Scripts talk to it by a systemctl that hands their arguments on to this process.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { closeAtCleanUp } from '../../machine/clean-up';
import { startChild, type Child } from '../../machine/process';
import { sleep } from '../../machine/wait';

/** The settings of a unit by name; a name may stand there more than once. */
type Unit = ReadonlyMap<string, readonly string[]>;

interface Service {
  readonly unit: Unit;
  child?: Child;
  /** Someone has asked it to stop, so it is not started again. */
  isStopping: boolean;
  ended: Promise<void>;
}

export class Systemd {
  static async start(
    root: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<Systemd> {
    const systemd = new Systemd(root, environment);
    await new Promise<void>((resolve) => systemd.server.listen(systemd.socket, resolve));
    closeAtCleanUp(systemd);
    return systemd;
  }

  /** What was asked of it, without the looks whether something is active. */
  readonly calls: string[] = [];
  readonly enabled = new Set<string>();
  /** Units whose process is started but hears nothing: a reload is lost on it. */
  readonly deaf = new Set<string>();

  private readonly journal = new Map<string, Child[]>();
  private readonly services = new Map<string, Service>();
  private readonly server: Server;

  private constructor(
    private readonly root: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    this.server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.once('end', () => {
        const [verb = '', ...rest] = body.trim().split('\n');
        void this.obey(verb, rest).then((code) => response.end(String(code)));
      });
    });
  }

  get socket(): string {
    return join(this.root, 'systemd.sock');
  }

  /** The main process of a service, while it runs. */
  pid(unit: string): number | undefined {
    const child = this.services.get(unit)?.child;
    return child?.isRunning ? child.pid : undefined;
  }

  /** What the processes of a service have printed, from the first to the current one. */
  output(unit: string): string {
    return (this.journal.get(unit) ?? []).map((child) => child.output()).join('');
  }

  /** Ends everything at once, as a host does that loses its power. */
  async powerOff(): Promise<void> {
    for (const service of this.services.values()) {
      service.isStopping = true;
      await endAll(service.child);
      await service.ended;
    }
    this.services.clear();
  }

  /** Starts what is enabled, as a boot does; timers do not go off. */
  async boot(): Promise<void> {
    for (const unit of [...this.enabled].filter((name) => !name.endsWith('.timer'))) {
      await this.obey('start', [unit]);
    }
  }

  async close(): Promise<void> {
    await this.powerOff();
    this.server.close();
    this.server.closeAllConnections();
  }

  private async obey(verb: string, rest: readonly string[]): Promise<number> {
    const units = rest.filter((word) => !word.startsWith('-'));
    if (verb !== 'is-active') {
      this.calls.push([verb, ...units].join(' '));
    }
    for (const unit of units) {
      const code = await this.act(verb, unit, rest);
      if (code !== 0) {
        return code;
      }
    }
    return 0;
  }

  private async act(verb: string, unit: string, options: readonly string[]): Promise<number> {
    const service = this.services.get(unit);
    switch (verb) {
      case 'is-active':
        return service?.child?.isRunning ? 0 : 3;
      case 'enable':
        this.enabled.add(unit);
        return options.includes('--now') && !unit.endsWith('.timer') ? this.startUnit(unit) : 0;
      case 'disable':
        this.enabled.delete(unit);
        return 0;
      case 'start':
        return service?.child?.isRunning ? 0 : this.startUnit(unit);
      case 'reload':
        if (!this.deaf.has(unit)) {
          service?.child?.signal('SIGHUP');
        }
        return service?.child?.isRunning ? 0 : 1;
      case 'stop':
        await this.stopService(service);
        return 0;
      case 'kill': {
        const signal = /^--signal=(\w+)$/.exec(options.join('\n'))?.[1] ?? 'TERM';
        service?.child?.signal(`SIG${signal}` as NodeJS.Signals);
        return 0;
      }
      default:
        return 1;
    }
  }

  private async startUnit(name: string): Promise<number> {
    const unit = this.read(name);
    if (!unit) {
      return 5;
    }
    const condition = unit.get('ConditionPathExists')?.[0];
    if (condition !== undefined && !existsSync(condition)) {
      return 0;
    }
    if (unit.get('Type')?.[0] === 'oneshot') {
      for (const command of [
        ...(unit.get('ExecStartPre') ?? []),
        ...(unit.get('ExecStart') ?? []),
      ]) {
        const child = this.spawn(name, unit, command);
        const { code } = await child.waitForExit(30_000);
        if (code !== 0) {
          this.services.set(name, { unit, child, isStopping: true, ended: Promise.resolve() });
          return 1;
        }
      }
      return 0;
    }
    const service: Service = { unit, isStopping: false, ended: Promise.resolve() };
    this.services.set(name, service);
    service.child = this.spawn(name, unit, unit.get('ExecStart')![0]!);
    service.ended = this.keepRunning(name, service);
    return 0;
  }

  /** Restart=always, without the pause. */
  private async keepRunning(name: string, service: Service): Promise<void> {
    for (;;) {
      await service.child?.waitForExit(600_000);
      if (service.isStopping) {
        return;
      }
      await sleep(200);
      if (service.isStopping) {
        return;
      }
      service.child = this.spawn(name, service.unit, service.unit.get('ExecStart')![0]!);
    }
  }

  private async stopService(service: Service | undefined): Promise<void> {
    if (!service?.child) {
      return;
    }
    service.isStopping = true;
    service.child.signal((service.unit.get('KillSignal')?.[0] ?? 'SIGTERM') as NodeJS.Signals);
    try {
      await service.child.waitForExit(10_000);
    } catch {
      await endAll(service.child);
    }
    await service.ended;
  }

  private spawn(name: string, unit: Unit, command: string): Child {
    const files = (unit.get('EnvironmentFile') ?? []).map((file) => readFileSync(file, 'utf8'));
    const variables = files.flatMap((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => /^([^=]+)=(.*)$/.exec(line)!.slice(1) as [string, string]),
    );
    const child = startChild({
      name,
      command: '/bin/sh',
      args: ['-c', `exec ${command}`],
      environment: { ...this.environment, ...Object.fromEntries(variables) },
    });
    this.journal.set(name, [...(this.journal.get(name) ?? []), child]);
    return child;
  }

  private read(name: string): Unit | undefined {
    const file = join(this.root, 'etc', 'systemd', 'system', name);
    if (!existsSync(file)) {
      return undefined;
    }
    const unit = new Map<string, string[]>();
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) {
        unit.set(key, [...(unit.get(key) ?? []), value]);
      }
    }
    return unit;
  }
}

/** With what it has started: nginx's workers outlive a master that is killed. */
async function endAll(child: Child | undefined): Promise<void> {
  if (child?.isRunning) {
    process.kill(-child.pid, 'SIGKILL');
    await child.waitForExit();
  }
}
