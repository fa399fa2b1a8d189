// A stack on the tests' Docker Engine, brought there by a real Terraform with the real plugin, and what the tests ask
// the Engine about it. Its containers, network and volumes bear a name that no other deployment has.
import { existsSync, readFileSync } from 'node:fs';
import type { TerraformStack } from 'cdktf';
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
import { DockerPlatform, type DockerPlatformProps } from 'cdktf-aiwm/docker';
import { testCertificate } from '../front/certificate';
import { Deployment, type Describe } from '../agent/deployment';
import { waitFor } from '../machine/wait';
import { clientNetworkProblem } from './client-network';
import type { Engine } from './engine';
import type { ImageName } from './image-recipes';
import { ensureImages, imageProblem } from './images';
import { pluginProblem } from './plugins';

export interface DockerStack {
  /** Default aiwm-test/node-chat:1. */
  readonly service?: string;
  readonly instances?: number;
  readonly backplane?: boolean | 'valkey';
  readonly redis?: Partial<RedisAdapterBackplaneProps>;
  readonly platform?: Partial<DockerPlatformProps>;
  readonly cluster?: Partial<AiwmClusterProps>;
  readonly front?: Partial<NginxWsFrontendProps>;
}

/** What of `docker inspect` the tests look at. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Pid: number;
    readonly Running: boolean;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Entrypoint: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
  };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Privileged: boolean;
    readonly Memory: number;
    readonly PortBindings: Readonly<Record<string, readonly { HostPort: string }[]>> | null;
  };
}

let count = 0;

/** Why the images cannot be used; undefined when they can. */
export function dockerProblem(...images: readonly ImageName[]): string | undefined {
  return (
    pluginProblem('@cdktf/provider-docker') ??
    images.map((image) => imageProblem(image)).find((problem) => problem !== undefined)
  );
}

/** The same for tests whose clients have addresses of their own. */
export function dockerNetworkProblem(...images: readonly ImageName[]): string | undefined {
  return clientNetworkProblem() ?? dockerProblem(...images);
}

export class DockerDeployment {
  static create(engine: Engine, ...images: readonly ImageName[]): Promise<DockerDeployment> {
    return DockerDeployment.by('terraform', engine, images);
  }

  /** Deployed as its users do it, which takes a few seconds more. */
  static createByCdktf(engine: Engine, ...images: readonly ImageName[]): Promise<DockerDeployment> {
    return DockerDeployment.by('cdktf', engine, images);
  }

  private static async by(
    tool: 'cdktf' | 'terraform',
    engine: Engine,
    images: readonly ImageName[],
  ): Promise<DockerDeployment> {
    await ensureImages(engine, ...images);
    const { environment } = engine;
    return new DockerDeployment(engine, await Deployment.create({ environment, tool }));
  }

  /** What the names of all that is deployed begin with. */
  readonly name: string;
  /** Trusts the certificate of `describe`. */
  readonly ca = testCertificate('chat.example.test').ca;

  private constructor(
    readonly engine: Engine,
    readonly terraform: Deployment,
  ) {
    count += 1;
    this.name = `aiwm-${process.pid}-${count}`;
  }

  get url(): string {
    return this.terraform.url;
  }

  /** A stack that can be described anew with other options. */
  describe(options: DockerStack = {}): Describe {
    return (stack) => {
      const platform = this.platform(stack, options);
      const { backplane } = options;
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

  platform(stack: TerraformStack, { platform, backplane }: DockerStack): DockerPlatform {
    const { https, http } = this.terraform.ports;
    return new DockerPlatform(stack, 'Platform', {
      name: this.name,
      nginxImage: 'aiwm-test/nginx:1.30',
      redisImage: backplane === 'valkey' ? 'aiwm-test/valkey:7.2' : 'aiwm-test/redis:7.0',
      // Open WebSockets stay for all of it, and few tests are about that.
      drainTimeout: '2s',
      ...platform,
      publish: { https, http, ...platform?.publish },
    });
  }

  /** The containers that run, by name without what all have in common, and without their generation. */
  async containers(): Promise<Record<string, Inspected>> {
    const names = await this.names('container', 'ls');
    const found = await Promise.all(
      names.map(async (name) => this.engine.inspect<Inspected>(name)),
    );
    return Object.fromEntries(
      found.map((one) => [one.Name.slice(this.name.length + 2).replace(/-[0-9a-f]{8}$/, ''), one]),
    );
  }

  /** How each container is, and what it said last: for the message of a test that waits in vain. */
  async diagnosis(): Promise<string> {
    const parts = Object.entries(await this.containers()).map(async ([name, one]) => {
      const log = await this.engine.logs(one.Id, 15);
      const { Status: health } = one.State.Health ?? {};
      return `${name}: restarted ${one.RestartCount} times, ${health ?? 'without health check'}\n${log}`;
    });
    return (await Promise.all(parts)).join('\n');
  }

  /** Their ids, to see what stays and what is replaced. */
  async ids(): Promise<Record<string, string>> {
    const containers = await this.containers();
    return Object.fromEntries(Object.entries(containers).map(([name, { Id: id }]) => [name, id]));
  }

  async container(name: string): Promise<Inspected> {
    const found = (await this.containers())[name];
    if (!found) {
      throw new Error(`${name} does not run`);
    }
    return found;
  }

  /** The main process of a container as this machine sees it: below the init process, when there is one. */
  async mainProcess(name: string): Promise<number> {
    const { Pid: pid } = (await this.container(name)).State;
    if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('docker-init')) {
      return pid;
    }
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Number(child);
  }

  /**
   * Sends a signal to the main process. Not by `docker kill`, after which the Engine takes the next end of the
   * container for one that was asked for.
   */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.mainProcess(name), signal);
  }

  async waitUntilHealthy(name: string, restarts: number, timeoutMs: number): Promise<void> {
    await waitFor(
      async () => {
        const { RestartCount: done, State: state } = await this.container(name);
        return done >= restarts && state.Health?.Status === 'healthy';
      },
      timeoutMs,
      `${name} was not restarted and healthy`,
      200,
    );
  }

  /** All of ours that is on the Engine, running or not. */
  async remains(): Promise<string[]> {
    const of = async (what: string, ...args: string[]) =>
      (await this.names(what, ...args)).map((name) => `${what} ${name}`);
    const all = await Promise.all([
      of('container', 'ls', '--all'),
      of('network', 'ls'),
      of('volume', 'ls'),
    ]);
    const images = await this.engine.docker('image', 'ls', '--format', '{{.Repository}}');
    return [
      ...all.flat(),
      ...images
        .split('\n')
        .filter((image) => image.startsWith(this.name))
        .map((image) => `image ${image}`),
    ];
  }

  /** Destroys what a test has left behind, and says if that leaves something. */
  async dispose(): Promise<void> {
    if (existsSync(this.terraform.stateFile)) {
      await this.terraform.destroy();
    }
    const remains = await this.remains();
    if (remains.length > 0) {
      throw new Error(`destroy left ${JSON.stringify(remains)}`);
    }
  }

  private async names(what: string, ...args: string[]): Promise<string[]> {
    const format = what === 'container' ? '{{.Names}}' : '{{.Name}}';
    const text = await this.engine.docker(what, ...args, '--format', format);
    return text.split('\n').filter((name) => name.startsWith(this.name));
  }
}
