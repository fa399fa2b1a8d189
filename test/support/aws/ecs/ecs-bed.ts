// A cluster and its front as AwsPlatform describes them, run on this machine: tasks with a Docker Engine, names with a
// name server, secrets from a stand-in, and a real nginx before them.
import type { AiwmClusterProps, NginxWsFrontendProps } from 'cdktf-aiwm';
import { AiwmService, Secret } from 'cdktf-aiwm';
import type { AwsPlatform, AwsPlatformProps } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import type { Engine } from '../../docker/engine';
import { ensureImages } from '../../docker/images';
import type { ImageName } from '../../docker/image-recipes';
import { NameServer } from '../../front/name-server';
import { NginxBed } from '../../front/nginx-bed';
import { freePorts } from '../../machine/free-ports';
import { nginxBinaries } from '../../machine/nginx-binaries';
import { waitFor } from '../../machine/wait';
import { synthesizeAws } from '../aws-site';
import { fitToBed } from '../fit-to-bed';
import { EcsCluster } from './ecs-cluster';
import type { EcsService } from './ecs-service';
import { NameRegistry } from './name-registry';
import { SecretStore } from './secret-store';
import { namesOf, serviceSpecs, type Names, type ServiceSpec } from './service-spec';
import type { Attributes } from './task-definition';
import { VpcResolver } from './vpc-resolver';

export interface EcsStack {
  /** Default aiwm-test/node-chat:1. */
  readonly image?: string;
  readonly cluster?: Partial<AiwmClusterProps>;
  readonly platform?: Partial<AwsPlatformProps>;
  readonly front?: Partial<NginxWsFrontendProps>;
}

const SERVER_NAME = 'chat.example.org';
const REDIS_PASSWORD = 'stand-in';
/** Until a change of Cloud Map is in the zone. */
const PROPAGATION_MS = 1_000;

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret';
const SECRETS = {
  redis: `${ARN}:chat/redis-AbCdEf`,
  token: `${ARN}:chat/token-GhIjKl`,
  key: 'arn:aws:ssm:eu-central-1:123456789012:parameter/chat/key',
};
/** What AWS calls what the task definition refers to. */
const ATTRIBUTES: Attributes = {
  'aws_secretsmanager_secret.Backplane_UrlSecret.arn': SECRETS.redis,
  'terraform_data.Backplane_UrlVersion.id': 'first',
  'data.aws_secretsmanager_secret_versions.Aiwm_SecretVersions_TOKEN.versions': [
    { version_id: '1', version_stages: ['AWSPREVIOUS'] },
    { version_id: '2', version_stages: ['AWSCURRENT'] },
  ],
  'aws_cloudwatch_log_group.Aiwm_Logs.name': '/aiwm/chat-platform/aiwm',
  'aws_s3_bucket.Platform_Releases.region': 'eu-central-1',
};

const nginx = nginxBinaries().available.find(({ name }) => name === '1.30');

/** Why there can be no bed here, beside images and the Engine. */
export function ecsBedProblem(): string | undefined {
  return nginx ? undefined : 'nginx 1.30 is not in the cache: npm run setup';
}

interface Described {
  readonly stack: SynthesizedStack;
  readonly configuration: string;
  readonly layout: ReturnType<AwsPlatform['nginxLayout']>;
}

export class EcsBed {
  static async start(
    engine: Engine,
    images: readonly ImageName[],
    options: EcsStack = {},
  ): Promise<EcsBed> {
    await ensureImages(engine, ...images, 'aiwm-test/redis:7.0');
    const described = describe(options);
    const names = namesOf(described.stack);
    const server = await NameServer.start(names.ttlSeconds);
    const registry = new NameRegistry(server, PROPAGATION_MS);
    const secrets = new SecretStore();
    const cluster = await EcsCluster.create(engine, { registry, secrets, zones: ZONES });
    secrets.set(SECRETS.redis, `redis://:${REDIS_PASSWORD}@${cluster.spareAddress}:6379`);
    secrets.set(SECRETS.token, JSON.stringify({ token: 'of the current version' }));
    secrets.set(SECRETS.key, 'of a parameter');
    const resolver = await VpcResolver.start(server.address, names.ttlSeconds);
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const bed = new EcsBed(engine, cluster, names, registry, httpPort, httpsPort);
    await bed.startRedis();
    await bed.startServices(specsOf(described));
    await bed.startNginx(described, resolver.address);
    return bed;
  }

