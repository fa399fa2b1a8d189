// A place in a stack for one AwsPlatform with what runs on it, under the ids that the documentation uses.
import { TlsCertificate, type NginxWsFrontend, type NginxWsFrontendProps } from 'cdktf-aiwm';
import { AwsPlatform, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import { PlatformSite, REGISTRY_IMAGE } from '../stack/site';

export const CERTIFICATE =
  'arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
export const TLS_SECRET =
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat/certificate-AbCdEf';

export class AwsSite extends PlatformSite<AwsPlatform, Partial<AwsPlatformProps>> {
  protected readonly service = REGISTRY_IMAGE;

  protected newPlatform(props: Partial<AwsPlatformProps> = {}): AwsPlatform {
    return new AwsPlatform(this.scope, 'Platform', {
      network: {
        vpcId: 'vpc-0a1b2c3d4e5f60718',
        publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
        privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
      },
      region: 'eu-central-1',
      ...props,
    });
  }

  /** A front of a cluster, with a certificate that exists. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return this.newFront({
      cluster: props.cluster ?? this.cluster(),
      tls: TlsCertificate.acm(CERTIFICATE),
      ...props,
    });
  }
}

export function synthesizeAws(build: (site: AwsSite) => unknown): SynthesizedStack {
  return synthesize((stack) => build(new AwsSite(stack)), { stackId: 'chat' });
}
