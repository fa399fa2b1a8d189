// Imported before a live test: its fronts are those of AwsPlatform then, with the addresses of this machine in place of
// those of AWS. Where the test wants no TLS, the load balancer speaks it, and the test is that load balancer.
import { App, TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
} from 'cdktf-aiwm';
import { AwsEntry, AwsPlatform } from 'cdktf-aiwm/aws';
import { nginxBinaries } from '../machine/nginx-binaries';
import {
  renderOn,
  serverName,
  type FrontOptions,
  type FrontPorts,
  type Rendered,
} from '../front/rendered-front';
import { temporaryFolder } from '../machine/temporary-folder';
import { fitToBed } from './fit-to-bed';

/** The version that AwsPlatform installs, where it is here. */
const nginx = nginxBinaries().available.find(({ name }) => name === '1.30');

renderBehind((proxyProtocol) => AwsEntry.nlb({ proxyProtocol }));

/** From now on, clients come in by another entry, whose load balancer has these addresses: those that nobody has here. */
export function renderBehind(
  entry: (proxyProtocol?: boolean) => AwsEntry,
  addresses = '198.18.0.0/15',
): void {
  renderOn({
    render: (ports, options) => {
      const { configuration, ...rest } = renderOnAws(ports, options, entry(options.proxyProtocol));
      return {
        ...rest,
        configuration: configuration.replace(
          /set_real_ip_from "?\$\{TfToken[^;]*;/g,
          `set_real_ip_from ${addresses};`,
        ),
      };
    },
    executable: nginx?.executable,
    plainProtocol: 'https',
  });
}

function renderOnAws(ports: FrontPorts, options: FrontOptions, entry: AwsEntry): Rendered {
  const { cluster: clusterOptions, tls, executable: _, proxyProtocol: __, ...props } = options;
  const stack = new TerraformStack(new App({ outdir: temporaryFolder('synth') }), 'test');
  const platform = new AwsPlatform(stack, 'Platform', {
    region: 'eu-central-1',
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      publicSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      privateSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
    },
    entry,
    // Some tests have servers in addresses that nobody has.
    nginxEgress: [...new Set(props.upstream?.list.map(({ address }) => portOf(address)))]
      .filter((port) => port !== undefined)
      .map((port) => ({ port, range: '0.0.0.0/0' })),
  });
  const cluster = clusterOptions && addCluster(stack, platform, clusterOptions);
  const front = new NginxWsFrontend(stack, 'Frontend', {
    serverName,
    nginxVersion: nginx ? undefined : '1.22',
    ...props,
    ...(cluster ? { cluster } : { platform }),
    tls: tls === true ? TlsCertificate.fromSecret(SECRET) : TlsCertificate.acm(CERTIFICATE),
  });
  const here =
    tls === true ? `${serverName}:${ports.httpsPort}` : `${serverName}:${ports.httpPort}`;
  const scheme = tls === true ? 'https' : 'http';
  const onThisMachine = (url: string) =>
    url
      .replace(`https://${serverName}`, `${scheme}://${here}`)
      .replace(`wss://${serverName}`, `${scheme.replace('http', 'ws')}://${here}`);
  const layout = platform.nginxLayout(front);
  return {
    configuration: withPeersOf(
      fitToBed(front.configuration, layout, ports, tls === true),
      clusterOptions?.firstPort,
    ),
    url: onThisMachine(front.url),
    webSocketUrl: onThisMachine(front.webSocketUrl),
    heartbeat: cluster?.heartbeat,
  };
}

function portOf(address: string): number | undefined {
  const digits = /:(\d+)$/.exec(address)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:chat-AbCdEf';
const CERTIFICATE = 'arn:aws:acm:eu-central-1:111122223333:certificate/0123';

function addCluster(
  stack: TerraformStack,
  platform: AwsPlatform,
  { backplane, ...props }: NonNullable<FrontOptions['cluster']>,
): AiwmCluster {
  return new AiwmCluster(stack, 'Aiwm', {
    ...props,
    platform,
    service: AiwmService.image('example.org/chat:1'),
    backplane: backplane ? new RedisAdapterBackplane(stack, 'Backplane', { platform }) : undefined,
  });
}

/** The instances of a cluster, whose names only AWS knows: the ports of the test, in order. */
function withPeersOf(text: string, firstPort: number | undefined): string {
  if (firstPort === undefined) {
    return text;
  }
  const peers = new Set([...text.matchAll(/^ *(server \S+:\d+"?)[ ;]/gm)].map(([, each]) => each!));
  return [...peers].reduce(
    (left, peer, index) =>
      left
        .replaceAll(`${peer} resolve`, peer)
        .replaceAll(peer, `server 127.0.0.1:${firstPort + index}`),
    text,
  );
}
