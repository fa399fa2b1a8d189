// The generator's input, with every value decided, for tests that change one of them.
import { render } from '../../../lib/nginx/configuration';
import type { Intent, Upstream } from '../../../lib/nginx/intent';
import type { OwnContext } from '../../../lib/nginx/directive-contexts';
import { parseOwnDirective } from '../../../lib/nginx/own-directives';
import { parseVersion } from '../../../lib/nginx/version';
import { FrontConf } from './nginx-tree';

export type Change = Partial<Omit<Intent, 'upstream' | 'version' | 'ownDirectives' | 'layout'>> & {
  readonly upstream?: Partial<Upstream>;
  readonly version?: string;
  readonly layout?: Partial<Intent['layout']>;
  readonly own?: Partial<Record<OwnContext, readonly string[]>>;
};

export function intent({ upstream, version = '1.22', own = {}, layout, ...rest }: Change): Intent {
  const parsed = (context: OwnContext) =>
    (own[context] ?? []).map((line) => parseOwnDirective(context, line));
  return {
    title: 'Stack/Frontend',
    version: parseVersion(version)!,
    layout: {
      pidFile: 'nginx.pid',
      errorLog: 'logs/error.log',
      accessLog: 'logs/access.log',
      tempDirectory: 'temp',
      certificate: 'tls/certificate.pem',
      certificateKey: 'tls/key.pem',
      httpsListen: ['127.0.0.1:8443'],
      httpListen: ['127.0.0.1:8080'],
      publicHttpsPort: 8443,
      publicHttpPort: 8080,
      statusListen: 'unix:status.sock',
      releaseFile: 'release.conf',
      ...layout,
    },
    serverNames: ['chat.example.org'],
    hasLateNames: false,
    tls: 'served',
    http2: true,
    upstream: {
      name: 'aiwm_backend',
      peers: [{ address: '10.0.0.1:3003' }, { address: '10.0.0.2:3003' }],
      method: { kind: 'ip-hash' },
      failover: {
        maxFails: 3,
        failTimeout: '10s',
        connectTimeout: '5s',
        tries: 3,
        triesTimeout: '15s',
      },
      ...upstream,
    },
    routes: {
      webSocket: { path: '/dev/aiwm/chat', engineIo: true },
      rest: '/dev/aiwm',
      health: { path: '/dev/aiwm/health', target: '/health' },
    },
    timeouts: { webSocket: '7d', rest: '60s' },
    trustedProxies: [],
    proxiesInRow: true,
    proxyProtocol: false,
    accessLog: 'readable',
    maxBodySize: '2m',
    expectedConnections: 10_000,
    drainTimeout: '1h',
    ownDirectives: {
      http: parsed('http'),
      server: parsed('server'),
      webSocket: parsed('webSocket'),
      rest: parsed('rest'),
    },
    ...rest,
  };
}

/** What the generator makes of an intent, as text. */
export function rendered(change: Change = {}): string {
  return render(intent(change));
}

/** What the generator makes of an intent, ready to be asked. */
export function conf(change: Change = {}): FrontConf {
  return FrontConf.parse(rendered(change));
}
