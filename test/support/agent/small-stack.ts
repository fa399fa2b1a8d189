// The small service behind nginx, as a stack in which anything can be made to go wrong.
import { join } from 'node:path';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import type { LocalPlatformProps } from 'cdktf-aiwm/local';
import type { Deployment, Describe } from './deployment';

export interface SmallStack {
  readonly instances?: number;
  /** What the service answers with as its version. */
  readonly version?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly backplane?: boolean;
  /** A stack without a front, or with nothing but the platform. */
  readonly without?: 'front' | 'all';
  readonly workingDirectory?: string;
  readonly platform?: LocalPlatformProps;
  readonly cluster?: Partial<AiwmClusterProps>;
  readonly front?: Partial<NginxWsFrontendProps>;
}

export function smallStack(deployment: Deployment, options: SmallStack = {}): Describe {
  return (stack) => {
    const platform = deployment.platform(stack, options.platform);
    if (options.without === 'all') {
      return;
    }
    const cluster = new AiwmCluster(stack, 'Aiwm', {
      platform,
      backplane: options.backplane
        ? new RedisAdapterBackplane(stack, 'Backplane', { platform })
        : undefined,
      service: AiwmService.command([process.execPath, join(__dirname, 'small-service.cjs')], {
        workingDirectory: options.workingDirectory ?? deployment.folder,
      }),
      environment: { VERSION: options.version ?? '1', ...options.environment },
      instances: options.instances ?? 3,
      firstPort: deployment.ports.firstInstance,
      ...options.cluster,
    });
    if (options.without === 'front') {
      return;
    }
    new NginxWsFrontend(stack, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
      ...options.front,
    });
  };
}
