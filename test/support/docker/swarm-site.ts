// A place in a stack for one DockerSwarmPlatform with what runs on it, under the ids that the documentation uses.
import { TlsCertificate, type NginxWsFrontend, type NginxWsFrontendProps } from 'cdktf-aiwm';
import { DockerSwarmPlatform, type DockerSwarmPlatformProps } from 'cdktf-aiwm/docker';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../stack/addresses';
import { PlatformSite, REGISTRY_IMAGE } from '../stack/site';

export class SwarmSite extends PlatformSite<DockerSwarmPlatform, DockerSwarmPlatformProps> {
  protected readonly service = REGISTRY_IMAGE;

  protected newPlatform(props?: DockerSwarmPlatformProps): DockerSwarmPlatform {
    return new DockerSwarmPlatform(this.scope, 'Platform', props);
  }

  /** A front of a cluster, over TLS. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return this.newFront({
      cluster: 'upstream' in props ? undefined : (props.cluster ?? this.cluster()),
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

export function servicesOf(stack: SynthesizedStack): Record<string, ServiceJson> {
  return byConstruct(stack, 'docker_service');
}
