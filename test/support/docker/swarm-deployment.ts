// A stack on a swarm of one node, which is the tests' Docker Engine for as long as a test file runs, and what the tests
// ask the Engine about it. Everything that is deployed bears a name that no other deployment has.
import { existsSync } from 'node:fs';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  RedisEngine,
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import { DockerSwarmPlatform, type DockerSwarmPlatformProps } from 'cdktf-aiwm/docker';
import { testCertificate } from '../front/certificate';
import { Deployment, type Describe } from '../agent/deployment';
import { waitFor } from '../machine/wait';
import type { Inspected } from './docker-deployment';
import type { Engine } from './engine';
import type { ImageName } from './image-recipes';
import { ensureImages } from './images';

export interface SwarmStack {
  /** Default aiwm-test/node-chat:1. */
  readonly service?: string;
  readonly instances?: number;
  readonly backplane?: boolean | 'valkey';
  readonly redis?: Partial<RedisAdapterBackplaneProps>;
  readonly platform?: Partial<DockerSwarmPlatformProps>;
  readonly cluster?: Partial<AiwmClusterProps>;
  readonly front?: Partial<NginxWsFrontendProps>;
}

/** One place of a service, in which one container after another runs. */
interface Task {
  readonly Status: { readonly State: string; readonly Err?: string };
  readonly DesiredState: string;
}

let count = 0;

export class SwarmDeployment {
  /**
   * Makes the Engine a swarm, unless it is one. One of our own stays it until it ends: containers of another test process
   * that were started right after it had left were not healthy for a minute, twice.
   */
  static create(engine: Engine, ...images: readonly ImageName[]): Promise<SwarmDeployment> {
    return SwarmDeployment.by('terraform', engine, images);
  }

  /** Deployed as its users do it, which takes a few seconds more. */
  static createByCdktf(engine: Engine, ...images: readonly ImageName[]): Promise<SwarmDeployment> {
    return SwarmDeployment.by('cdktf', engine, images);
  }

  private static async by(
    tool: 'cdktf' | 'terraform',
    engine: Engine,
    images: readonly ImageName[],
  ): Promise<SwarmDeployment> {
    await ensureImages(engine, ...images);
    const state = await engine.docker('info', '--format', '{{.Swarm.LocalNodeState}}');
    if (state !== 'active') {
      await engine.docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
    }
    const { environment } = engine;
    return new SwarmDeployment(
      engine,
      await Deployment.create({ environment, tool }),
      state !== 'active' && !engine.isOwn,
    );
  }

  /** What the names of all that is deployed begin with. */
  readonly name: string;
  /** Trusts the certificate of `describe`. */
  readonly ca = testCertificate('chat.example.test').ca;

  private constructor(
    readonly engine: Engine,
    readonly terraform: Deployment,
    private readonly leaves: boolean,
  ) {
    count += 1;
    this.name = `swarm-${process.pid}-${count}`;
  }

  get url(): string {
    return this.terraform.url;
  }

  /** A stack that can be described anew with other options. */
  describe(options: SwarmStack = {}): Describe {
    return (stack) => {
      const { https, http } = this.terraform.ports;
      const { backplane } = options;
      const platform = new DockerSwarmPlatform(stack, 'Platform', {
        name: this.name,
        nginxImage: 'aiwm-test/nginx:1.30',
        redisImage: backplane === 'valkey' ? 'aiwm-test/valkey:7.2' : 'aiwm-test/redis:7.0',
        publish: { https, http },
        monitor: '2s',
        ...options.platform,
      });
      const cluster = new AiwmCluster(stack, 'Aiwm', {
        platform,
        backplane: backplane
          ? new RedisAdapterBackplane(stack, 'Backplane', {
              platform,
              engine: backplane === 'valkey' ? RedisEngine.VALKEY : RedisEngine.REDIS,
              ...options.redis,
            })
          : undefined,
        service: AiwmService.image(options.service ?? 'aiwm-test/node-chat:1'),
        instances: options.instances ?? 3,
        stopGrace: '5s',
        ...options.cluster,
      });
      const { certificateFile, keyFile } = testCertificate('chat.example.test');
      new NginxWsFrontend(stack, 'Frontend', {
        cluster,
        serverName: 'localhost',
        tls: TlsCertificate.fromFiles(certificateFile, keyFile),
        // Two descriptors each, and an Engine inside of a container may give no more than 20,000.
        expectedConnections: 2000,
        ...options.front,
      });
    };
  }

