import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { HealthProbe } from '../engine/health-probe';
import type { PublishedPorts } from '../engine/published-ports';

/** Where clients reach the front of a `DockerPlatform`. */
export interface DockerPublish extends PublishedPorts {
  /**
   * The engine's address to publish on. A loopback address keeps other machines out.
   *
   * @default "0.0.0.0": all IPv4 addresses
   */
  readonly address?: string;
}

/** Properties of a `DockerPlatform`. */
export interface DockerPlatformProps {
  /**
   * The engine, e.g. "ssh://deploy@host.example" or "tcp://host.example:2376".
   *
   * @default - what DOCKER_HOST says, or the one of this machine
   */
  readonly host?: string;
  /**
   * A provider of your own, for registries with credentials or TLS to the engine. Then leave `host` out.
   *
   * @default - one for `host`
   */
  readonly provider?: DockerProvider;
  /**
   * What the names of containers, network and volume begin with. One engine may run several. A change replaces them all
   * and takes the service down for the time of the apply; with a `subnet` of your own it needs another one of these too.
   *
   * @default - stack and id, in lower case
   */
  readonly name?: string;
  /**
   * The network of all containers: a private one of /16 to /20 that neither the engine nor its host uses yet. Docker
   * looks at its own networks alone: where the host, its VPN or its cluster is in the one that is chosen here, give
   * another. In a smaller one two generations meet more often: a /20 has 47 blocks for them, a /17 has 383. A change takes
   * the service down for the time of the apply; the new one must not overlap with the one before.
   *
   * @default - a /17 out of 10.64 to 10.127, chosen by the name; none that podman or Kubernetes uses by default
   */
  readonly subnet?: string;
  /**
   * The image of nginx. Its tag says the version; an unprivileged one works as well. A tag is pulled once: write out the
   * whole version, and a newer one is a change.
   *
   * @default "nginx:1.30"
   */
  readonly nginxImage?: string;
  /**
   * The version of nginx, where the tag does not say it.
   *
   * @default - what the tag says
   */
  readonly nginxVersion?: string;
  /**
   * The image of Redis. A tag is pulled once.
   *
   * @default - "redis:7.4", or "valkey/valkey:8.1" for Valkey
   */
  readonly redisImage?: string;
  /**
   * Where clients reach the front.
   *
   * @default - on all addresses, at 443 and 80
   */
  readonly publish?: DockerPublish;
  /**
   * Whether nginx uses the network of its host instead of a published port: it then sees the addresses of clients on
   * every Linux server. An unprivileged image cannot listen below 1024 then.
   *
   * @default false
   */
  readonly hostNetwork?: boolean;
  /**
   * The port on the loopback of nginx at which its status page is asked for. With `hostNetwork` it is one of the host.
   *
   * @default 8081
   */
  readonly statusPort?: number;
  /**
   * Whether nginx sees the addresses of clients. On a Linux server with a port published on all IPv4 addresses it does; on
   * Docker Desktop, with a rootless engine or on a loopback address it sees Docker's gateway instead. Affinity goes by
   * cookie unless this is true.
   *
   * @default - false; true with `hostNetwork`
   */
  readonly seesClientAddresses?: boolean;
  /**
   * How long old instances go on serving after nginx has been given the new ones, 0s to 15m. They stop earlier when no
   * connection to them is left, which takes 21 s at the least while an old worker of nginx lives. Open WebSockets stay for
   * all of it. Then the old instances are stopped one after another, each with the `stopGrace` of its cluster.
   *
   * @default "30s"
   */
  readonly drainTimeout?: string;
  /**
   * Asks an instance whether it serves, from inside its container.
   *
   * @default HealthProbe.node()
   */
  readonly probe?: HealthProbe;
  /**
   * Folders of an instance that can be written to, in memory and gone with the next start. Everything else cannot.
   *
   * @default ["/tmp"]
   */
  readonly writableFolders?: string[];
}
