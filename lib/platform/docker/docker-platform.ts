import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { Container } from '@cdktf/provider-docker/lib/container';
import type {
  ContainerConfig,
  ContainerNetworksAdvanced,
  ContainerUpload,
} from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import { DataResource, Fn, TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Check, show } from '../../check';
import type { ResolvedHealthCheck } from '../../health';
import { resourceName } from '../../resource-name';
import { checkInStackOf } from '../../same-stack';
import { Secret } from '../../secret';
import type { TextRule } from '../../check';
import { FILE_PATH, IMAGE, IP_ADDRESS } from '../../text-rules';
import { TlsKind } from '../../tls-certificate';
import type {
  InstanceSlot,
  InstancesSpec,
  IPlatform,
  NginxLayout,
  NginxSpec,
  PlatformTraits,
  RedisSpec,
  RunningInstances,
  RunningNginx,
  RunningRedis,
} from '../platform';
import { fromStackFolder } from '../../stack-paths';
import type { DockerBindings } from './bindings';
import { loadBindings } from './bindings';
import {
  CONFIGURATION_FOLDER,
  deliveryScript,
  nginxCommand,
  UPLOAD_FOLDER,
} from './delivery-script';
import type { DockerPlatformProps, DockerPublish } from './docker-platform-props';
import { Generation } from './generation';
import { hardened } from './hardening';
import { hashFolder } from './hash-folder';
import { goDuration } from './go-duration';
import { HealthProbe } from './health-probe';
import { versionInTag } from './image-version';
import { redisCommand } from './redis-command';
import { Subnet } from './subnet';

const DEFAULT_NGINX = 'nginx:1.30';
const REDIS_PORT = 6379;
const INSIDE_HTTP = 8080;
const INSIDE_HTTPS = 8443;
const STOP_SECONDS = 10;

/** To test as nginx starts, to give an unprivileged nginx its key, and to tell it. */
const DELIVERY_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETGID',
  'CAP_SETUID',
];

/** Microseconds in which a container gets its share of the processors. */
const CPU_PERIOD = 100_000;

const CONTAINER_NAME: TextRule = {
  name: 'a name for containers',
  allowed: 'lower-case letters, digits and "-", at most 40, beginning with a letter or digit',
  accepts: (text) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text),
};

