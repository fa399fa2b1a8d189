import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
} from 'cdktf-aiwm';
import { DockerSwarmPlatform } from 'cdktf-aiwm/docker';
import type { Construct } from 'constructs';

/**
 * Three instances with a backplane on a swarm. This machine can be the swarm: `docker swarm init`. Swarm does not build
 * images, so build the one of the service first: `docker build -t aiwm-chat:1 examples/chat-service`. A swarm of several
 * nodes pulls it from a registry.
 */
export class DockerSwarmStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = new DockerSwarmPlatform(this, 'Platform', {
      publish: { https: 8443, http: 8080 },
    });
    const backplane = new RedisAdapterBackplane(this, 'Backplane', { platform });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      backplane,
      service: AiwmService.image('aiwm-chat:1'),
      instances: 3,
      // The service begins the ids of its sessions with the instance's number, so nginx knows where each lives.
      marksSessionIds: true,
    });
    this.frontend = new NginxWsFrontend(this, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
    });
  }
}
