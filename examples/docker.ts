import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { DockerPlatform } from 'cdktf-aiwm/docker';
import type { Construct } from 'constructs';
import { chatServiceForDocker } from './chat-service';

/**
 * Three containers on this machine's Docker, behind a published nginx. On a laptop Docker hides the addresses of
 * clients, so nginx keeps a browser on its instance by a cookie; any session finds its own by its id.
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
