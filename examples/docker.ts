import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { DockerPlatform } from 'cdktf-aiwm/docker';
import type { Construct } from 'constructs';
import { chatServiceForDocker } from './chat-service';

/**
 * Three instances in containers on this machine, behind a published nginx. Docker may hide the addresses of clients, so
 * affinity is by cookie.
 */
export class DockerStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = new DockerPlatform(this, 'Platform', {
      publish: { address: '127.0.0.1', https: 8443, http: 8080 },
    });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      service: chatServiceForDocker,
      instances: 3,
    });
    this.frontend = new NginxWsFrontend(this, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
    });
  }
}