  /** Without a path. */
  readonly url: string;
  private nginx: NginxBed | undefined;

  private constructor(
    readonly engine: Engine,
    readonly cluster: EcsCluster,
    readonly names: Names,
    readonly registry: NameRegistry,
    private readonly httpPort: number,
    private readonly httpsPort: number,
  ) {
    this.url = `http://${SERVER_NAME}:${httpPort}`;
  }

  get services(): readonly EcsService[] {
    return this.cluster.services;
  }

  /** What nginx says went wrong. */
  errorLog(): string[] {
    return this.nginx?.errorLog() ?? [];
  }

  accessLog(): Promise<string[]> {
    return this.nginx!.settledAccessLog();
  }

  /** The service of a slot, which has one task. */
  slot(number: number): EcsService {
    return this.services[number - 1]!;
  }

  /** The services of a stack with other options, to be deployed. */
  describe(options: EcsStack): ServiceSpec[] {
    return specsOf(describe(options));
  }

  /** One service after another, as Terraform does. */
  async deploy(specs: readonly ServiceSpec[], timeoutMs = 60_000): Promise<void> {
    for (const { name, task } of specs) {
      const service = this.services.find((each) => each.name === name)!;
      service.deploy(task);
      await service.waitUntilSteady(timeoutMs);
    }
  }

  async stop(): Promise<void> {
    await this.nginx?.stop();
    await this.cluster.close();
  }

  private async startRedis(): Promise<void> {
    const { cluster } = this;
    await this.engine.docker(
      ...['run', '--detach', '--network', cluster.name, '--ip', cluster.spareAddress],
      ...['--label', cluster.label, '--name', `${cluster.name}-redis`],
      ...['aiwm-test/redis:7.0', 'redis-server', '--requirepass', REDIS_PASSWORD],
    );
  }

  private async startServices(specs: readonly ServiceSpec[]): Promise<void> {
    const services = specs.map((spec) => this.cluster.addService(spec));
    await Promise.all(services.map((service) => service.waitUntilSteady(60_000)));
    await waitFor(
      () => this.registry.published.length === services.length,
      10_000,
      'all names are there',
    );
  }

  private async startNginx(described: Described, resolver: string): Promise<void> {
    const { httpPort, httpsPort } = this;
    const text = fitToBed(
      described.configuration,
      described.layout,
      { httpPort, httpsPort },
      false,
    );
    const configuration = text.replace(
      `resolver ${described.layout.resolver}`,
      `resolver ${resolver}`,
    );
    if (configuration === text) {
      throw new Error('nginx.conf has no resolver');
    }
    this.nginx = await NginxBed.start({ configuration, executable: nginx!.executable });
  }
}

/** Of the subnets of AwsSite. */
const ZONES = { 'subnet-0a1b2c3d4e5f60721': 'a', 'subnet-0a1b2c3d4e5f60722': 'b' };

function specsOf({ stack }: Described): ServiceSpec[] {
  return serviceSpecs(stack, ATTRIBUTES);
}

function describe({
  image = 'aiwm-test/node-chat:1',
  cluster,
  platform,
  front: frontProps,
}: EcsStack): Described {
  let configuration = '';
  let layout: Described['layout'] | undefined;
  const stack = synthesizeAws((site) => {
    const made = site.platform(platform);
    const front = site.front({
      serverName: SERVER_NAME,
      cluster: site.cluster({
        service: AiwmService.image(image),
        backplane: site.backplane(),
        secrets: {
          TOKEN: Secret.fromSecretsManager(SECRETS.token, { jsonKey: 'token' }),
          KEY: Secret.fromSsmParameter(SECRETS.key),
        },
        ...cluster,
      }),
      ...frontProps,
    });
    configuration = front.configuration;
    layout = made.nginxLayout(front);
  });
  return { stack, configuration, layout: layout! };
}
