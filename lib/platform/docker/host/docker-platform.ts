import type { Container } from '@cdktf/provider-docker/lib/container';
import type {
  ContainerConfig,
  ContainerNetworksAdvanced,
} from '@cdktf/provider-docker/lib/container';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Construct } from 'constructs';
import { Check, show } from '../../../validation/check';
import { generatedPassword } from '../../../terraform/generated-password';
import { renderSize } from '../../../validation/size';
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import { resourceName } from '../../../terraform/names';
import { PlatformClaims } from '../../platform-claims';
import { Secret } from '../../../model/secret';
import { IMAGE, IP_ADDRESS } from '../../../validation/text-rules';
import type {
  InstanceSlot,
  InstancesSpec,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from '../../contract';
import type { IPlatform } from '../../platform';
import type { DockerBindings } from '../engine/bindings';
import { loadBindings } from '../engine/bindings';
import { deliver } from './front';
import { CONFIGURATION_FOLDER, nginxCommand } from './delivery-script';
import type { DockerPlatformProps, DockerPublish } from './docker-platform-props';
import { engineProvider, platformName } from '../engine/provider';
import { Generation } from './generation';
import { DEFAULT_NGINX, defaultRedis } from '../engine/default-images';
import { goDuration } from '../engine/go-duration';
import { CONTAINER_FOLDER, hardened } from '../engine/hardening';
import { HealthProbe } from '../engine/health-probe';
import { nginxVersionOf } from '../engine/images';
import { probeTimeoutMs, trySeconds } from '../engine/probe-timeout';
import { redisCommand } from '../engine/redis-command';
import { redisUrl, secretFromFile, versionOfSecrets } from '../engine/secrets';
import { serviceImage } from './service-image';
import { lastingNetwork } from '../engine/lasting-network';
import { Subnet } from '../engine/subnet';

const REDIS_PORT = 6379;
const INSIDE_HTTP = 8080;
const INSIDE_HTTPS = 8443;
const STOP_SECONDS = 10;

/** Bodies of requests and answers that are larger than a buffer: memory is taken as they come. */
const NGINX_TEMPORARY_MEGABYTES = 1024;

/** For the engine's own first look at a container. */
const LEAST_WAIT_SECONDS = 10;

/** What Docker gives a container at the least. */
const LEAST_MEBIBYTES = 6;
const LEAST_CPU = 0.01;

/** Microseconds in which a container gets its share of the processors. */
const CPU_PERIOD = 100_000;

/** Kind of the secret that is the URL of a Redis on this platform. */
const REDIS_SECRET = 'docker-redis';

/**
 * One Docker host: a network of its own, an address for every instance, and nginx as the only thing that is published.
 *
 * A changed configuration is tested, swapped and reloaded by a short-lived container; nginx's own is not replaced. A
 * changed service comes up beside the old one, and takes over when all of it is healthy.
 *
 * @example
 * const platform = new DockerPlatform(this, "Platform", { publish: { https: 8443, http: 8080 } });
 */
export class DockerPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The provider of all resources. */
  public readonly provider: DockerProvider;
  /** The network of all containers. */
  public readonly network: Network;

  private readonly check: Check = new Check(this);
  private readonly bindings: DockerBindings;
  private readonly name: string;
  private readonly subnet: Subnet;
  private readonly nginxImage: string;
  private readonly statusPort: number;
  private readonly publish: Required<DockerPublish>;
  private redisGeneration?: Generation;

  private readonly claims = new PlatformClaims(this, 'DockerPlatform');

  /** @throws ValidationError naming the property that is wrong */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: DockerPlatformProps = {},
  ) {
    super(scope, id);
    const { check } = this;
    this.bindings = loadBindings(check, 'DockerPlatform');
    this.name = platformName(this, check, props.name);
    this.nginxImage = check.text('nginxImage', props.nginxImage ?? DEFAULT_NGINX, IMAGE);
    this.subnet = new Subnet(check, 'subnet', props.subnet ?? Subnet.nameOf(this.name));
    this.publish = {
      address: check.text('publish.address', props.publish?.address ?? '0.0.0.0', IP_ADDRESS),
      https: check.integer('publish.https', props.publish?.https ?? 443, 1, 65_535),
      http: check.integer('publish.http', props.publish?.http ?? 80, 1, 65_535),
    };
    if (this.publish.https === this.publish.http) {
      check.refuse('publish.http', {
        problem: `${this.publish.http} is the port for TLS as well`,
        allowed: 'two ports',
      });
    }
    this.statusPort = check.integer('statusPort', props.statusPort ?? 8081, 1, 65_535);
    this.checkNginxNetwork();
    this.traits = {
      name: 'DockerPlatform',
      sharesAddress: false,
      isPublic: !this.publish.address.startsWith('127.') && this.publish.address !== '::1',
      seesClientAddresses: props.seesClientAddresses ?? this.usesHostNetwork,
      nginxVersion: nginxVersionOf(check, this.nginxImage, props.nginxVersion),
    };
    this.provider = engineProvider(this, check, this.bindings, props);
    // The instances make Terraform create a changed network before it destroys the old one, and both have a name.
    const network = `${this.name}-${this.subnet.cidr.replace('/', '-')}`;
    this.network = new this.bindings.Network(this, 'Network', {
      provider: this.provider,
      name: network,
      driver: 'bridge',
      ipamConfig: [
        {
          subnet: this.subnet.cidr,
          gateway: this.subnet.gateway,
          ipRange: this.subnet.others,
        },
      ],
      lifecycle: lastingNetwork(network, 'name'),
    });
  }

  /** @throws ValidationError for a service that is a command */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check = this.claims.check(scope);
    const repository = `${this.name}-${resourceName(scope)}`;
    const { image, built } = serviceImage(
      check,
      spec.service,
      this.bindings,
      this.provider,
      repository,
    );
    const common = this.instanceCommon(scope, check, image, spec);
    const generation = new Generation({
      ...common.specification,
      // Two clusters that run the same are two all the same.
      cluster: resourceName(scope),
      port: spec.slots[0]?.port,
      environment: commonEnvironment(spec),
    });
    const containers = spec.slots.map((slot, index) =>
      this.instance(scope, slot, generation.address(this.subnet, index), generation, common, {
        ...spec,
        dependsOn: [...spec.dependsOn, ...built],
      }),
    );
    return {
      addresses: spec.slots.map((_, index) => generation.address(this.subnet, index)),
      dependables: containers,
    };
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    return {
      pidFile: '/tmp/nginx.pid',
      errorLog: '/dev/stderr',
      accessLog: '/dev/stdout',
      tempDirectory: '/tmp',
      certificate: 'tls/certificate.pem',
      certificateKey: 'tls/key.pem',
      httpsListen: [this.listen(INSIDE_HTTPS, this.publish.https)],
      httpListen: [this.listen(INSIDE_HTTP, this.publish.http)],
      publicHttpsPort: this.publish.https,
      publicHttpPort: this.publish.http,
      statusListen: `127.0.0.1:${this.statusPort}`,
      releaseFile: 'release.conf',
    };
  }

  /** @throws ValidationError for a second front */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    const check = this.claims.only('front', scope);
    const volume = new this.bindings.Volume(scope, 'Configuration', {
      provider: this.provider,
      name: `${this.name}-${spec.name}-configuration`,
    });
    const nginx = new this.bindings.Container(scope, 'Nginx', {
      provider: this.provider,
      name: `${this.name}-${spec.name}`,
      image: this.nginxImage,
      entrypoint: nginxCommand(),
      ...this.reach(spec),
      mounts: [
        { type: 'volume', source: volume.name, target: CONFIGURATION_FOLDER, readOnly: true },
      ],
      ulimit: [{ name: 'nofile', soft: spec.openFiles, hard: spec.openFiles }],
      destroyGraceSeconds: STOP_SECONDS,
      ...hardened(this.nginxCapabilities, ['/tmp'], NGINX_TEMPORARY_MEGABYTES),
    });
    const delivery = deliver(scope, check, spec, {
      bindings: this.bindings,
      provider: this.provider,
      name: `${this.name}-${spec.name}-delivery`,
      image: this.nginxImage,
      nginx,
      volume,
      statusPort: this.statusPort,
    });
    return { dependables: [delivery] };
  }

  /** @throws ValidationError for a second Redis, and for a password that is not in a file */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const check = this.claims.only('Redis', scope);
    const image = check.text('redisImage', this.props.redisImage ?? defaultRedis(spec), IMAGE);
    const password =
      spec.password === undefined
        ? generatedPassword(scope)
        : this.secretValue(check, 'password', spec.password);
    const command = redisCommand(spec, REDIS_PORT);
    // As the instances it is created before the old one is destroyed, and has to have a name and address of its own.
    this.redisGeneration = new Generation({
      image,
      command,
      subnet: this.subnet.cidr,
      ...(spec.password === undefined
        ? {}
        : this.secretsVersion(scope, [spec.password], [['password', password]])),
    });
    const address = this.redisGeneration.redisAddress(this.subnet);
    const redis = new this.bindings.Container(scope, 'Redis', {
      provider: this.provider,
      name: `${this.name}-${spec.name}-${this.redisGeneration.id}`,
      image,
      ...command,
      env: [`AIWM_REDIS_PASSWORD=${password}`],
      networksAdvanced: this.at(address, spec.name),
      healthcheck: {
        test: [
          'CMD-SHELL',
          `REDISCLI_AUTH="$AIWM_REDIS_PASSWORD" ${spec.engine}-cli ping | grep -q PONG`,
        ],
        interval: '2s',
        timeout: '3s',
        retries: 3,
        startPeriod: '30s',
      },
      wait: true,
      waitTimeout: 60,
      destroyGraceSeconds: STOP_SECONDS,
      // Redis' own user in the official images; it needs no more than this.
      user: '999:999',
      ...hardened([], ['/tmp', '/data']),
    });
    return {
      url: Secret.ofPlatform(REDIS_SECRET, redisUrl(password, address, REDIS_PORT)),
      dependables: [redis],
    };
  }

  private checkNginxNetwork(): void {
    const { check, publish, statusPort } = this;
    const taken = this.usesHostNetwork
      ? [publish.http, publish.https]
      : [INSIDE_HTTP, INSIDE_HTTPS];
    if (taken.includes(statusPort)) {
      check.refuse('statusPort', {
        problem: `nginx listens on ${statusPort} already`,
        allowed: `a port other than ${taken.join(', ')}`,
      });
    }
    if (publish.address.includes(':') && !this.usesHostNetwork) {
      check.refuse('publish.address', {
        problem: `the network of the containers has no IPv6, and Docker would hide all clients of ${show(publish.address)} behind one address`,
        allowed: 'an IPv4 address',
        remedy: 'Or let nginx use the network of its host: hostNetwork: true.',
      });
    }
  }

  private get probe(): HealthProbe {
    return this.props.probe ?? HealthProbe.node();
  }

  /** A container's name has to change with its environment, as the new one is created before the old one goes. */
  private secretsVersion(
    scope: Construct,
    secrets: readonly Secret[],
    values: readonly (readonly [string, string])[],
  ): Record<string, string> {
    const own = secrets.some(({ kind }) => kind === REDIS_SECRET)
      ? this.redisGeneration
      : undefined;
    const read = values.filter((_, index) => secrets[index]!.kind !== REDIS_SECRET);
    return {
      ...(own === undefined ? {} : { redis: own.id }),
      ...(read.length === 0
        ? {}
        : {
            secretsVersion: versionOfSecrets(scope, Object.fromEntries(read)),
          }),
    };
  }

  /** In the platform's network, at an address and under a name. */
  private at(address: string, alias: string): ContainerNetworksAdvanced[] {
    return [{ name: this.network.name, aliases: [alias], ipv4Address: address }];
  }

  /** What all instances have in common, and decides their generation. */
  private instanceCommon(scope: Construct, check: Check, image: string, spec: InstancesSpec) {
    const folders = this.props.writableFolders ?? ['/tmp'];
    check.texts('platform.writableFolders', folders, CONTAINER_FOLDER);
    const { health } = spec;
    checkLimits(check, spec);
    const secretVariables = secretEnvironment(spec);
    const secrets = Object.entries(secretVariables).map(([name, secret]): [string, string] => [
      name,
      this.secretValue(check, `secrets.${name}`, secret),
    ]);
    const base = {
      image,
      init: true,
      stopTimeout: Math.ceil(spec.stopGraceMs / 1000),
      destroyGraceSeconds: Math.ceil(spec.stopGraceMs / 1000),
      wait: true,
      // The engine checks for the first time one interval after the start; a newer one every 5 s until then.
      waitTimeout: Math.max(
        LEAST_WAIT_SECONDS,
        Math.ceil((health.startTimeoutMs + health.intervalMs) / 1000) + trySeconds(health),
      ),
      // Both, or the engine fills in the second, which would be a change in every plan.
      ...(spec.memoryBytes === undefined
        ? {}
        : {
            memory: mebibytes(spec.memoryBytes),
            memorySwap: mebibytes(spec.memoryBytes),
          }),
      // Not `cpus`: this version of the provider ends with a panic on it.
      ...(spec.cpu === undefined
        ? {}
        : { cpuPeriod: CPU_PERIOD, cpuQuota: Math.round(spec.cpu * CPU_PERIOD) }),
      ...hardened([], folders),
    };
    return {
      base,
      secrets,
      specification: {
        base,
        subnet: this.subnet.cidr,
        serviceVersion: spec.service.version,
        health: { ...health },
        probe: this.probe._command(0, health),
        secrets: secrets.map(([name]) => name),
        ...this.secretsVersion(scope, Object.values(secretVariables), secrets),
      },
    };
  }

  private instance(
    scope: Construct,
    slot: InstanceSlot,
    address: string,
    generation: Generation,
    { base, secrets }: ReturnType<DockerPlatform['instanceCommon']>,
    spec: InstancesSpec,
  ): Container {
    const { health, dependsOn } = spec;
    const variables = Object.entries({
      ...commonEnvironment(spec),
      ...slot.environment,
      HOST: '0.0.0.0',
    }).concat(secrets);
    return new this.bindings.Container(scope, slot.id, {
      ...base,
      provider: this.provider,
      name: `${this.name}-${slot.name}-${generation.id}`,
      env: variables.map(([name, value]) => `${name}=${value}`).sort(),
      networksAdvanced: this.at(address, slot.name),
      healthcheck: {
        test: this.probe._command(slot.port, health),
        interval: goDuration(health.intervalMs),
        timeout: goDuration(probeTimeoutMs(health)),
        retries: 1,
        startPeriod: goDuration(health.startTimeoutMs),
      },
      // The provider does not see a change of a health check, of tmpfs or of init; a label it does.
      labels: [{ label: 'aiwm.generation', value: generation.id }],
      dependsOn,
      lifecycle: { createBeforeDestroy: true },
    });
  }

  private get usesHostNetwork(): boolean {
    return this.props.hostNetwork ?? false;
  }

  /** To become its workers' user, and give them their folders; in the host's network ports below 1024 are guarded. */
  private get nginxCapabilities(): string[] {
    return [
      'CAP_CHOWN',
      ...(this.usesHostNetwork ? ['CAP_NET_BIND_SERVICE'] : []),
      'CAP_SETGID',
      'CAP_SETUID',
    ];
  }

  /** Where nginx listens: behind a published port on one that every user may take, else on the public one itself. */
  private listen(inside: number, outside: number): string {
    const { address } = this.publish;
    if (!this.usesHostNetwork) {
      return String(inside);
    }
    return address.includes(':') ? `[${address}]:${outside}` : `${address}:${outside}`;
  }

  private reach({ name, certificate }: NginxSpec): Partial<ContainerConfig> {
    if (this.usesHostNetwork) {
      return { networkMode: 'host' };
    }
    const { address, https, http } = this.publish;
    // In ascending order: the provider reads them back so, and would replace nginx for another one.
    const ports = [
      { internal: INSIDE_HTTP, external: http, ip: address },
      ...(certificate === undefined
        ? []
        : [{ internal: INSIDE_HTTPS, external: https, ip: address }]),
    ];
    return { networksAdvanced: this.at(this.subnet.front, name), ports };
  }

  private secretValue(check: Check, property: string, secret: Secret): string {
    return secret.kind === REDIS_SECRET
      ? secret.reference
      : secretFromFile(this, 'DockerPlatform', check, property, secret);
  }
}

/** Memory as the provider counts it, rounded up. */
function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

function checkLimits(check: Check, { memoryBytes, cpu }: InstancesSpec): void {
  if (memoryBytes !== undefined && mebibytes(memoryBytes) < LEAST_MEBIBYTES) {
    check.refuse('limits.memory', {
      problem: `Docker does not run a container in "${renderSize(memoryBytes)}"`,
      allowed: `at least "${LEAST_MEBIBYTES}m"`,
    });
  }
  if (cpu !== undefined && cpu < LEAST_CPU) {
    check.refuse('limits.cpu', {
      problem: `Docker cannot give a container ${cpu} processors`,
      allowed: `at least ${LEAST_CPU}`,
    });
  }
}
