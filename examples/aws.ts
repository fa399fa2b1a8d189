import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { AwsPlatform } from 'cdktf-aiwm/aws';
import type { Construct } from 'constructs';
import { site } from './aws-site';

/** Three instances on AWS behind a network load balancer and two nginx hosts, with a certificate that ACM renews. */
export class AwsStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = new AwsPlatform(this, 'Platform', {
      network: site.network,
      region: site.region,
      hostedZoneId: site.hostedZoneId,
    });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      service: site.service,
      instances: 3,
    });
    this.frontend = new NginxWsFrontend(this, 'Frontend', {
      cluster,
      serverName: site.serverName,
      tls: TlsCertificate.acm(),
    });
  }
}
