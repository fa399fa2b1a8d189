import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, RedisAdapterBackplane, TlsCertificate } from 'cdktf-aiwm';
import { DockerPlatform } from 'cdktf-aiwm/docker';
import type { Construct } from 'constructs';
import { chatServiceForDocker } from './chat-service';

/** The same with a backplane: WebSockets are spread over the instances in turn, and events reach the clients of all. */
export class DockerRedisStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = new DockerPlatform(this, 'Platform', {
      publish: { address: '127.0.0.1', https: 8443, http: 8080 },
    });
    const backplane = new RedisAdapterBackplane(this, 'Backplane', { platform });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      backplane,
      service: chatServiceForDocker,
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