const ENGINE: TextRule = {
  name: 'the address of an engine',
  allowed: '"ssh://user@host", "tcp://host:2376" or "unix:///var/run/docker.sock"',
  accepts: (text) => /^(?:ssh|tcp|unix|npipe):\/\/[A-Za-z0-9@:._/[\]-]+$/.test(text),
};

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
  private front?: Construct;
  private redis?: Construct;
  private redisGeneration?: Generation;

  /** @throws ValidationError naming the property that is wrong */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: DockerPlatformProps = {},
  ) {
    super(scope, id);
    const { check } = this;
    this.bindings = loadBindings(check);
    this.name =
      props.name ?? `${TerraformStack.of(this).node.id.toLowerCase()}-${resourceName(this)}`;
    check.text('name', this.name, CONTAINER_NAME);
    this.nginxImage = check.text('nginxImage', props.nginxImage ?? DEFAULT_NGINX, IMAGE);
    this.subnet = new Subnet(check, 'subnet', props.subnet ?? Subnet.nameOf(this.name));
    this.publish = {
      address: check.text('publish.address', props.publish?.address ?? '0.0.0.0', IP_ADDRESS),
      https: check.integer('publish.https', props.publish?.https ?? 443, 1, 65_535),
      http: check.integer('publish.http', props.publish?.http ?? 80, 1, 65_535),
    };
    if (this.publish.https === this.publish.http) {
      check.refuse('publish.http', `${this.publish.http} is the port for TLS as well`, 'two ports');
    }
    this.statusPort = check.integer('statusPort', props.statusPort ?? 8081, 1, 65_535);
    this.traits = {
      name: 'DockerPlatform',
      sharesAddress: false,
      isPublic: !this.publish.address.startsWith('127.') && this.publish.address !== '::1',
      seesClientAddresses: props.seesClientAddresses ?? this.usesHostNetwork,
      nginxVersion: this.nginxVersion(),
    };
    this.provider = this.createProvider();
    this.network = new this.bindings.Network(this, 'Network', {
      provider: this.provider,
      // The instances make Terraform create a changed network before it destroys the old one, and both have a name.
      name: `${this.name}-${this.subnet.cidr.replace('/', '-')}`,
      driver: 'bridge',
      ipamConfig: [{ subnet: this.subnet.cidr, gateway: this.subnet.gateway }],
    });
  }

  /** @throws ValidationError for a service that is a command */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check: Check = checkInStackOf(this, 'DockerPlatform', scope);
    const { image, built } = this.image(scope, check, spec);
    const common = this.instanceCommon(scope, check, image, spec);
    const generation = new Generation({
      ...common.specification,
      port: spec.slots[0]?.port,
      environment: spec.slots.map(({ environment }) => shared(environment))[0] ?? {},
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
    const check: Check = checkInStackOf(this, 'DockerPlatform', scope);
    this.front = this.only(check, this.front, 'front');
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
      ...hardened(this.nginxCapabilities, ['/tmp']),
    });
    return { dependables: [this.delivery(scope, check, spec, nginx, volume)] };
  }

  /** @throws ValidationError for a second Redis, and for a password that is not in a file */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const check: Check = checkInStackOf(this, 'DockerPlatform', scope);
    this.redis = this.only(check, this.redis, 'Redis');
    const image =
      this.props.redisImage ?? (spec.engine === 'valkey' ? 'valkey/valkey:8.1' : 'redis:7.4');
    check.text('redisImage', image, IMAGE);
    const password =
      spec.password === undefined
        ? this.generatedPassword(scope)
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
      url: Secret.ofPlatform(REDIS_SECRET, `redis://:${password}@${address}:${REDIS_PORT}`),
      dependables: [redis],
    };
  }

  private get probe(): HealthProbe {
    return this.props.probe ?? HealthProbe.node();
  }

  /**
   * What changes with the value of a secret and does not tell it: neither a name nor a label may hold a hash of it.
   * A container's name has to change with its environment, as the new one is created before the old one goes.
   */
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
            secretsVersion: new DataResource(scope, 'SecretsVersion', {
              triggersReplace: { values: Fn.sha256(Fn.jsonencode(Object.fromEntries(read))) },
            }).id,
          }),
    };
  }

  /** In the platform's network, at an address and under a name. */
  private at(address: string, alias: string): ContainerNetworksAdvanced[] {
    return [{ name: this.network.name, aliases: [alias], ipv4Address: address }];
  }

  private createProvider(): DockerProvider {
    const { provider, host } = this.props;
    if (provider !== undefined && host !== undefined) {
      this.check.refuse('host', 'provider is given as well, and names its own', 'one of the two');
    }
    return (
      provider ??
      new this.bindings.DockerProvider(this, 'Provider', {
        // An alias, so that a stack can have other engines beside this one.
        alias: this.name,
        host: host === undefined ? undefined : this.check.text('host', host, ENGINE),
      })
    );
  }

  private nginxVersion(): string {
    const version = this.props.nginxVersion ?? versionInTag(this.nginxImage);
    if (version === undefined) {
      this.check.refuse(
        'nginxVersion',
        `the tag of "${this.nginxImage}" does not say which nginx it holds`,
        'a tag that begins with the version ("nginx:1.30", "nginx:1.30.4-alpine"), or nginxVersion',
      );
    }
    return version;
  }

  /** The image to run, by a name that says its content: a new content is a new generation. */
  private image(
    scope: Construct,
    check: Check,
    { service }: InstancesSpec,
  ): { readonly image: string; readonly built: Image[] } {
    if (service.imageName !== undefined) {
      return { image: check.text('service.image', service.imageName, IMAGE), built: [] };
    }
    if (service.buildFolder === undefined) {
      check.refuse(
        'service',
        'DockerPlatform runs containers, and the service is a command',
        'AiwmService.image("registry.example/aiwm:1.4.2") or AiwmService.buildFrom("services/aiwm")',
      );
    }
    const folder = check.text('service.buildFolder', service.buildFolder, FILE_PATH);
    const dockerfile = check.text(
      'service.dockerfile',
      service.dockerfile ?? 'Dockerfile',
      FILE_PATH,
    );
    if (!existsSync(path.join(folder, dockerfile))) {
      check.refuse(
        'service.buildFolder',
        `there is no ${dockerfile} in ${show(folder)}`,
        'a folder with a Dockerfile; a relative one starts at the folder in which the app runs',
      );
    }
    const image = `${this.name}-${resourceName(scope)}:${hashFolder(folder)}`;
    const built = new this.bindings.Image(scope, 'Image', {
      provider: this.provider,
      name: image,
      buildAttribute: { context: fromStackFolder(this, folder), dockerfile },
      lifecycle: { createBeforeDestroy: true },
    });
    return { image, built: [built] };
  }

  /** What all instances have in common, and decides their generation. */
  private instanceCommon(scope: Construct, check: Check, image: string, spec: InstancesSpec) {
    const folders = this.props.writableFolders ?? ['/tmp'];
    check.texts('platform.writableFolders', folders, FILE_PATH);
    const { health } = spec;
    const secrets = Object.entries(spec.secrets).map(([name, secret]): [string, string] => [
      name,
      this.secretValue(check, `secrets.${name}`, secret),
    ]);
    const base = {
      image,
      init: true,
      stopTimeout: Math.ceil(spec.stopGraceMs / 1000),
      destroyGraceSeconds: Math.ceil(spec.stopGraceMs / 1000),
      wait: true,
      waitTimeout: Math.ceil(health.startTimeoutMs / 1000),
      // Both, or the engine fills in the second, which would be a change in every plan.
      ...(spec.memory === undefined
        ? {}
        : { memory: megabytes(spec.memory), memorySwap: megabytes(spec.memory) }),
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
        ...this.secretsVersion(scope, Object.values(spec.secrets), secrets),
      },
    };
  }

  private instance(
    scope: Construct,
    slot: InstanceSlot,
    address: string,
    generation: Generation,
    { base, secrets }: ReturnType<DockerPlatform['instanceCommon']>,
    { health, dependsOn }: InstancesSpec,
  ): Container {
    const variables = Object.entries({ ...slot.environment, HOST: '0.0.0.0' }).concat(secrets);
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

  /** Tests, swaps and reloads; replaced, and so run again, whenever what it delivers or nginx itself changes. */
  private delivery(
    scope: Construct,
    check: Check,
    spec: NginxSpec,
    nginx: Container,
    volume: Volume,
  ): Container {
    const selfSigned = spec.certificate?.kind === TlsKind.SELF_SIGNED;
    const delivery = new this.bindings.Container(scope, 'Delivery', {
      provider: this.provider,
      name: `${this.name}-${spec.name}-delivery`,
      image: this.nginxImage,
      entrypoint: [
        '/bin/sh',
        '-c',
        deliveryScript(this.statusPort, selfSigned ? spec.serverNames : undefined),
      ],
      // Whoever nginx runs as, its volume belongs to root; and a read-only root would refuse what is uploaded.
      user: '0:0',
      securityOpts: ['no-new-privileges:true'],
      capabilities: { drop: ['ALL'], add: DELIVERY_CAPABILITIES },
      pidMode: `container:${nginx.id}`,
      networkMode: `container:${nginx.id}`,
      mounts: [{ type: 'volume', source: volume.name, target: CONFIGURATION_FOLDER }],
      upload: [
        { file: `${UPLOAD_FOLDER}/nginx.conf`, content: spec.configuration },
        ...this.certificateUploads(check, spec),
      ],
      mustRun: false,
      attach: true,
      logs: true,
      // Without one the engine puts binary headers between the lines of the log.
      tty: true,
      restart: 'no',
      dependsOn: spec.dependsOn,
      lifecycle: {
        postcondition: [
          {
            condition: '${self.exit_code == 0}',
            errorMessage:
              `nginx was not given its new configuration; the one before it goes on serving.\n\${self.container_logs}\n` +
              'If the configuration is right and something else went wrong, run the delivery again with -replace and its address.',
          },
        ],
      },
    });
    return delivery;
  }

  private certificateUploads(check: Check, { certificate }: NginxSpec): ContainerUpload[] {
    if (certificate?.kind !== TlsKind.FILES) {
      return [];
    }
    const upload = (property: string, name: string, file: string | undefined): ContainerUpload => {
      const source = fromStackFolder(this, check.text(property, file ?? '', FILE_PATH));
      return {
        file: `${UPLOAD_FOLDER}/tls/${name}`,
        // By name, so that its content stays out of the state; the hash tells a renewed one.
        source,
        sourceHash: Fn.filesha256(source),
        permissions: '0600',
      };
    };
    return [
      upload('tls.certificateFile', 'certificate.pem', certificate.certificateFile),
      upload('tls.keyFile', 'key.pem', certificate.keyFile),
    ];
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

  /** Made once by Terraform's own resource; it stands in the state, as everything does that a container is given. */
  private generatedPassword(scope: Construct): string {
    const password = new DataResource(scope, 'Password', {
      // Not as `input`: its twin `output` would be printed when it is destroyed.
      triggersReplace: { password: '${sensitive(uuid())}' },
      lifecycle: { ignoreChanges: ['triggers_replace'] },
    });
    return Token.asString(Fn.sensitive(password.getStringAttribute('triggers_replace.password')));
  }

  private secretValue(check: Check, property: string, { kind, reference }: Secret): string {
    switch (kind) {
      case REDIS_SECRET:
        return reference;
      case 'file':
        return Fn.sensitive(
          Fn.trimspace(Fn.file(fromStackFolder(this, check.text(property, reference, FILE_PATH)))),
        );
      default:
        return check.refuse(
          property,
          `DockerPlatform cannot read a secret of the kind "${kind}"`,
          'Secret.fromFile(…)',
        );
    }
  }

  private only(check: Check, present: Construct | undefined, what: string): Construct {
    if (present !== undefined) {
      check.refuse(
        'platform',
        `${this.node.path} has its ${what} already: ${present.node.path}`,
        `one ${what} for each DockerPlatform`,
      );
    }
    return check.scope;
  }
}

/** The variables that are the same for all slots. */
function shared({
  PORT: _port,
  INSTANCE_ID: _id,
  ...others
}: Record<string, string>): Record<string, string> {
  return others;
}

function megabytes(size: string): number {
  const units: Record<string, number> = { k: 1 / 1024, m: 1, g: 1024 };
  return Math.ceil(Number(size.slice(0, -1)) * units[size.slice(-1)]!);
}

/** As long as all tries of one check can take, and a little to start the probe itself. */
function probeTimeoutMs({ timeoutMs, failures }: ResolvedHealthCheck): number {
  return timeoutMs * failures + 5000;
}
