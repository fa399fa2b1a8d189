import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { HealthProbe } from '../../../model/health-probe';
import type { PublishedPorts } from '../engine/published-ports';

/** Address and ports at which clients reach the front of a `DockerPlatform`. */
export interface DockerPublish extends PublishedPorts {
  /**
   * Address of the host to publish on.
   *
   * A loopback address keeps other machines out. An IPv6 address needs `hostNetwork`.
   *
   * @default "0.0.0.0": all IPv4 addresses
   */
  readonly address?: string;
}

/** Properties of a `DockerPlatform`. */
export interface DockerPlatformProps {
  /**
   * Address of the Docker Engine, e.g. "ssh://deploy@host.example" or "tcp://host.example:2376".
   *
   * Cannot be combined with `provider`.
   *
   * @default - the value of DOCKER_HOST, or the engine of this machine
   */
  readonly host?: string;
  /**
   * A provider of your own, for registries with credentials or for TLS to the engine.
   *
   * Cannot be combined with `host`.
   *
   * @default - a provider for `host`
   */
  readonly provider?: DockerProvider;
  /**
   * Prefix of the names of containers, network and volume.
   *
   * It has to be unique on the engine.
   *
   * A change replaces all of them and interrupts the service during the apply. If you set `subnet`, change it too.
   *
   * @default - the ids of the stack and of the construct, in lower case
   */
  readonly name?: string;
  /**
   * Network of all containers: a private IPv4 range of /16 to /20 that neither the engine nor its host uses.
   *
   * Docker checks the range against its own networks only. If the host, its VPN or its cluster uses the default range,
   * set another one.
   *
   * Each generation of instances has a block of addresses. If a new generation gets the block of the old one, the apply
   * fails and the old generation keeps serving. A smaller range has fewer blocks: 47 in a /20, 383 in a /17.
   *
   * A change interrupts the service during the apply. The new range must not overlap with the old one.
   *
   * @default - a /17 within 10.64.0.0/10, derived from `name`; never a default range of podman or Kubernetes
   */
  readonly subnet?: string;
  /**
   * Image of nginx.
   *
   * Its tag begins with the version, unless you set `nginxVersion`. Unprivileged images work as well.
   *
   * Docker pulls a tag once. Write out the whole version, so that a newer one is a change.
   *
   * @default "nginx:1.30"
   */
  readonly nginxImage?: string;
  /**
   * Version of nginx, for an image whose tag does not contain it.
   *
   * @default - the version in the tag of `nginxImage`
   */
  readonly nginxVersion?: string;
  /**
   * Image of Redis.
   *
   * Docker pulls a tag once.
   *
   * @default - "redis:7.4", or "valkey/valkey:8.1" for Valkey
   */
  readonly redisImage?: string;
  /**
   * Address and ports at which clients reach the front.
   *
   * @default - all IPv4 addresses, ports 443 and 80
   */
  readonly publish?: DockerPublish;
  /**
   * Whether nginx uses the network of its host instead of published ports.
   *
   * It then sees the addresses of clients on every Linux server. An unprivileged image cannot listen on ports below
   * 1024 then.
   *
   * @see https://docs.docker.com/engine/network/drivers/host/
   * @default false
   */
  readonly hostNetwork?: boolean;
  /**
   * Port of nginx's status page, 1 to 65535, on the loopback address of its container.
   *
   * With `hostNetwork` it is a port of the host.
   *
   * @default 8081
   */
  readonly statusPort?: number;
  /**
   * Whether nginx sees the addresses of clients.
   *
   * By default, affinity is by address if it does, and by cookie otherwise.
   *
   * nginx sees them on a Linux server that publishes on all IPv4 addresses. On Docker Desktop, with a rootless engine
   * or on a loopback address, it sees the address of Docker's gateway instead.
   *
   * @default - false; true with `hostNetwork`
   */
  readonly seesClientAddresses?: boolean;
  /**
   * How long old instances keep serving after nginx uses the new ones, 0s to 15m.
   *
   * They stop earlier when no connection to them is left, which takes at least 21 s while an old worker of nginx lives.
   * Open WebSockets stay for the whole time. Then the old instances stop one after another, each with the `stopGrace` of
   * its cluster.
   *
   * @default "30s"
   */
  readonly drainTimeout?: string;
  /**
   * Program that checks the health of an instance from inside its container.
   *
   * @default HealthProbe.node()
   */
  readonly probe?: HealthProbe;
  /**
   * Folders that an instance can write to, 64 MiB each.
   *
   * They exist in memory only and are empty after each start. All other folders are read-only.
   *
   * @default ["/tmp"]
   */
  readonly writableFolders?: string[];
}
