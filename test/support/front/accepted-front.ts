// Fronts of all kinds that the library accepts, as plain data: what is asked for, and how it is said to the library.
import {
  AccessLog,
  AiwmRoutes,
  Balancing,
  ClientTransport,
  ErrorPages,
  SameSite,
  TlsCertificate,
  type AffinityCookieOptions,
  type ConnectionLimits,
  type Failover,
  type FrontTimeouts,
  type Hsts,
  type JsonErrorPages,
  type NginxDirectives,
  type NginxWsFrontend,
  type NginxWsFrontendProps,
  type UpstreamOptions,
  type UpstreamServer,
} from 'cdktf-aiwm';
import type { LocalPlatformProps } from 'cdktf-aiwm/local';
import fc from 'fast-check';
import { servers, type Site } from '../stack/site';

export type Affinity =
  | { readonly kind: 'ip-hash' }
  | { readonly kind: 'hash'; readonly key: string }
  | { readonly kind: 'cookie'; readonly options: AffinityCookieOptions };

export type AskedBalancing =
  Affinity | { readonly kind: 'round-robin' | 'least-connections'; readonly affinity?: Affinity };

export interface AskedFront {
  readonly platform: LocalPlatformProps;
  readonly tls: 'none' | 'self-signed' | 'files' | 'terminated-upstream';
  readonly servers: readonly UpstreamServer[];
  readonly upstream: UpstreamOptions;
  readonly routes: {
    readonly engineIo: boolean;
    readonly webSocket: string;
    readonly rest?: string;
    readonly health?: string;
  };
  readonly balancing?: AskedBalancing;
  readonly errorPages?: JsonErrorPages | 'off';
  readonly own: readonly OwnHeader[];
  readonly props: Pick<
    NginxWsFrontendProps,
    | 'serverName'
    | 'alternativeNames'
    | 'clientTransports'
    | 'failover'
    | 'timeouts'
    | 'limits'
    | 'allowedOrigins'
    | 'trustedProxies'
    | 'proxyProtocol'
    | 'accessLog'
    | 'maxBodySize'
    | 'http2'
    | 'hsts'
    | 'expectedConnections'
    | 'drainTimeout'
    | 'nginxVersion'
  >;
}

/** A header of the user's own, with any text as its value. */
export interface OwnHeader {
  readonly context: keyof NginxDirectives & ('server' | 'webSocket' | 'rest');
  readonly name: string;
  readonly value: string;
}

export function buildFront(site: Site, asked: AskedFront): NginxWsFrontend {
  const { routes, errorPages, balancing } = asked;
  return site.front({
    ...asked.props,
    platform: site.platform(asked.platform),
    upstream: servers([...asked.servers], asked.upstream),
    tls: certificate(asked.tls),
    routes: routes.engineIo
      ? AiwmRoutes.socketIo(routes)
      : AiwmRoutes.webSocketOnly(routes.webSocket, routes),
    balancing: balancing === undefined ? undefined : toBalancing(balancing),
    errorPages:
      errorPages === undefined
        ? undefined
        : errorPages === 'off'
          ? ErrorPages.off()
          : ErrorPages.json(errorPages),
    directives: directives(asked.own),
  });
}

function certificate(tls: AskedFront['tls']): TlsCertificate | undefined {
  switch (tls) {
    case 'none':
      return undefined;
    case 'self-signed':
      return TlsCertificate.selfSigned();
    case 'files':
      return TlsCertificate.fromFiles('cert.pem', 'key.pem');
    case 'terminated-upstream':
      return TlsCertificate.terminatedUpstream();
  }
}

function toBalancing(asked: AskedBalancing): Balancing {
  switch (asked.kind) {
    case 'ip-hash':
      return Balancing.ipHash();
    case 'hash':
      return Balancing.hash(asked.key);
    case 'cookie':
      return Balancing.cookie(asked.options);
    case 'round-robin':
      return Balancing.roundRobin({
        sessionAffinity: asked.affinity && toBalancing(asked.affinity),
      });
    case 'least-connections':
      return Balancing.leastConnections({
        sessionAffinity: asked.affinity && toBalancing(asked.affinity),
      });
  }
}

