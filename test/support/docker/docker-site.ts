// A place in a stack for one DockerPlatform with what runs on it, under the ids that the documentation uses.
import {
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontend,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import { DockerPlatform, type DockerPlatformProps } from 'cdktf-aiwm/docker';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../stack/addresses';
import { PlatformSite, REGISTRY_IMAGE } from '../stack/site';

export class DockerSite extends PlatformSite<DockerPlatform, DockerPlatformProps> {
  protected readonly service = REGISTRY_IMAGE;

  protected newPlatform(props?: DockerPlatformProps): DockerPlatform {
    return new DockerPlatform(this.scope, 'Platform', props);
  }

  /** A front of a cluster, over TLS. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return this.newFront({
      cluster: props.cluster ?? this.cluster(),
      tls: TlsCertificate.selfSigned(),
      ...props,
    });
  }

  /** Everything that a platform runs. */
  all(
    cluster: Partial<AiwmClusterProps> = {},
    front: Partial<NginxWsFrontendProps> = {},
    redis: Partial<RedisAdapterBackplaneProps> = {},
  ): NginxWsFrontend {
    return this.front({
      cluster: this.cluster({ backplane: this.backplane(redis), ...cluster }),
      ...front,
    });
  }
}

/** A container as Terraform reads it. */
export interface ContainerJson {
  readonly name: string;
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly security_opts?: readonly string[];
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly log_driver?: string;
  readonly log_opts?: Readonly<Record<string, string>>;
  readonly restart?: string;
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
  readonly ports?: readonly Readonly<Record<string, unknown>>[];
  readonly publish_all_ports?: boolean;
  readonly network_mode?: string;
  readonly pid_mode?: string;
  readonly networks_advanced?: readonly {
    readonly name: string;
    readonly aliases: readonly string[];
    readonly ipv4_address: string;
  }[];
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries: number;
    readonly start_period: string;
  };
  readonly upload?: readonly Readonly<Record<string, string>>[];
  readonly mounts?: readonly Readonly<Record<string, unknown>>[];
  readonly depends_on?: readonly string[];
  readonly lifecycle?: Readonly<Record<string, unknown>>;
  readonly provider?: string;
  readonly [other: string]: unknown;
}

export function built(build: (site: DockerSite) => unknown): SynthesizedStack {
  return synthesize((stack) => void build(new DockerSite(stack)));
}

export function containersOf(stack: SynthesizedStack): Record<string, ContainerJson> {
  return byConstruct(stack, 'docker_container');
}
