import type { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Secret as SwarmSecret } from '@cdktf/provider-docker/lib/secret';
import type { Service } from '@cdktf/provider-docker/lib/service';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { Check } from '../../../validation/check';
import type { TextRule } from '../../../validation/check';
import { resolveDuration } from '../../../validation/duration';
import { generatedPassword } from '../../../terraform/generated-password';
import { resourceName } from '../../../terraform/names';
import { PlatformClaims } from '../../platform-claims';
import { Secret } from '../../../model/secret';
import type { AiwmService } from '../../../model/service';
import { IMAGE } from '../../../validation/text-rules';
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
import { commonEnvironment, secretEnvironment } from '../../instance-environment';
import type { IPlatform } from '../../platform';
import type { DockerBindings } from '../engine/bindings';
import { loadBindings } from '../engine/bindings';
import { DEFAULT_NGINX, defaultRedis } from '../engine/default-images';
import type { DockerSwarmPlatformProps, DockerSwarmPublish } from './docker-swarm-platform-props';
import { engineProvider, platformName } from '../engine/provider';
import { CONTAINER_FOLDER } from '../engine/hardening';
import { shortGoDuration } from '../engine/go-duration';
import { HealthProbe } from '../engine/health-probe';
import { nginxVersionOf } from '../engine/images';
import { lastingNetwork } from '../engine/lasting-network';
import { probeTimeoutMs } from '../engine/probe-timeout';
import { redisCommand } from '../engine/redis-command';
import { redisUrl, secretFromFile } from '../engine/secrets';
import { Subnet } from '../engine/subnet';
import type { SwarmBindings } from '../engine/swarm-bindings';
import { loadSwarmBindings } from '../engine/swarm-bindings';
import { INSIDE_HTTP, INSIDE_HTTPS, runSwarmFront } from './front';
import type { PinnedImage } from './pinned-image';
import { pinnedImage } from './pinned-image';
import { FRESH, freshName, swarmName } from './names';
import { RELEASE_FILE, STATUS_PORT, TLS_FOLDER } from './nginx-script';
import { hardenedContainer, rolledOut, secretFile, TASK } from './task';

const NAME = 'DockerSwarmPlatform';

const REDIS_PORT = 6379;
/** Redis' own user in the official images. */
const REDIS_USER = '999:999';
const REDIS_STOP_MS = 10_000;

/** Docker's own name server, the same in every container. */
const NAME_SERVER = '127.0.0.11';

/** Kind of the secret that is the URL of a Redis on this platform. */
const REDIS_SECRET = 'docker-swarm-redis';

const USER: TextRule = {
  name: 'a user',
  allowed: 'user and group as numbers: "1000:1000"',
  knownAtSynth: true,
  accepts: (text) => /^\d{1,9}:\d{1,9}$/.test(text),
};

const CONSTRAINT: TextRule = {
  name: 'a placement constraint',
  allowed: '"node.labels.edge == true", "node.hostname != one", "node.role == worker"',
  accepts: (text) => /^(?:node|engine)\.[A-Za-z0-9._-]+ ?[!=]= ?[A-Za-z0-9._:/-]+$/.test(text),
};

/**
 * A Docker swarm: a service for every instance, which Swarm places on its nodes and places anew when a node is lost; and
 * nginx on one node or several, published by the nodes themselves.
 *
 * A changed service comes up beside the old one, one instance after another, and back when it does not get healthy. A
 * changed configuration is tested first and then takes a new nginx: see `frontDrain` for what that means to clients.
 *
 * @example
 * const platform = new DockerSwarmPlatform(this, "Platform", { fronts: 2, frontConstraints: ["node.labels.edge == true"] });
 */
export class DockerSwarmPlatform extends Construct implements IPlatform {
  public readonly traits: PlatformTraits;
  /** The provider of all resources. */
  public readonly provider: DockerProvider;
  /** The overlay network of all services. */
  public readonly network: Network;

  private readonly bindings: DockerBindings & SwarmBindings;
  private readonly name: string;
  private readonly nginxImage: string;
  private readonly publish: Required<DockerSwarmPublish>;
  private readonly fronts: number;
  private readonly frontConstraints: string[];
  private readonly frontDrainMs: number;
  private readonly monitorMs: number;
  private readonly instanceUser: string;
  private readonly writableFolders: string[];

