// A task: a container with an address of its own, from its start to its end.
import type { EngineApi } from '../../docker/engine-api';
import { dockerContainer, type TaskPlace } from './docker-container';
import type { TaskDefinition } from './task-definition';

export type TaskStatus = 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';
export type TaskHealth = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/** How the Engine lists a container. */
export interface Listed {
  readonly Id: string;
  readonly State: string;
  /** "Up 3 seconds (healthy)" */
  readonly Status: string;
}

export class EcsTask {
  status: TaskStatus = 'PENDING';
  health: TaskHealth = 'UNKNOWN';
  /** Why it did not start, or how it ended. */
  stoppedReason = '';
  /** Of its container. */
  id = '';

  constructor(
    private readonly api: EngineApi,
    readonly name: string,
    readonly definition: TaskDefinition,
    readonly zone: string,
    readonly address: string,
  ) {}

  async start(place: Omit<TaskPlace, 'address'>): Promise<void> {
    const body = dockerContainer(this.definition, { ...place, address: this.address });
    const { Id: id } = await this.api.post<{ Id: string }>(
      `/containers/create?name=${this.name}`,
      body,
    );
    this.id = id;
    await this.api.post(`/containers/${id}/start`);
    this.status = 'RUNNING';
  }

  /** What the agent reports of it. */
  observe({ State: state, Status: status }: Listed): void {
    if (state === 'exited' || state === 'dead') {
      this.status = 'STOPPED';
      this.stoppedReason ||= `essential container exited: ${status}`;
    } else if (status.includes('(healthy)')) {
      this.health = 'HEALTHY';
    } else if (status.includes('(unhealthy)')) {
      this.health = 'UNHEALTHY';
    }
  }

  /** SIGTERM, and SIGKILL after the stop timeout. */
  async stop(): Promise<void> {
    this.status = 'STOPPING';
    const seconds = this.definition.containers[0]!.stopTimeout ?? 30;
    await this.api.post(`/containers/${this.id}/stop?t=${seconds}`, {}, (seconds + 30) * 1000);
    this.status = 'STOPPED';
  }

  async remove(): Promise<void> {
    if (this.id !== '') {
      await this.api.delete(`/containers/${this.id}?force=true&v=true`);
    }
  }
}
