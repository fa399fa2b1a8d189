import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  NginxWsFrontend,
  RedisAdapterBackplane,
  RedisEngine,
  TlsCertificate,
} from 'cdktf-aiwm';
import { AwsPlatform } from 'cdktf-aiwm/aws';
import type { Construct } from 'constructs';
import { site } from './aws-site';

/** The same with a backplane: WebSockets are spread over the instances in turn, and events reach the clients of all. */
export class AwsRedisStack extends TerraformStack {
  public readonly frontend: NginxWsFrontend;

  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = new AwsPlatform(this, 'Platform', {
      network: site.network,
      region: site.region,
      hostedZoneId: site.hostedZoneId,
    });
    const backplane = new RedisAdapterBackplane(this, 'Backplane', {
      platform,
      engine: RedisEngine.VALKEY,
    });
    const cluster = new AiwmCluster(this, 'Aiwm', {
      platform,
      backplane,
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
