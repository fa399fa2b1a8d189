// The names that blocks of the pages use without declaring them.
import type { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
} from 'cdktf-aiwm';
import type { IBackplane, IPlatform } from 'cdktf-aiwm';
import { AwsPlatform } from 'cdktf-aiwm/aws';
import { DockerPlatform, DockerSwarmPlatform } from 'cdktf-aiwm/docker';
import { LocalPlatform } from 'cdktf-aiwm/local';

/** Each is made when a block uses it, in the stack of that block and on the platform of its page. */
export class Given {
  public readonly vpcId = 'vpc-0a1b2c3d4e5f60718';
  public readonly publicSubnetIds = ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'];
  public readonly privateSubnetIds = ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'];
  public readonly webAclArn =
    'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/chat/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

  private readonly made = new Map<string, unknown>();

  public constructor(
    private readonly stack: TerraformStack,
    private readonly page: string,
  ) {}

  public get network() {
    const { vpcId, publicSubnetIds, privateSubnetIds } = this;
    return { vpcId, publicSubnetIds, privateSubnetIds };
  }

  public get platform(): IPlatform {
    return this.once('Platform', (id) => {
      if (this.page.startsWith('docs/platforms/aws')) {
        const { network } = this;
        const hostedZoneId = 'Z0123456789ABCDEFGHIJ';
        return new AwsPlatform(this.stack, id, { region: 'eu-central-1', network, hostedZoneId });
      }
      switch (this.page) {
        case 'docs/platforms/docker.md':
          return new DockerPlatform(this.stack, id);
        case 'docs/platforms/docker-swarm.md':
          return new DockerSwarmPlatform(this.stack, id);
        default:
          return new LocalPlatform(this.stack, id);
      }
    });
  }

  public get service(): AiwmService {
    return this.platform instanceof LocalPlatform
      ? AiwmService.command(['node', 'server.js'], { workingDirectory: 'services/aiwm' })
      : AiwmService.image('registry.example/aiwm:1.4.2');
  }

  public get backplane(): IBackplane {
    return this.once(
      'Backplane',
      (id) => new RedisAdapterBackplane(this.stack, id, { platform: this.platform }),
    );
  }

  public get cluster(): AiwmCluster {
    const { platform, backplane, service } = this;
    return this.once('Aiwm', (id) => {
      return new AiwmCluster(this.stack, id, { platform, backplane, service });
    });
  }

  public get frontend(): NginxWsFrontend {
    const tls = this.platform instanceof AwsPlatform ? TlsCertificate.acm() : undefined;
    return this.once('Frontend', (id) => {
      const { cluster } = this;
      return new NginxWsFrontend(this.stack, id, { cluster, serverName: 'api.x-or.cloud', tls });
    });
  }

  private once<T>(id: string, make: (id: string) => T): T {
    if (!this.made.has(id)) {
      this.made.set(id, make(id));
    }
    return this.made.get(id) as T;
  }
}

/** The names themselves. */
export const GIVEN: readonly (keyof Given)[] = [
  'vpcId',
  'publicSubnetIds',
  'privateSubnetIds',
  'webAclArn',
  'network',
  'platform',
  'service',
  'backplane',
  'cluster',
  'frontend',
];