  private readonly claims = new PlatformClaims(this, NAME);

  /** @throws ValidationError naming the property that is wrong */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: DockerSwarmPlatformProps = {},
  ) {
    super(scope, id);
    const check: Check = new Check(this);
    this.bindings = { ...loadBindings(check, NAME), ...loadSwarmBindings(check, NAME) };
    this.name = platformName(this, check, props.name);
    this.nginxImage = check.text('nginxImage', props.nginxImage ?? DEFAULT_NGINX, IMAGE);
    this.publish = checkPublish(check, props.publish);
    this.fronts = check.integer('fronts', props.fronts ?? 1, 1, 64);
    this.frontConstraints = check.texts(
      'frontConstraints',
      props.frontConstraints ?? [],
      CONSTRAINT,
    );
    this.frontDrainMs = resolveDuration(
      check,
      'frontDrain',
      props.frontDrain ?? '2s',
      '1s',
      '1h',
    ).milliseconds;
    this.monitorMs = resolveDuration(
      check,
      'monitor',
      props.monitor ?? '5s',
      '1s',
      '10m',
    ).milliseconds;
    this.instanceUser = check.text('instanceUser', props.instanceUser ?? '1000:1000', USER);
    this.writableFolders = check.texts(
      'writableFolders',
      props.writableFolders ?? ['/tmp'],
      CONTAINER_FOLDER,
    );
    this.traits = {
      name: NAME,
      sharesAddress: false,
      // A node publishes on all of its addresses.
      isPublic: true,
      seesClientAddresses: props.seesClientAddresses ?? false,
      nginxVersion: nginxVersionOf(check, this.nginxImage, props.nginxVersion),
    };
    this.provider = engineProvider(this, check, this.bindings, props);
    this.network = this.createNetwork(check);
  }

  /** @throws ValidationError for a service that is not an image */
  public runInstances(scope: Construct, spec: InstancesSpec): RunningInstances {
    const check = this.claims.check(scope);
    const image = pinnedImage(
      scope,
      this.bindings,
      this.provider,
      checkServiceImage(check, spec.service),
    );
    const secrets = this.instanceSecrets(scope, check, spec);
    const services: Service[] = [];
    for (const slot of spec.slots) {
      // One after another: a change that does not live ends at the first.
      const before = services.slice(-1);
      services.push(this.instance(scope, slot, image, secrets, spec, before));
    }
    return { addresses: spec.slots.map(({ name }) => name), dependables: services };
  }

  public nginxLayout(_scope: Construct): NginxLayout {
    return {
      pidFile: '/tmp/nginx.pid',
      errorLog: '/dev/stderr',
      accessLog: '/dev/stdout',
      tempDirectory: '/tmp',
      certificate: `${TLS_FOLDER}/certificate.pem`,
      certificateKey: `${TLS_FOLDER}/key.pem`,
      httpsListen: [String(INSIDE_HTTPS)],
      httpListen: [String(INSIDE_HTTP)],
      publicHttpsPort: this.publish.https,
      publicHttpPort: this.publish.http,
      statusListen: `127.0.0.1:${STATUS_PORT}`,
      releaseFile: RELEASE_FILE,
      resolver: NAME_SERVER,
      drainTimeout: `${this.frontDrainMs}ms`,
    };
  }

  /** @throws ValidationError for a second front */
  public runNginx(scope: Construct, spec: NginxSpec): RunningNginx {
    const check = this.claims.only('front', scope);
    const { bindings, provider, name } = this;
    const nginx = runSwarmFront(scope, check, spec, {
      bindings,
      provider,
      name,
      image: pinnedImage(scope, bindings, provider, this.nginxImage),
      networkId: this.network.id,
      ...this.publish,
      fronts: this.fronts,
      constraints: this.frontConstraints,
      drainMs: this.frontDrainMs,
      monitorMs: this.monitorMs,
    });
    return { dependables: [nginx] };
  }

  /** @throws ValidationError for a second Redis, and for a password that is not in a file */
  public runRedis(scope: Construct, spec: RedisSpec): RunningRedis {
    const check = this.claims.only('Redis', scope);
    const { bindings, provider } = this;
    const imageName = check.text('redisImage', this.props.redisImage ?? defaultRedis(spec), IMAGE);
    const password =
      spec.password === undefined
        ? generatedPassword(scope)
        : secretFromFile(this, NAME, check, 'password', spec.password);
    const secret = new bindings.Secret(scope, 'PasswordSecret', {
      provider,
      name: freshName(this.name, spec.name, 'password'),
      data: Fn.base64encode(password),
      lifecycle: FRESH,
    });
    const file = '/run/secrets/password';
    const redis = new bindings.Service(scope, 'Redis', {
      provider,
      name: swarmName(this.name, spec.name),
      ...rolledOut(
        {
          // Two at one name would each have half of the instances.
          order: 'stop-first',
          monitorMs: this.monitorMs,
          startTimeoutMs: 30_000,
          intervalMs: 2000,
          stopGraceMs: REDIS_STOP_MS,
        },
        1,
      ),
      endpointSpec: { mode: 'dnsrr' },
      taskSpec: {
        ...TASK,
        containerSpec: {
          ...hardenedContainer(REDIS_USER, ['/tmp', '/data'], REDIS_STOP_MS),
          image: pinnedImage(scope, bindings, provider, imageName).reference,
          command: redisCommand(spec, REDIS_PORT, `$(cat ${file})`).entrypoint,
          secrets: [secretFile(secret, file, REDIS_USER)],
          healthcheck: {
            test: [
              'CMD-SHELL',
              `REDISCLI_AUTH="$(cat ${file})" ${spec.engine}-cli ping | grep -q PONG`,
            ],
            interval: '2s',
            timeout: '3s',
            retries: 3,
            startPeriod: '30s',
          },
        },
        networksAdvanced: [{ name: this.network.id, aliases: [spec.name] }],
      },
    });
    return {
      url: Secret.ofPlatform(REDIS_SECRET, redisUrl(password, spec.name, REDIS_PORT)),
      dependables: [redis],
    };
  }

  private createNetwork(check: Check): Network {
    const { subnet, encrypted } = this.props;
    const own = subnet === undefined ? undefined : new Subnet(check, 'subnet', subnet);
    const parts = [
      ...(own === undefined ? [] : [own.cidr.replace(/[./]/g, '-')]),
      ...(encrypted ? ['encrypted'] : []),
    ];
    // A changed one is there before its services leave the old one, and both have a name.
    const name = swarmName(this.name, ...parts);
    const kept = own === undefined ? {} : lastingNetwork(name, 'name or encryption');
    return new this.bindings.Network(this, 'Network', {
      provider: this.provider,
      name,
      driver: 'overlay',
      ...(own === undefined ? {} : { ipamConfig: [{ subnet: own.cidr, gateway: own.gateway }] }),
      ...(encrypted ? { options: { encrypted: 'true' } } : {}),
      lifecycle: {
        ...kept,
        createBeforeDestroy: true,
        // Swarm adds options of its own; a change of ours is a change of the name.
        ...(encrypted ? { ignoreChanges: [...(kept.ignoreChanges ?? []), 'options'] } : {}),
      },
    });
  }

  private instance(
    scope: Construct,
    slot: InstanceSlot,
    image: PinnedImage,
    secrets: ReadonlyMap<string, SwarmSecret>,
    spec: InstancesSpec,
    before: readonly Service[],
  ): Service {
    const { health, stopGraceMs, memoryBytes, cpu, dependsOn } = spec;
    const files = [...secrets].map(([name, secret]) =>
      secretFile(secret, secretPath(name), this.instanceUser),
    );
    return new this.bindings.Service(scope, slot.id, {
      provider: this.provider,
      name: swarmName(this.name, slot.name),
      ...rolledOut(
        {
          order: 'start-first',
          monitorMs: this.monitorMs,
          startTimeoutMs: health.startTimeoutMs,
          intervalMs: health.intervalMs,
          stopGraceMs,
        },
        1,
      ),
      // By name alone: the one address that Swarm can give a service takes a kernel with IPVS.
      endpointSpec: { mode: 'dnsrr' },
      taskSpec: {
        ...TASK,
        containerSpec: {
          ...hardenedContainer(this.instanceUser, this.writableFolders, stopGraceMs),
          image: image.reference,
          env: {
            ...Object.fromEntries(
              Object.entries({ ...commonEnvironment(spec), ...slot.environment }).map(
                ([name, value]) => [name, literal(value)],
              ),
            ),
            HOST: '0.0.0.0',
            ...Object.fromEntries(
              [...secrets.keys()].map((name) => [`${name}_FILE`, secretPath(name)]),
            ),
          },
          secrets: files,
          healthcheck: {
            test: (this.props.probe ?? HealthProbe.node())._command(slot.port, health),
            interval: shortGoDuration(health.intervalMs),
            timeout: shortGoDuration(probeTimeoutMs(health)),
            retries: 1,
            startPeriod: shortGoDuration(health.startTimeoutMs),
          },
        },
        ...(memoryBytes === undefined && cpu === undefined
          ? {}
          : {
              resources: {
                limits: {
                  ...(memoryBytes === undefined ? {} : { memoryBytes }),
                  ...(cpu === undefined ? {} : { nanoCpus: Math.round(cpu * 1e9) }),
                },
              },
            }),
        networksAdvanced: [{ name: this.network.id, aliases: [slot.name] }],
      },
      dependsOn: [...dependsOn, ...before],
    });
  }

  /** By the names of their variables. What an instance gets is the name of a file. */
  private instanceSecrets(
    scope: Construct,
    check: Check,
    spec: InstancesSpec,
  ): ReadonlyMap<string, SwarmSecret> {
    const secrets = secretEnvironment(spec);
    const names = Object.keys(secrets);
    if (names.length === 0) {
      return new Map();
    }
    const folder = new Construct(scope, 'Secrets');
    return new Map(
      names.map((name) => {
        const secret = secrets[name]!;
        const property = `secrets.${name}`;
        const variable = `${name}_FILE`;
        if (variable in spec.environment || variable in secrets) {
          check.refuse(property, {
            problem: `${NAME} says in ${variable} where the secret is, and there is a variable of that name`,
            allowed: `no ${variable} beside ${name}`,
          });
        }
        const value =
          secret.kind === REDIS_SECRET
            ? secret.reference
            : secretFromFile(this, NAME, check, property, secret);
        return [
          name,
          new this.bindings.Secret(folder, name, {
            provider: this.provider,
            name: freshName(this.name, resourceName(scope), name),
            data: Fn.base64encode(value),
            lifecycle: FRESH,
          }),
        ];
      }),
    );
  }
}