  /** The container that runs for a service: "aiwm-1", "backplane" or "frontend". */
  async container(name: string): Promise<Inspected> {
    const id = await this.containerId(name);
    if (!id) {
      throw new Error(`no container runs for ${name}`);
    }
    return this.engine.inspect<Inspected>(id);
  }

  async containerId(name: string): Promise<string | undefined> {
    const ids = await this.engine.docker(
      ...['ps', '--quiet', '--no-trunc'],
      ...['--filter', `label=com.docker.swarm.service.name=${this.name}-${name}`],
    );
    return ids.split('\n')[0] || undefined;
  }

  /** The ids of the containers of services, to see what stays and what is replaced. */
  async ids(...names: readonly string[]): Promise<Record<string, string | undefined>> {
    const found = await Promise.all(
      names.map(async (name) => [name, await this.containerId(name)] as const),
    );
    return Object.fromEntries(found);
  }

  /** Sends a signal to the process of a service, which has no init process above it. */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    process.kill((await this.container(name)).State.Pid, signal);
  }

  /** Another container runs for the service, and is healthy. */
  async waitUntilReplaced(name: string, before: string, timeoutMs: number): Promise<void> {
    await waitFor(
      async () => {
        const id = await this.containerId(name);
        return (
          id !== undefined &&
          id !== before &&
          (await this.container(name)).State.Health?.Status === 'healthy'
        );
      },
      timeoutMs,
      `${name} was not replaced`,
      200,
    );
  }

  /** What Swarm knows about its services, as it prints it. */
  async services(): Promise<Record<string, string>> {
    const names = await this.names('service');
    const found = await Promise.all(
      names.map(async (name) => [
        name.slice(this.name.length + 1),
        await this.engine.docker('service', 'inspect', name),
      ]),
    );
    return Object.fromEntries(found) as Record<string, string>;
  }

  /** The tasks of a service that are to run. */
  async tasks(name: string): Promise<Task[]> {
    const ids = await this.engine.docker('service', 'ps', '--quiet', `${this.name}-${name}`);
    const all = await Promise.all(ids.split('\n').map((id) => this.engine.inspect<Task>(id)));
    return all.filter(({ DesiredState: desired }) => desired === 'running');
  }

  /** All of ours that is on the Engine, running or not. */
  async remains(): Promise<string[]> {
    const kinds = ['service', 'container', 'network', 'volume', 'secret', 'config'];
    const found = await Promise.all(
      kinds.map(async (kind) => (await this.names(kind)).map((name) => `${kind} ${name}`)),
    );
    return found.flat();
  }

  /** Destroys what a test has left behind, and says if that leaves something. */
  async dispose(): Promise<void> {
    try {
      if (existsSync(this.terraform.stateFile)) {
        await this.terraform.destroy();
      }
      const remains = await this.remains();
      if (remains.length > 0) {
        throw new Error(`destroy left ${JSON.stringify(remains)}`);
      }
    } finally {
      if (this.leaves) {
        await this.engine.docker('swarm', 'leave', '--force');
      }
    }
  }

  private async names(kind: string): Promise<string[]> {
    const [args, format] =
      kind === 'container' ? [['--all'], '{{.Names}}'] : [[] as string[], '{{.Name}}'];
    const text = await this.engine.docker(kind, 'ls', ...args, '--format', format);
    return text.split('\n').filter((name) => name.startsWith(this.name));
  }
}
