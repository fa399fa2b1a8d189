import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { HealthProbe } from '../engine/health-probe';
import type { PublishedPorts } from '../engine/published-ports';

/** Properties of a `DockerSwarmPlatform`. */
export interface DockerSwarmPlatformProps {
  /**
   * The engine of a manager, e.g. "ssh://deploy@manager.example" or "tcp://manager.example:2376".
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
   * What the names of services, network, secrets and configurations begin with. One swarm may run several. A change
   * replaces them all and takes the service down for the time of the apply; with a `subnet` of your own it needs another
   * one of these too.
   *
   * @default - stack and id, in lower case
   */
  readonly name?: string;
  /**
   * The overlay network of all services: a private one of /16 to /20. A change takes the service down for the time of
   * the apply; the new one must not overlap with the one before.
   *
   * @default - one out of the swarm's own pool
   */
  readonly subnet?: string;
  /**
   * Whether the traffic between nodes in that network is encrypted (IPsec): what clients say, and the messages and the
   * password of Redis. It costs throughput, and the kernels of all nodes have to support it. A change takes the service
   * down for the time of the apply.
   *
   * @default true
   */
  readonly encrypted?: boolean;
  /**
   * The image of nginx, 1.27.3 or later. Its tag says the version; an unprivileged one works as well.
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
   * The image of Redis.
   *
   * @default - "redis:7.4", or "valkey/valkey:8.1" for Valkey
   */
  readonly redisImage?: string;
  /**
   * Where clients reach the fronts.
   *
   * @default - at 443 and 80
   */
  readonly publish?: PublishedPorts;
  /**
   * How many nodes run an nginx, 1 to 64: each at the same ports, so that a node runs one at the most. Clients need a
   * name or a load balancer that leads to all of these nodes.
   *
   * @default 1
   */
  readonly fronts?: number;
  /**
   * Which nodes may run an nginx: "node.labels.edge == true". All that are given have to hold.
   *
   * @default - every node
   */
  readonly frontConstraints?: string[];
  /**
   * How long the connections of an nginx outlive a change of its configuration, 1s to 1h. Swarm replaces nginx rather
   * than reload it, and a port belongs to one nginx: for that time, while some connection is open, its node lets nobody
   * in. Requests finish; WebSockets are closed after it, and their clients reconnect. With several fronts it goes node
   * by node.
   *
   * @default "2s"
   */
  readonly frontDrain?: string;
  /**
   * Whether nginx sees the addresses of clients. On Linux servers it does, as ports are published by the nodes
   * themselves; on Docker Desktop it sees Docker's gateway instead. Affinity goes by cookie unless this is true; then it
   * goes by address.
   *
   * @default false
   */
  readonly seesClientAddresses?: boolean;
  /**
   * The user that the instances run as, in numbers. Secrets are readable by it alone.
   *
   * @default "1000:1000": `node` in the images of Node.js
   */
  readonly instanceUser?: string;
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
  /**
   * How long a service that was started anew has to live before a change counts as done and reaches the next one, 1s to
   * 10m.
   *
   * @default "5s"
   */
  readonly monitor?: string;
}
