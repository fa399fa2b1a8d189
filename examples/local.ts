import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { LocalPlatform } from 'cdktf-aiwm/local';
import type { Construct } from 'constructs';
import { chatService } from './chat-service';
import { portsFrom } from './ports';

/** Three instances on this machine. The state of a client lives on one of them, so nginx uses affinity: `ip_hash`. */
export class LocalStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const ports = portsFrom(process.env);
    const platform = new LocalPlatform(this, 'Platform', ports.platform);
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      service: chatService,
      instances: 3,
      // The service begins the ids of its sessions with the instance's number, so nginx knows where each lives.
      marksSessionIds: true,
      firstPort: ports.firstInstance,
    });
    this.frontend = new NginxWsFrontend(this, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
    });
  }
}