/** Swarm reads "{{" in a variable as the beginning of a template of its own. */
function literal(value: string): string {
  return value.replace(/\{\{/g, '{{"{{"}}');
}

function secretPath(name: string): string {
  return `/run/secrets/${name}`;
}

function checkPublish(
  check: Check,
  { https = 443, http = 80 }: DockerSwarmPublish = {},
): Required<DockerSwarmPublish> {
  check.integer('publish.https', https, 1, 65_535);
  check.integer('publish.http', http, 1, 65_535);
  if (https === http) {
    check.refuse('publish.http', {
      problem: `${http} is the port for TLS as well`,
      allowed: 'two ports',
    });
  }
  return { https, http };
}

function checkServiceImage(check: Check, service: AiwmService): string {
  if (service.imageName === undefined) {
    check.refuse('service', {
      problem:
        service.buildFolder === undefined
          ? `${NAME} runs containers, and the service is a command`
          : `${NAME} runs an image on many nodes, and one that an engine builds is on that engine alone`,
      allowed: 'AiwmService.image("registry.example/aiwm:1.4.2")',
      remedy:
        service.buildFolder === undefined
          ? undefined
          : 'Build it, push it to a registry that all nodes reach, and name it. A swarm of one node takes a local image as well.',
    });
  }
  return check.text('service.image', service.imageName, IMAGE);
}
