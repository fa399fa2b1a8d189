import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { HealthProbe } from '../../../model/health-probe';
import type { PublishedPorts } from '../engine/published-ports';

/** Properties of a `DockerSwarmPlatform`. */
export interface DockerSwarmPlatformProps {
  /**
   * Address of a manager's Docker Engine, e.g. "ssh://deploy@manager.example" or "tcp://manager.example:2376".
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
   * Prefix of the names of services, network, secrets and configurations.
   *
   * It has to be unique in the swarm.
   *
   * A change replaces all of them and interrupts the service during the apply. If you set `subnet`, change it too.
   *
   * @default - the ids of the stack and of the construct, in lower case
   */
  readonly name?: string;
  /**
   * Overlay network of all services: a private IPv4 range of /16 to /20.
   *
   * A change interrupts the service during the apply. The new range must not overlap with the old one.
   *
   * @default - a range from the swarm's own pool
   */
  readonly subnet?: string;
  /**
   * Whether traffic between nodes in that network is encrypted with IPsec: requests of clients, and the messages and the
   * password of Redis.
   *
   * Encryption costs throughput and needs a kernel with IPsec on every node. A change interrupts the service during the
   * apply.
   *
   * @see https://docs.docker.com/engine/network/drivers/overlay/
   * @default true
   */
  readonly encrypted?: boolean;
  /**
   * Image of nginx 1.27.3 or later.
   *
   * Its tag begins with the version, unless you set `nginxVersion`. Unprivileged images work as well.
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
   * @default - "redis:7.4", or "valkey/valkey:8.1" for Valkey
   */
  readonly redisImage?: string;
  /**
   * Ports at which clients reach nginx, on all addresses of every node that runs one.
   *
   * @default - ports 443 and 80
   */
  readonly publish?: PublishedPorts;
  /**
   * Number of nodes that run an nginx, 1 to 64.
   *
   * All of them publish the same ports, so a node runs at most one. Clients need a DNS name or a load balancer
   * for all of these nodes.
   *
   * @default 1
   */
  readonly fronts?: number;
  /**
   * Constraints on the nodes that may run an nginx, e.g. "node.labels.edge == true".
   *
   * A node has to meet all of them.
   *
   * @see https://docs.docker.com/reference/cli/docker/service/create/
   * @default - every node
   */
  readonly frontConstraints?: string[];
  /**
   * How long open connections outlive a change of nginx's configuration, 1s to 1h.
   *
   * Swarm replaces nginx instead of reloading it, and a port of a node belongs to one nginx. While the old nginx
   * drains, its node accepts no new connections. Requests finish; WebSockets are closed at the end, and their clients
   * reconnect. The drain ends early when the last connection is closed. With several fronts, Swarm replaces one after
   * another.
   *
   * @default "2s"
   */
  readonly frontDrain?: string;
  /**
   * Whether nginx sees the addresses of clients.
   *
   * By default, affinity is by address if it does, and by cookie otherwise.
   *
   * nginx sees them on Linux servers, because every node publishes its ports itself. On Docker Desktop, it sees the
   * address of Docker's gateway instead.
   *
   * @default false
   */
  readonly seesClientAddresses?: boolean;
  /**
   * User and group that instances run as, by number.
   *
   * Only this user can read their secrets.
   *
   * @default "1000:1000": `node` in the images of Node.js
   */
  readonly instanceUser?: string;
  /**
   * Program that checks the health of an instance from inside its container.
   *
   * @default HealthProbe.node()
   */
  readonly probe?: HealthProbe;
  /**
   * Folders that an instance can write to.
   *
   * They exist in memory only and are empty after each start. All other folders are read-only.
   *
   * @default ["/tmp"]
   */
  readonly writableFolders?: string[];
  /**
   * How long a new task has to stay up before Swarm continues with the next one, 1s to 10m.
   *
   * @see https://docs.docker.com/reference/cli/docker/service/update/
   * @default "5s"
   */
  readonly monitor?: string;
}
