import { TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, AwsNetwork, AwsPlatform } from 'cdktf-aiwm/aws';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Construct } from 'constructs';
import { site } from './aws-site';

/**
 * A low-cost environment in a network of its own: one nginx host with a fixed address, and no load balancer. nginx
 * terminates TLS with an existing certificate from Secrets Manager.
 */
export class AwsSingleStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const provider = new AwsProvider(this, 'Provider', { region: site.region });
    const platform = new AwsPlatform(this, 'Platform', {
      provider,
      network: new AwsNetwork(this, 'Network', { provider, zones: 1 }),
      entry: AwsEntry.single(),
      hostedZoneId: site.hostedZoneId,
    });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      service: site.service,
      instances: 2,
    });
    this.frontend = new NginxWsFrontend(this, 'Frontend', {
      cluster,
      serverName: site.serverName,
      tls: TlsCertificate.fromSecret(site.certificateSecretArn),
    });
  }
}
