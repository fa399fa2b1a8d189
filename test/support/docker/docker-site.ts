// A place in a stack for one DockerPlatform with what runs on it, under the ids that the documentation uses.
import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  DockerPlatform,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type DockerPlatformProps,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import type { Construct } from 'constructs';
import { newApp } from '../site';

export class DockerSite {
  /** In a stack of its own, so that paths in messages are always the same. */
  static alone(): DockerSite {
    return new DockerSite(new TerraformStack(newApp(), 'Stack'));
  }

  private madePlatform: DockerPlatform | undefined;

  constructor(readonly scope: Construct) {}

  /** The platform of the site; the first call decides its properties. */
  platform(props?: DockerPlatformProps): DockerPlatform {
    this.madePlatform ??= new DockerPlatform(this.scope, 'Platform', props);
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
      cluster: props.cluster ?? this.cluster(),
      serverName: 'chat.example.org',
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

/** The containers by the construct that each came from: "Aiwm_Instance1". */
export function containersOf(stack: SynthesizedStack): Record<string, ContainerJson> {
  return Object.fromEntries(
    Object.entries(stack.resources('docker_container')).map(([name, body]) => [
      withoutHash(name),
      body as unknown as ContainerJson,
    ]),
  );
}

/** "docker_container.Aiwm_Instance1_EB31A2E3" is "Aiwm_Instance1". */
export function withoutHash(address: string): string {
  return address.replace(/^\w+\./, '').replace(/_[0-9A-F]{8}$/, '');
}
