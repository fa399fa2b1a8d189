// A place in a stack for one AwsPlatform with what runs on it, under the ids that the documentation uses.
import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  AwsPlatform,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type AwsPlatformProps,
  type NginxWsFrontendProps,
  type RedisAdapterBackplaneProps,
} from 'cdktf-aiwm';
import { synthesize, type SynthesizedStack } from 'cdktf-aiwm/testing';
import type { Construct } from 'constructs';
import { newApp } from '../site';

export const CERTIFICATE =
  'arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
export const TLS_SECRET =
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat/certificate-AbCdEf';

export class AwsSite {
  /** In a stack of its own, so that paths in messages are always the same. */
  static alone(): AwsSite {
    return new AwsSite(new TerraformStack(newApp(), 'Stack'));
  }

  private madePlatform: AwsPlatform | undefined;

  constructor(readonly scope: Construct) {}

  /** The platform of the site; the first call decides its properties. */
  platform(props: Partial<AwsPlatformProps> = {}): AwsPlatform {
    this.madePlatform ??= new AwsPlatform(this.scope, 'Platform', {
      network: {
        vpcId: 'vpc-0a1b2c3d4e5f60718',
        publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
        privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
      },
      region: 'eu-central-1',
      ...props,
    });
    return this.madePlatform;
  }

  backplane(props: Partial<RedisAdapterBackplaneProps> = {}): RedisAdapterBackplane {
    return new RedisAdapterBackplane(this.scope, 'Backplane', {
      platform: this.platform(),
      ...props,
    });
  }

  cluster(props: Partial<AiwmClusterProps> = {}): AiwmCluster {
    return new AiwmCluster(this.scope, 'Aiwm', {
      platform: this.platform(),
      service: AiwmService.image('registry.example/aiwm:1.4.2'),
      ...props,
    });
  }

  /** A front of a cluster, with a certificate that exists. */
  front(props: Partial<NginxWsFrontendProps> = {}): NginxWsFrontend {
    return new NginxWsFrontend(this.scope, 'Frontend', {
      cluster: props.cluster ?? this.cluster(),
      serverName: 'chat.example.org',
      tls: TlsCertificate.acm(CERTIFICATE),
      ...props,
    });
  }
}

export function synthesizeAws(build: (site: AwsSite) => unknown): SynthesizedStack {
  return synthesize((stack) => build(new AwsSite(stack)), { stackId: 'chat' });
}

/** The resources of a type, by their ids: "Aiwm_Instance1". */
export function named(
  stack: SynthesizedStack,
  type: string,
): Record<string, Readonly<Record<string, unknown>>> {
  return Object.fromEntries(
    Object.entries(stack.resources(type)).map(([name, values]) => [
      name.replace(/_[0-9A-F]{8}$/, ''),
      values as Readonly<Record<string, unknown>>,
    ]),
  );
}
