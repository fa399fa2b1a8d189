import type { ITerraformDependable } from 'cdktf';
import { Annotations, TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import { AccessLog } from './access-log';
import type { IAiwmCluster } from './aiwm-cluster';
import type { Balancing } from './balancing';
import { Check } from './check';
import { ClientTransport } from './client-transport';
import type { ErrorPages } from './error-pages';
import type {
  ConnectionLimits,
  Failover,
  FrontTimeouts,
  Hsts,
  NginxDirectives,
} from './front-options';
import { FrontIntent } from './front/front-intent';
import { outputName } from './output-name';
import type { IPlatform } from './platform/platform';
import { resourceName } from './resource-name';
import type { AiwmRoutes } from './routes';
import { TlsKind } from './tls-certificate';
import type { TlsCertificate } from './tls-certificate';
import type { Upstream } from './upstream';

/** Properties of an `NginxWsFrontend`. */
export interface NginxWsFrontendProps {
  /**
   * The instances behind it.
   *
   * @default - the servers of `upstream`
   */
  readonly cluster?: IAiwmCluster;
  /**
   * Servers that exist already, instead of a cluster. Needs `platform`.
   *
   * @default - the instances of `cluster`
   */
  readonly upstream?: Upstream;
  /**
   * Where nginx runs.
   *
   * @default - where the cluster runs
   */
  readonly platform?: IPlatform;
  /** The name that clients use. */
  readonly serverName: string;
  /**
   * Further names.
   *
   * @default - none
   */
  readonly alternativeNames?: string[];
  /**
   * Where the certificate comes from.
   *
   * @default - plain HTTP, which a platform that others can reach refuses
   */
  readonly tls?: TlsCertificate;
  /**
   * Which public paths lead where.
   *
   * @default AiwmRoutes.guide()
   */
  readonly routes?: AiwmRoutes;
  /**
   * What clients may use. With WEBSOCKET alone no request needs affinity.
   *
   * @default [ClientTransport.POLLING, ClientTransport.WEBSOCKET]
   */
  readonly clientTransports?: ClientTransport[];
  /**
   * How nginx chooses an instance.
   *
   * @default - Balancing.ipHash(), or Balancing.cookie() where the platform hides the addresses of clients, or
   * Balancing.hash("$remote_addr") where those of instances change; with a backplane Balancing.roundRobin()
   */
  readonly balancing?: Balancing;
  /**
   * When another instance is tried.
   *
   * @default - three failures in 10s, 5s to connect, three tries
   */
  readonly failover?: Failover;
  /**
   * How long a connection may be silent.
   *
   * @default - 7 days for WebSockets, 60s for REST
   */
  readonly timeouts?: FrontTimeouts;
  /**
   * Limits on WebSocket handshakes.
   *
   * @default - none
   */
  readonly limits?: ConnectionLimits;
  /**
   * Pages that may open a WebSocket: "https://app.x-or.cloud". Clients that send no Origin are native and may.
   *
   * @default - all
   */
  readonly allowedOrigins?: string[];
  /**
   * Proxies that are believed when they name the client's address: "10.0.0.0/8".
   *
   * @default - none
   */
  readonly trustedProxies?: string[];
  /**
   * Whether those proxies name it by the PROXY protocol instead of X-Forwarded-For.
   *
   * @default false
   */
  readonly proxyProtocol?: boolean;
  /**
   * How requests are logged.
   *
   * @default AccessLog.READABLE
   */
  readonly accessLog?: AccessLog;
  /**
   * What a client is told when a WebSocket cannot be had.
   *
   * @default ErrorPages.json()
   */
  readonly errorPages?: ErrorPages;
  /**
   * The largest request body. Above Socket.IO's maxHttpBufferSize (1 MB); WebSocket messages are not limited by it.
   *
   * @default "2m"
   */
  readonly maxBodySize?: string;
  /**
   * Whether HTTP/2 is offered. WebSockets use HTTP/1.1 beside it.
   *
   * @default true
   */
  readonly http2?: boolean;
  /**
   * Tells browsers never to use plain HTTP for this name again.
   *
   * @default - not told
   */
  readonly hsts?: Hsts;
  /**
   * WebSockets open at one time at one nginx, 1 to 500000. Decides nginx's limits on connections and descriptors.
   *
   * @default - 10000; behind a load balancer of the platform, more than it takes for another nginx to come
   */
  readonly expectedConnections?: number;
  /**
   * How long open WebSockets outlive a change of the configuration. A promise to clients: keep it long. A swarm cannot
   * keep it, and has `frontDrain` instead.
   *
   * @default - "1h"; on a DockerSwarmPlatform its frontDrain
   */
  readonly drainTimeout?: string;
  /**
   * The nginx that runs there, "1.22" or "1.22.1": decides the syntax of HTTP/2 and of cookie affinity, nothing else.
   *
   * @default - what the platform says
   */
  readonly nginxVersion?: string;
  /**
   * Lines of nginx configuration of your own.
   *
   * @default - none
   */
  readonly directives?: NginxDirectives;
}

/**
 * nginx in front of WebSocket instances, right by construction.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   tls: TlsCertificate.fromFiles("tls/fullchain.pem", "tls/key.pem"),
 * });
 */
export class NginxWsFrontend extends Construct {
  /** The nginx.conf. Addresses that are known only at apply stand in it as Tokens. */
  public readonly configuration: string;
  /** Where clients find the service. */
  public readonly url: string;
  /** Where clients find its WebSocket. */
  public readonly webSocketUrl: string;
  /** What has to be there before clients can be told. */
  public readonly dependables: ITerraformDependable[];
  /** The Terraform output of `url`. */
  public readonly urlOutput: TerraformOutput;
  /** The Terraform output of `webSocketUrl`. */
  public readonly webSocketUrlOutput: TerraformOutput;

  /** @throws ValidationError naming the property that is wrong, for contradictions too */
  public constructor(scope: Construct, id: string, props: NginxWsFrontendProps) {
    super(scope, id);
    const check = new Check(this);
    const { platform, upstream } = whatIsFronted(check, props);
    const intent = new FrontIntent(check, { ...props, platform, upstream });
    this.configuration = intent.render();
    intent.warnings.forEach((warning) => Annotations.of(this).addWarning(warning));

    const { cluster, tls } = props;
    this.dependables = platform.runNginx(this, {
      name: resourceName(this),
      configuration: this.configuration,
      certificate: tls?.kind === TlsKind.TERMINATED_UPSTREAM ? undefined : tls,
      serverNames: [props.serverName, ...(props.alternativeNames ?? [])],
      foreignPeers:
        cluster?.platform === platform
          ? []
          : upstream.list.filter(({ down }) => !down).map(({ address }) => address),
      openFiles: intent.openFiles,
      dependsOn: cluster?.dependables ?? [],
    }).dependables;
    this.url = intent.url('http');
    this.webSocketUrl = intent.url('ws');
    this.urlOutput = this.output('Url', 'url', this.url, 'Where clients find the service.');
    this.webSocketUrlOutput = this.output(
      'WebSocketUrl',
      'websocket_url',
      this.webSocketUrl,
      'Where clients find its WebSocket.',
    );
  }

  private output(id: string, name: string, value: string, description: string): TerraformOutput {
    const output = new TerraformOutput(this, id, { value, description });
    output.overrideLogicalId(outputName(this, name));
    return output;
  }
}

function whatIsFronted(
  check: Check,
  { cluster, upstream, platform }: NginxWsFrontendProps,
): { platform: IPlatform; upstream: Upstream } {
  if (cluster !== undefined) {
    if (upstream !== undefined) {
      check.refuse('upstream', 'cluster is given as well', 'one of the two');
    }
    return { platform: platform ?? cluster.platform, upstream: cluster.upstream };
  }
  if (upstream === undefined) {
    check.refuse(
      'cluster',
      'neither cluster nor upstream is given',
      'one of the two',
      'Give the AiwmCluster to front, or upstream: Upstream.servers([…]) for servers that exist.',
    );
  }
  if (platform === undefined) {
    check.refuse(
      'platform',
      'an upstream alone does not say where nginx shall run',
      'a platform, e.g. new LocalPlatform(this, "Platform")',
    );
  }
  return { platform, upstream };
}