function directives(own: readonly OwnHeader[]): NginxDirectives {
  const of = (context: OwnHeader['context']): string[] =>
    own
      .filter((each) => each.context === context)
      .map(({ name, value }) => `add_header ${name} ${quoted(value)} always;`);
  return { server: of('server'), webSocket: of('webSocket'), rest: of('rest') };
}

/** As a person would write it, not as the library prints it. */
function quoted(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const text = (characters: readonly string[], minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((parts) => parts.join(''));
const integer = (min: number, max: number) => fc.integer({ min, max });

const label = fc.oneof(
  { weight: 5, arbitrary: text(LETTERS, 1, 8) },
  { weight: 1, arbitrary: text(LETTERS, 63, 63) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(text(LETTERS, 1, 3), text([...LETTERS, '-', '-'], 0, 20), text(LETTERS, 1, 3))
      .map((parts) => parts.join('')),
  },
);
const hostName = fc
  .tuple(fc.array(label, { minLength: 0, maxLength: 4 }), text(LETTERS.slice(0, 26), 2, 8))
  .map(([labels, last]) => [...labels, last].join('.'))
  .filter((name) => name.length <= 253);
const namePattern = fc
  .tuple(fc.constantFrom('', '', '*.'), hostName)
  .map(([wildcard, name]) => (wildcard + name).slice(0, 255));

const segment = text([...LETTERS, 'A', 'Z', '.', '_', '~', '-'], 1, 12).filter(
  (each) => each !== '.' && each !== '..',
);
const path = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? '' : end}`);

const ip = fc.oneof(
  fc
    .tuple(integer(1, 223), integer(0, 255), integer(0, 255), integer(1, 254))
    .map((octets) => octets.join('.')),
);
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((parts) => parts.map((part) => part.toString(16)).join(':'));
const port = integer(1, 65_535);
/** Of addresses, because nginx looks names up when it tests a configuration. */
const address = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(ip, port).map(([host, at]) => `${host}:${at}`) },
  { weight: 2, arbitrary: fc.tuple(ipv6, port).map(([host, at]) => `[${host}]:${at}`) },
  { weight: 1, arbitrary: text(LETTERS, 1, 20).map((name) => `unix:/run/${name}.sock`) },
);
const range = fc.oneof(
  ip,
  ipv6,
  fc.tuple(ip, integer(1, 32)).map(([host, bits]) => `${host}/${bits}`),
  fc.tuple(ipv6, integer(1, 128)).map(([host, bits]) => `${host}/${bits}`),
);
const origin = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.constantFrom('', '', '*.'),
    hostName,
    optional(integer(1000, 65_535)),
  )
  .map(([scheme, wildcard, host, at]) => `${scheme}://${wildcard}${host}${at ? `:${at}` : ''}`);

/** Seconds as people may write them: "90s", "1m30s". */
const duration = (min: number, max: number) =>
  fc.tuple(integer(min, max), fc.boolean()).map(([seconds, mixed]) => {
    const minutes = Math.floor(seconds / 60);
    return mixed && minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
  });

const variable = fc.oneof(
  fc.constantFrom('$remote_addr', '$binary_remote_addr'),
  fc
    .tuple(fc.constantFrom('http', 'arg', 'cookie'), text([...LETTERS, '_'], 1, 64))
    .map(([kind, name]) => `$${kind}_${name}`),
);
const cookie = (secure: boolean): fc.Arbitrary<AffinityCookieOptions> =>
  fc.record(
    {
      name: text([...LETTERS, 'A', '_'], 1, 64),
      path,
      domain: hostName,
      sameSite: fc
        .constantFrom(...Object.values(SameSite))
        .filter((sameSite) => secure || sameSite !== SameSite.NONE),
      maxAge: duration(1, 100_000),
    },
    { requiredKeys: [] },
  );
const affinity = (secure: boolean): fc.Arbitrary<Affinity> =>
  fc.oneof(
    fc.constant({ kind: 'ip-hash' } as const),
    fc.record({ kind: fc.constant('hash' as const), key: variable }),
    fc.record({ kind: fc.constant('cookie' as const), options: cookie(secure) }),
  );
const rotation = (secure: boolean) =>
  fc.record({
    kind: fc.constantFrom('round-robin' as const, 'least-connections' as const),
    affinity: optional(affinity(secure)),
  });

/** Text of a header: any, but for what starts a variable, and what no configuration may hold. */
const headerValue = fc
  .array(
    fc.oneof(
      fc.constantFrom(...';{}"\'\\# ntr%()'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''))
  // eslint-disable-next-line no-control-regex -- what is refused
  .filter((value) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029\ue000-\uf8ff$]|%\{/.test(value));
const ownHeader: fc.Arbitrary<OwnHeader> = fc.record({
  context: fc.constantFrom('server' as const, 'webSocket' as const, 'rest' as const),
  name: text(LETTERS.slice(0, 26), 1, 8).map((name) => `X-${name}`),
  value: headerValue,
});

/** JSON without what nginx would read as a variable and what Terraform would read as a template. */
const body = fc
  .json({ maxDepth: 2 })
  .filter((json) => !/[$]|%\{/.test(json) && Buffer.byteLength(json) <= 2000)
  // eslint-disable-next-line no-control-regex -- what is refused
  .filter((json) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029\ue000-\uf8ff]/.test(json));

const limits: fc.Arbitrary<ConnectionLimits> = fc
  .record(
    {
      connectionsPerClient: integer(1, 65_535),
      handshakesPerSecond: integer(1, 10_000),
      burst: integer(0, 100_000),
      key: variable,
    },
    { requiredKeys: [] },
  )
  .map((asked) =>
    asked.connectionsPerClient === undefined && asked.handshakesPerSecond === undefined
      ? { ...asked, handshakesPerSecond: 10 }
      : asked,
  )
  .map(({ burst, ...asked }) =>
    asked.handshakesPerSecond === undefined ? asked : { ...asked, burst },
  );

const server = fc.record(
  { address, weight: integer(1, 1000), down: fc.boolean() },
  { requiredKeys: ['address'] },
);
/** The first is in service, so that there is somebody to take a client. */
const serverList = fc
  .uniqueArray(server, { minLength: 1, maxLength: 12, selector: (each) => each.address })
  .map(([first, ...others]): UpstreamServer[] => [{ ...first!, down: undefined }, ...others]);

const VERSIONS = [
  '1.19.4',
  '1.22',
  '1.25.0',
  '1.25.1',
  '1.29.5',
  '1.29.6',
  '1.30',
  '1.31.4',
] as const;

/** Everything that does not depend on anything else. */
const independent = fc.record(
  {
    alternativeNames: fc.uniqueArray(namePattern, { maxLength: 20 }),
    failover: fc.record(
      {
        maxFails: integer(0, 100),
        failTimeout: duration(1, 3600),
        connectTimeout: fc.oneof(
          duration(1, 60),
          integer(10, 999).map((ms) => `${ms}ms`),
        ),
        tries: integer(1, 16),
      },
      { requiredKeys: [] },
    ) satisfies fc.Arbitrary<Failover>,
    timeouts: fc.record(
      { webSocket: duration(46, 1_000_000), rest: duration(1, 86_400) },
      { requiredKeys: [] },
    ) satisfies fc.Arbitrary<FrontTimeouts>,
    limits,
    allowedOrigins: fc.uniqueArray(origin, { minLength: 1, maxLength: 30 }),
    accessLog: fc.constantFrom(...Object.values(AccessLog)),
    maxBodySize: fc
      .tuple(integer(1, 999_999), fc.constantFrom('k', 'm', 'g'))
      .map((parts) => parts.join('')),
    http2: fc.boolean(),
    expectedConnections: integer(1, 500_000),
    drainTimeout: duration(1, 604_800),
    nginxVersion: fc.constantFrom(...VERSIONS),
  },
  { requiredKeys: [] },
);

const hsts: fc.Arbitrary<Hsts> = fc.oneof(
  fc.record(
    { maxAge: duration(1, 1_000_000), includeSubDomains: fc.boolean() },
    { requiredKeys: [] },
  ),
  fc.constant({ maxAge: '400d', includeSubDomains: true, preload: true }),
);

const routes = fc
  .record(
    { engineIo: fc.boolean(), webSocket: path, rest: path, health: path },
    { requiredKeys: ['engineIo', 'webSocket'] },
  )
  .filter(({ webSocket, rest, health }) => {
    const given = [webSocket, rest, health].filter((each) => each !== undefined);
    return new Set(given.map((each) => each.replace(/\/$/, ''))).size === given.length;
  });

/** Whether clients of REST could reach Socket.IO at the instances' own path, which is refused. */
function isBelowRest(
  { engineIo, webSocket, rest }: AskedFront['routes'],
  enginePath: string | undefined,
): boolean {
  const slashed = (path: string) => path.replace(/\/?$/, '/');
  return (
    engineIo &&
    enginePath !== undefined &&
    rest !== undefined &&
    slashed(enginePath) !== slashed(webSocket) &&
    slashed(enginePath).startsWith(slashed(rest))
  );
}

const transports = fc.uniqueArray(fc.constantFrom(...Object.values(ClientTransport)), {
  minLength: 1,
});

/** Anything that a user may ask of a front and that is not a contradiction. */
export const acceptedFront: fc.Arbitrary<AskedFront> = fc
  .record({
    tls: fc.constantFrom('none', 'self-signed', 'files', 'terminated-upstream'),
    routes,
    clientTransports: optional(transports),
    backplane: fc.boolean(),
    serverName: hostName,
    independent,
  })
  .chain(({ tls, routes: paths, clientTransports, backplane, serverName, independent: rest }) => {
    const secure = tls !== 'none';
    const webSocketOnly = [ClientTransport.WEBSOCKET];
    const asked = paths.engineIo ? clientTransports : clientTransports && webSocketOnly;
    const polls = paths.engineIo && (asked?.includes(ClientTransport.POLLING) ?? true);
    const rotates = backplane || !polls;
    return fc
      .record({
        platform: fc.record(
          {
            addresses: fc.constantFrom<string[]>(
              ['127.0.0.1'],
              ['127.0.0.9'],
              ['::1'],
              ['127.0.0.1', '::1'],
              ['0.0.0.0', '::'],
            ),
            httpsPort: integer(20_000, 29_999),
            httpPort: integer(30_000, 39_999),
          },
          { requiredKeys: [] },
        ),
        balancing: optional<AskedBalancing>(
          rotates ? fc.oneof(affinity(secure), rotation(secure)) : affinity(secure),
        ),
        servers: serverList,
        hasBackup: fc.boolean(),
        enginePath: optional(path),
        healthPath: optional(path),
        errorPages: optional(
          fc.oneof(
            fc.constant('off' as const),
            fc.record(
              {
                unavailable: body,
                tooManyConnections: body,
                originRefused: body,
                retryAfter: integer(1, 86_400),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
        trustedProxies: optional(fc.uniqueArray(range, { maxLength: 10 })),
        proxyProtocol: fc.boolean(),
        hsts: optional(hsts),
        own: fc.uniqueArray(ownHeader, { maxLength: 4, selector: ({ name }) => name }),
      })
      .map(({ platform, hasBackup, enginePath, healthPath, trustedProxies, ...more }) => {
        const { balancing, servers: list, errorPages, own, ...policies } = more;
        const method = balancing?.kind ?? (backplane ? 'round-robin' : 'ip-hash');
        const mayHaveBackup = !polls && /^(round-robin|least-connections)$/.test(method);
        return {
          platform: secure ? platform : { ...platform, addresses: undefined },
          tls,
          routes: paths,
          balancing,
          errorPages,
          own: own.filter(({ context }) => context !== 'rest' || paths.rest !== undefined),
          servers:
            hasBackup && mayHaveBackup
              ? [...list, { address: '192.0.2.77:1', backup: true }]
              : list,
          upstream: {
            backplane,
            enginePath: isBelowRest(paths, enginePath) ? undefined : enginePath,
            healthPath,
          },
          props: {
            ...rest,
            serverName,
            alternativeNames: rest.alternativeNames?.filter((name) => name !== serverName),
            clientTransports: asked,
            trustedProxies,
            proxyProtocol: policies.proxyProtocol && (trustedProxies?.length ?? 0) > 0,
            hsts: secure ? policies.hsts : undefined,
          },
        } satisfies AskedFront;
      });
  });
