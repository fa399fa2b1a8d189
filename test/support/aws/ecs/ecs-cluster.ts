// A small ECS on a Docker Engine. Its services have tasks in zones, each an address of its own that no other task gets
// again; an agent reports how they are.
import { readFileSync } from 'node:fs';
import type { Engine } from '../../docker/engine';
import { EngineApi } from '../../docker/engine-api';
import { closeAtCleanUp, isClosed } from '../../machine/clean-up';
import { sleep, waitFor } from '../../machine/wait';
import { EcsService } from './ecs-service';
import { EcsTask, type Listed } from './ecs-task';
import type { NameRegistry } from './name-registry';
import type { SecretStore } from './secret-store';
import type { ServiceSpec } from './service-spec';
import type { TaskDefinition } from './task-definition';

export interface EcsOptions {
  readonly registry: NameRegistry;
  readonly secrets: SecretStore;
  /** Zone of each subnet. */
  readonly zones: Readonly<Record<string, string>>;
  /** From the decision to start a task to the start of its container. Default 1 s, where Fargate takes 30. */
  readonly startMs?: number;
  /** Until ECS knows that the tasks of a lost zone are gone. Default 10 s. */
  readonly lossMs?: number;
}

const LABEL = 'aiwm.test.ecs';
const REPORT_MS = 300;
/** The last number of the first address in a zone. */
const FIRST_ADDRESS = 10;

let count = 0;

export class EcsCluster {
  static async create(engine: Engine, options: EcsOptions): Promise<EcsCluster> {
    count += 1;
    const cluster = new EcsCluster(engine, options, `aiwm-ecs-${process.pid}-${count}`);
    await cluster.connect();
    void cluster.report();
    return cluster;
  }

  readonly api: EngineApi;
  readonly services: EcsService[] = [];
  private readonly tasks: EcsTask[] = [];
  private readonly lost = new Set<string>();
  private prefix = '';
  private isOpen = true;

  private constructor(
    engine: Engine,
    private readonly options: EcsOptions,
    /** Of its network, and what the names of its containers begin with. */
    readonly name: string,
  ) {
    this.api = new EngineApi(engine);
    closeAtCleanUp(this);
  }

  /** Of all that is taken away at the end. */
  get label(): string {
    return `${LABEL}=${this.name}`;
  }

  get registry(): NameRegistry {
    return this.options.registry;
  }

  /** An address in the network that no task has. */
  get spareAddress(): string {
    return `${this.prefix}.200.1`;
  }

  /** Creates a service, whose tasks start at once. */
  addService(spec: ServiceSpec): EcsService {
    const service = new EcsService(this, spec);
    this.services.push(service);
    service.reconcile();
    return service;
  }

  newTask(service: string, definition: TaskDefinition, subnets: readonly string[]): EcsTask {
    const zone = subnets
      .map((subnet) => this.options.zones[subnet]!)
      .find((each) => !this.lost.has(each));
    if (zone === undefined) {
      throw new Error(`no zone is left for ${service}`);
    }
    const number = this.tasks.length;
    const third = 1 + [...new Set(Object.values(this.options.zones))].indexOf(zone);
    const address = `${this.prefix}.${third}.${FIRST_ADDRESS + number}`;
    const task = new EcsTask(
      this.api,
      `${this.name}-${service}-${number + 1}`,
      definition,
      zone,
      address,
    );
    this.tasks.push(task);
    return task;
  }

  async start(task: EcsTask): Promise<void> {
    await sleep(this.options.startMs ?? 1_000);
    await task.start({
      network: this.name,
      labels: { [LABEL]: this.name },
      readSecret: (valueFrom) => this.options.secrets.read(valueFrom),
      maxOpenFiles: maxOpenFiles(),
    });
  }

  /** Tells a task to stop, and removes it when it has. */
  async stop(task: EcsTask): Promise<void> {
    if (this.lost.has(task.zone)) {
      return;
    }
    await waitFor(() => task.status !== 'PENDING', 30_000, `${task.name} to start`);
    if (task.status === 'RUNNING') {
      await task.stop();
    }
    await this.remove(task);
  }

  async remove(task: EcsTask): Promise<void> {
    await task.remove().catch((error: unknown) => {
      if (this.isOpen) {
        throw error;
      }
    });
  }

  /** Every packet from and to the tasks of a zone is lost from now on, and ECS hears of it later. */
  async loseZone(zone: string): Promise<void> {
    this.lost.add(zone);
    const gone = this.tasks.filter((task) => task.zone === zone && task.status === 'RUNNING');
    await Promise.all(
      gone.map(({ id }) =>
        this.api.post(`/networks/${this.name}/disconnect`, { Container: id, Force: true }),
      ),
    );
    setTimeout(() => {
      for (const task of gone) {
        task.status = 'STOPPED';
        task.stoppedReason = `zone ${zone} is gone`;
      }
    }, this.options.lossMs ?? 10_000).unref();
  }

  async close(): Promise<void> {
    isClosed(this);
    this.isOpen = false;
    // Some are being removed already.
    await waitFor(
      async () => {
        const all = await this.list();
        await Promise.allSettled(
          all.map(({ Id: id }) => this.api.delete(`/containers/${id}?force=true&v=true`)),
        );
        return all.length === 0;
      },
      30_000,
      `containers of ${this.name} are left`,
      200,
    );
    await this.api.delete(`/networks/${this.name}`);
  }

  /** A network that no other has; each zone is a part of it. */
  private async connect(): Promise<void> {
    for (let second = 150; second < 200; second += 1) {
      try {
        await this.api.post('/networks/create', {
          Name: this.name,
          CheckDuplicate: true,
          IPAM: { Config: [{ Subnet: `10.${second}.0.0/16` }] },
        });
        this.prefix = `10.${second}`;
        return;
      } catch (error) {
        if (!/overlap|conflict/i.test(String(error))) {
          throw error;
        }
      }
    }
    throw new Error('no free network between 10.150.0.0 and 10.199.255.255');
  }

  /** The agents' reports, and what the services make of them. */
  private async report(): Promise<void> {
    while (this.isOpen) {
      await sleep(REPORT_MS);
      const listed = new Map((await this.list()).map((each) => [each.Id, each]));
      if (!this.isOpen) {
        return;
      }
      for (const task of this.tasks) {
        const found = listed.get(task.id);
        if (found !== undefined && task.status === 'RUNNING' && !this.lost.has(task.zone)) {
          task.observe(found);
        }
      }
      this.services.forEach((service) => service.reconcile());
    }
  }

  private list(): Promise<Listed[]> {
    const filters = JSON.stringify({ label: [this.label] });
    return this.api.get(`/containers/json?all=1&filters=${encodeURIComponent(filters)}`);
  }
}

function maxOpenFiles(): number {
  const [, hard = ''] =
    /^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Number(hard);
}
