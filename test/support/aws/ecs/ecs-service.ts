// The scheduler of a service, as ECS' rolling deployment works: it starts what is missing, and stops what is too much as
// soon as enough is healthy without it.
import { waitFor } from '../../machine/wait';
import type { EcsCluster } from './ecs-cluster';
import type { EcsTask } from './ecs-task';
import type { ServiceSpec } from './service-spec';
import type { TaskDefinition } from './task-definition';

export class EcsService {
  /** Those that ECS counts: not the ones that it has told to stop. */
  tasks: EcsTask[] = [];
  /** Ends of tasks that nobody asked for, with their reasons. */
  readonly failures: string[] = [];
  private desired: number;
  private task: TaskDefinition;

  constructor(
    private readonly cluster: EcsCluster,
    readonly spec: ServiceSpec,
  ) {
    this.desired = spec.desired;
    this.task = spec.task;
  }

  get name(): string {
    return this.spec.name;
  }

  /** All tasks are of the current revision and healthy, and there are as many as there should be. */
  get isSteady(): boolean {
    return (
      this.tasks.length === this.desired &&
      this.tasks.every((task) => this.isUsable(task) && task.health === 'HEALTHY')
    );
  }

  /** Another revision, from now on. */
  deploy(task: TaskDefinition): void {
    this.task = task;
    this.reconcile();
  }

  scale(desired: number): void {
    this.desired = desired;
    this.reconcile();
  }

  async waitUntilSteady(timeoutMs: number): Promise<void> {
    await waitFor(
      () => this.isSteady,
      timeoutMs,
      () =>
        `${this.name} is not steady: ${JSON.stringify(
          this.tasks.map(({ name, status, health }) => `${name} ${status} ${health}`),
        )} ${this.failures.join('; ')}`,
      100,
    );
  }

  /** Called whenever something may have changed. */
  reconcile(): void {
    this.takeOutStopped();
    const usable = this.tasks.filter((task) => this.isUsable(task));
    const most = Math.floor((this.desired * this.spec.maximumPercent) / 100);
    const missing = Math.min(this.desired - usable.length, most - this.tasks.length);
    for (let count = 0; count < missing; count += 1) {
      this.start();
    }
    this.stopSurplus();
  }

  private takeOutStopped(): void {
    for (const task of this.tasks.filter(({ status }) => status === 'STOPPED')) {
      this.failures.push(`${task.name}: ${task.stoppedReason}`);
      this.takeOut(task);
      void this.cluster.remove(task);
    }
  }

  /** First what is old or sick, then what is too much of the current revision. */
  private stopSurplus(): void {
    const usable = this.tasks.filter((task) => this.isUsable(task));
    const surplus = [
      ...this.tasks.filter((task) => !this.isUsable(task)),
      ...usable.slice(0, Math.max(0, usable.length - this.desired)),
    ];
    const least = Math.ceil((this.desired * this.spec.minimumPercent) / 100);
    for (const task of surplus) {
      const rest = this.tasks.filter((each) => each !== task);
      if (rest.filter(({ health }) => health === 'HEALTHY').length >= least) {
        this.takeOut(task);
        void this.cluster.stop(task);
      }
    }
  }

  private start(): void {
    const task = this.cluster.newTask(this.name, this.task, this.spec.subnets);
    this.tasks.push(task);
    this.cluster
      .start(task)
      .then(() => this.cluster.registry.register(this.spec.dnsName, task.address))
      .catch((error: unknown) => {
        task.status = 'STOPPED';
        task.stoppedReason = String(error);
      });
  }

  private takeOut(task: EcsTask): void {
    this.tasks = this.tasks.filter((each) => each !== task);
    this.cluster.registry.deregister(this.spec.dnsName, task.address);
  }

  /** Of the current revision, and as far as is known well. */
  private isUsable({ definition, health }: EcsTask): boolean {
    return definition === this.task && health !== 'UNHEALTHY';
  }
}
