// A stack to build in, and short ways to build what most tests need.
import { mkdirSync } from 'node:fs';
import { App, TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  Upstream,
  type AiwmClusterProps,
  type IPlatform,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
  type UpstreamOptions,
  type UpstreamServer,
} from 'cdktf-aiwm';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { Construct } from 'constructs';
import { FrontConf } from '../front/nginx-tree';

export function newApp(): App {
  // App makes them one by one, and stumbles over another test file that does so at the same moment.
  mkdirSync('cdktf.out/stacks', { recursive: true });
  return new App({ outdir: 'cdktf.out', stackTraces: false });
}

/** What platforms that run containers are given to run. */
export const REGISTRY_IMAGE = AiwmService.image('registry.example/aiwm:1.4.2');

/** A place in a stack for one platform with what runs on it, under the ids that the documentation uses. */
export abstract class PlatformSite<P extends IPlatform, PlatformProps> {
  /** In a stack of its own, so that paths in messages are always the same. */
  static alone<T>(this: new (scope: Construct) => T): T {
    return new this(new TerraformStack(newApp(), 'Stack'));
  }

  /** What the instances run, when a test does not say. */
  protected abstract readonly service: AiwmService;
  private madePlatform: P | undefined;

  constructor(readonly scope: Construct) {}

  protected abstract newPlatform(props?: PlatformProps): P;

  abstract front(props?: Partial<NginxWsFrontendProps>): NginxWsFrontend;

  /** The platform of the site; the first call decides its properties. */
  platform(props?: PlatformProps): P {
    this.madePlatform ??= this.newPlatform(props);
    return this.madePlatform;
  }

  backplane(props: Partial<RedisAdapterBackplaneProps> = {}): RedisAdapterBackplane {
    return new RedisAdapterBackplane(this.scope, 'Backplane', {
      platform: props.platform ?? this.platform(),
      ...props,
    });
  }

  cluster(props: Partial<AiwmClusterProps> = {}): AiwmCluster {
    return new AiwmCluster(this.scope, 'Aiwm', {
      platform: props.platform ?? this.platform(),
      service: this.service,
      ...props,
    });
  }

  protected newFront(props: Partial<NginxWsFrontendProps>): NginxWsFrontend {
    return new NginxWsFrontend(this.scope, 'Frontend', {
      serverName: 'chat.example.org',
      ...props,
    });
  }
}

export class Site extends PlatformSite<LocalPlatform, LocalPlatformProps> {
  protected readonly service = AiwmService.command(['node', 'server.js']);

  protected newPlatform(props?: LocalPlatformProps): LocalPlatform {
    return new LocalPlatform(this.scope, 'Platform', props);
  }

  /** A front before servers that exist, unless it is given a cluster. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return this.newFront({
      ...(props.cluster === undefined
        ? { platform: props.platform ?? this.platform(), upstream: servers(['10.0.0.1:3003']) }
        : {}),
      ...props,
    });
  }

  conf(props: Partial<NginxWsFrontendProps> = {}): FrontConf {
    return FrontConf.parse(this.front(props).configuration);
  }
}

/** How many sites are in one stack. Each names the state folders of all. */
const SITES = 100;

/** Many sites in few stacks, for tests that need thousands of them. */
export class Estate {
  readonly stacks: TerraformStack[] = [];
  private count = 0;

  /** Builds on a new site. */
  build<T>(make: (site: Site) => T): T {
    if (this.count % SITES === 0) {
      this.stacks.push(new TerraformStack(newApp(), 'Stack'));
    }
    this.count += 1;
    const stack = this.stacks.at(-1)!;
    const site = new Site(new Construct(stack, String(this.count)));
    try {
      return make(site);
    } catch (error) {
      // What was built of it up to then would be synthesized with the others.
      stack.node.tryRemoveChild(site.scope.node.id);
      throw error;
    }
  }
}

export function servers(list: (string | UpstreamServer)[], options?: UpstreamOptions): Upstream {
  return Upstream.servers(list, options);
}
