// A front as a user writes it: rendered by the public constructs, and run with a real nginx on ports of its own.
import { App, TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontendProps,
  type Upstream,
} from 'cdktf-aiwm';
import { LocalPlatform } from 'cdktf-aiwm/local';
import { testCertificate } from './certificate';
import { freePorts } from '../machine/free-ports';
import { NginxBed } from './nginx-bed';
import { temporaryFolder } from '../machine/temporary-folder';

export interface FrontOptions extends Omit<
  Partial<NginxWsFrontendProps>,
  'cluster' | 'platform' | 'tls'
> {
  /** Servers that the test has started. */
  readonly upstream?: Upstream;
  /** Instead of `upstream`: a cluster whose instances the test has started, on the ports from `firstPort` on. */
  readonly cluster?: Omit<AiwmClusterProps, 'backplane' | 'platform' | 'service'> & {
    readonly backplane?: boolean;
  };
  /** True for a certificate of `testCertificate`. Default: plain HTTP. */
  readonly tls?: boolean | TlsCertificate;
  /** Name server that the platform tells nginx. */
  readonly resolver?: string;
  /** Default: the nginx that AIWM_TEST_NGINX names, or that of the machine. */
  readonly executable?: string;
}

export interface Rendered {
  readonly configuration: string;
  /** What the front says of itself. */
  readonly url: string;
  readonly webSocketUrl: string;
  /** The heartbeat that the instances of a cluster are told. */
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
}

/** Another platform's front, so that the live tests can be run with that as well. */
export interface Renderer {
  readonly render: (ports: FrontPorts, options: FrontOptions) => Rendered;
  /** The nginx that it is rendered for. */
  readonly executable?: string;
  /** What an instance is told of a client who came to `RenderedFront.url` where that begins with http://. */
  readonly plainProtocol: string;
}

export interface FrontPorts {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export const serverName = 'api.example.test';

/** As LocalPlatform has it. */
let renderer: Renderer = { render: renderLocally, plainProtocol: 'http' };

/** From now on, fronts are those of another platform. */
export function renderOn(other: Renderer): void {
  renderer = other;
}

/** The nginx.conf that a stack with this front has. */
function renderFront(ports: FrontPorts, options: FrontOptions): Rendered {
  return renderer.render(ports, options);
}

function renderLocally(ports: FrontPorts, options: FrontOptions): Rendered {
  const { cluster: clusterOptions, tls, executable: _, resolver, ...props } = options;
  // It is never synthesized: what counts is the text that the construct hands to its platform.
  const stack = new TerraformStack(new App({ outdir: temporaryFolder('synth') }), 'test');
  const platform = new LocalPlatform(stack, 'Platform', { ...ports, resolver });
  const cluster = clusterOptions && addCluster(stack, platform, clusterOptions);
  const front = new NginxWsFrontend(stack, 'Frontend', {
    serverName,
    ...props,
    ...(cluster ? { cluster } : { platform }),
    tls: certificateFor(tls),
  });
  const { configuration, url, webSocketUrl } = front;
  return { configuration, url, webSocketUrl, heartbeat: cluster?.heartbeat };
}

export class RenderedFront {
  static async start(options: FrontOptions): Promise<RenderedFront> {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const front = new RenderedFront({ httpPort, httpsPort }, options);
    front.bed = await NginxBed.start({
      configuration: front.rendered.configuration,
      certificate: options.tls === true ? testCertificate(serverName) : undefined,
      executable: options.executable ?? renderer.executable ?? process.env.AIWM_TEST_NGINX,
    });
    return front;
  }

  private bed: NginxBed | undefined;
  private current: Rendered;

  private constructor(
    readonly ports: FrontPorts,
    private readonly options: FrontOptions,
  ) {
    this.current = renderFront(ports, options);
  }

  get nginx(): NginxBed {
    if (!this.bed) {
      throw new Error('nginx was not started');
    }
    return this.bed;
  }

  get rendered(): Rendered {
    return this.current;
  }

  /** Authority to trust. */
  get ca(): string | undefined {
    return this.options.tls === true ? testCertificate(serverName).ca : undefined;
  }

  /** Where nginx itself is reached, without a path: https:// where it has a certificate. */
  get url(): string {
    const { httpPort, httpsPort } = this.ports;
    return this.options.tls === true
      ? `https://${serverName}:${httpsPort}`
      : `http://${serverName}:${httpPort}`;
  }

  /** What an instance is told of how a client came to `url`. */
  get forwardedProtocol(): string {
    return this.options.tls === true ? 'https' : renderer.plainProtocol;
  }

  /** The same as ws:// or wss://. */
  get webSocketUrl(): string {
    return this.url.replace(/^http/, 'ws');
  }

  /** Over plain HTTP, also where TLS is served. */
  get plainUrl(): string {
    return `http://${serverName}:${this.ports.httpPort}`;
  }

  /** Brings the same front to other options, as an apply does. */
  async reload(changed: FrontOptions): Promise<void> {
    const rendered = renderFront(this.ports, { ...this.options, ...changed });
    await this.nginx.reload(rendered.configuration);
    this.current = rendered;
  }

  async stop(): Promise<void> {
    await this.bed?.stop();
  }
}

function addCluster(
  stack: TerraformStack,
  platform: LocalPlatform,
  { backplane, ...props }: NonNullable<FrontOptions['cluster']>,
): AiwmCluster {
  return new AiwmCluster(stack, 'Aiwm', {
    ...props,
    platform,
    service: AiwmService.command(['node', 'server.js']),
    backplane: backplane ? new RedisAdapterBackplane(stack, 'Backplane', { platform }) : undefined,
  });
}

function certificateFor(tls: FrontOptions['tls']): TlsCertificate | undefined {
  if (tls === true) {
    const { certificateFile, keyFile } = testCertificate(serverName);
    return TlsCertificate.fromFiles(certificateFile, keyFile);
  }
  return tls === false ? undefined : tls;
}
