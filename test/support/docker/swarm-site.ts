// A place in a stack for one DockerSwarmPlatform with what runs on it, under the ids that the documentation uses.
import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  DockerSwarmPlatform,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type DockerSwarmPlatformProps,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import type { Construct } from 'constructs';
import { newApp } from '../site';

export class SwarmSite {
  /** In a stack of its own, so that paths in messages are always the same. */
  static alone(): SwarmSite {
    return new SwarmSite(new TerraformStack(newApp(), 'Stack'));
  }

  private madePlatform: DockerSwarmPlatform | undefined;

  constructor(readonly scope: Construct) {}

  /** The platform of the site; the first call decides its properties. */
  platform(props?: DockerSwarmPlatformProps): DockerSwarmPlatform {
    this.madePlatform ??= new DockerSwarmPlatform(this.scope, 'Platform', props);
    return this.madePlatform;
  }

  backplane(props: Partial<RedisAdapterBackplaneProps> = {}): RedisAdapterBackplane {
    return new RedisAdapterBackplane(this.scope, 'Backplane', {
      platform: this.platform(),
      ...props,
    });
  }

  cluster(props: Partial<AiwmClusterProps> = {}): AiwmCluster {
    return new AiwmCluster(this.scope, 'Aiwm', {
      platform: this.platform(),
      service: AiwmService.image('registry.example/aiwm:1.4.2'),
      ...props,
    });
  }

  /** A front of a cluster, over TLS. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return new NginxWsFrontend(this.scope, 'Frontend', {
      cluster: 'upstream' in props ? undefined : (props.cluster ?? this.cluster()),
      serverName: 'chat.example.org',
      tls: TlsCertificate.fromFiles('tls/fullchain.pem', 'tls/key.pem'),
      ...props,
    });
  }
}

/** A service in Terraform's JSON, as far as tests look at it. */
export interface ServiceJson {
  readonly name: string;
  readonly depends_on?: readonly string[];
  readonly lifecycle?: Readonly<Record<string, unknown>>;
  readonly mode: { readonly replicated: { readonly replicas: number } };
  readonly update_config: Readonly<Record<string, unknown>>;
  readonly rollback_config: Readonly<Record<string, unknown>>;
  readonly converge_config: { readonly delay: string; readonly timeout: string };
  readonly endpoint_spec: {
    readonly mode: string;
    readonly ports?: readonly Readonly<Record<string, unknown>>[];
  };
  readonly task_spec: {
    readonly container_spec: Readonly<Record<string, unknown>> & {
      readonly image: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly secrets?: readonly Readonly<Record<string, unknown>>[];
      readonly mounts: readonly Readonly<Record<string, unknown>>[];
      readonly healthcheck: Readonly<Record<string, unknown>>;
    };
    readonly networks_advanced: readonly Readonly<Record<string, unknown>>[];
    readonly placement?: { readonly constraints: readonly string[] };
    readonly resources?: unknown;
    readonly restart_policy: unknown;
  };
}

export function synthesizeSwarm(build: (site: SwarmSite) => unknown): SynthesizedStack {
  return synthesize((stack) => build(new SwarmSite(stack)), { stackId: 'chat' });
}

/** The services of a stack by their ids: "Aiwm_Instance1". */
export function servicesOf(stack: SynthesizedStack): Record<string, ServiceJson> {
  return Object.fromEntries(
    Object.entries(stack.resources('docker_service')).map(([name, service]) => [
      name.replace(/_[0-9A-F]{8}$/, ''),
      service as unknown as ServiceJson,
    ]),
  );
}
