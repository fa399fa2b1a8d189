import { isIP } from 'node:net';
import { Token } from 'cdktf';
import { AccessLog } from './access-log';
import { chooseMethods } from './choose-balancing';
import type { Check } from './check';
import { show } from './check';
import { DEFAULT_HEARTBEAT } from './check-heartbeat';
import { ClientTransport } from './client-transport';
import { checkDuration } from './duration';
import { ErrorPages } from './error-pages';
import type { ConnectionLimits, Hsts, NginxDirectives } from './front-options';
import { render } from './nginx/configuration';
import type * as nginx from './nginx/intent';
import type { OwnContext } from './nginx/own-directives';
import { parseOwnDirective } from './nginx/own-directives';
import type { ParsedDirective } from './nginx/parse';
import { NginxSyntaxError, NginxTextError } from './nginx/text-error';
import type { NginxVersion } from './nginx/version';
import { isAtLeast, OLDEST_VERSION, parseVersion, printVersion } from './nginx/version';
import { EPHEMERAL_PORTS, openFiles } from './nginx/workers';
import type { NginxWsFrontendProps } from './nginx-ws-frontend';
import type { IPlatform, NginxLayout } from './platform/platform';
import { AiwmRoutes } from './routes';
import {
  DIRECTIVE,
  HASH_KEY,
  IP_RANGE,
  ORIGIN,
  PATH,
  SERVER_NAME,
  SERVER_NAME_PATTERN,
  SIZE,
} from './text-rules';
import { TlsKind } from './tls-certificate';
import { TokensInText } from './tokens-in-text';
import type { Upstream } from './upstream';

/** A heartbeat's own timeout must end a dead connection before nginx does; this much later is soon enough. */
const HEARTBEAT_MARGIN_SECONDS = 30;

type FrontProps = NginxWsFrontendProps & {
  readonly platform: IPlatform;
  readonly upstream: Upstream;
};

/**
 * What a user said of a front, checked and decided.
 *
 * @internal
 */
export class FrontIntent {
  /** What is legal and still worth a word. */
  public readonly warnings: string[] = [];

  private readonly tokens = new TokensInText();
  private readonly layout: NginxLayout;
  private readonly intent: nginx.Intent;

  public constructor(
    private readonly check: Check,
    private readonly props: FrontProps,
  ) {
    this.layout = props.platform.nginxLayout(check.scope);
    const serverNames = this.serverNames();
    const tls = this.tls();
    const trustedProxies = this.trustedProxies();
    const upstream = this.upstream();
    this.intent = {
      title: printable(check.scope.node.path),
      version: this.version(),
      layout: this.tokens.hideAll(this.layout),
      serverNames,
      hasLateNames: this.hasLateNames(),
      tls,
      http2: props.http2 ?? true,
      hsts: this.hsts(tls),
      upstream,
      routes: this.routes._resolve(
        check,
        this.enginePath(),
        check.text('upstream.healthPath', props.upstream.healthPath, PATH),
      ),
      timeouts: this.timeouts(),
      limits: props.limits === undefined ? undefined : this.limits(props.limits),
      allowedOrigins: this.allowedOrigins(),
      trustedProxies,
      proxyProtocol: props.proxyProtocol ?? false,
      accessLog: check.oneOf(
        'accessLog',
        props.accessLog ?? AccessLog.READABLE,
        Object.values(AccessLog),
      ),
      errorPages: (props.errorPages ?? ErrorPages.json())._resolve(check),
      maxBodySize: check.text('maxBodySize', props.maxBodySize ?? '2m', SIZE),
      expectedConnections: this.expectedConnections(upstream.peers),
      drainTimeout: checkDuration(check, 'drainTimeout', props.drainTimeout ?? '1h', '1s', '7d')
        .text,
      ownDirectives: this.ownDirectives(props.directives ?? {}),
    };
    this.checkAffinityByAddress();
  }

  /** The nginx.conf, with Tokens where values are known only at apply. */
  public render(): string {
    try {
      return this.tokens.show(render(this.intent));
    } catch (error) {
      if (error instanceof NginxTextError) {
        const { where, message } = error;
        if (where === undefined) {
          this.check.refuse('platform', message);
        }
        this.check.refuse(
          `directives.${where}`,
          message,
          undefined,
          'Use the property that sets it, or leave the line out.',
        );
      }
      throw error;
    }
  }

  /** How many files and connections nginx has to be allowed to open. */
  public get openFiles(): number {
    return openFiles(this.intent);
  }

  /** Where clients find the service (`http`) or its WebSocket (`ws`). */
  public url(scheme: 'http' | 'ws'): string {
    const { tls, routes } = this.intent;
    const port = tls === 'served' ? this.layout.publicHttpsPort : this.layout.publicHttpPort;
    // A proxy that terminates TLS has the usual port, whatever this nginx listens on.
    const usual = tls === 'terminated-upstream' || port === (tls === 'served' ? 443 : 80);
    const path =
      scheme === 'http' ? '' : `${routes.webSocket.path}${routes.webSocket.engineIo ? '/' : ''}`;
    return `${scheme}${tls === 'none' ? '' : 's'}://${this.props.serverName}${usual ? '' : `:${port}`}${path}`;
  }

  private get seesClientAddresses(): boolean {
    const { platform, trustedProxies = [] } = this.props;
    return platform.traits.seesClientAddresses || trustedProxies.length > 0;
  }

  private hasLateNames(): boolean {
    const { serverName, alternativeNames = [], allowedOrigins = [] } = this.props;
    return [serverName, ...alternativeNames, ...allowedOrigins].some((name) =>
      Token.isUnresolved(name),
    );
  }

  private get routes(): AiwmRoutes {
    return this.props.routes ?? AiwmRoutes.guide();
  }

  private serverNames(): string[] {
    const { serverName, alternativeNames = [] } = this.props;
    if (String(serverName).startsWith('*.')) {
      this.check.refuse(
        'serverName',
        `${show(serverName)} stands for many names, and clients need one`,
        SERVER_NAME.allowed,
        'Give one name here and the wildcard in alternativeNames.',
      );
    }
    this.check.text('serverName', serverName, SERVER_NAME);
    this.refuseAddresses('serverName', [serverName]);
    this.refuseAddresses('alternativeNames', alternativeNames);
    this.check.texts('alternativeNames', alternativeNames, SERVER_NAME_PATTERN, { max: 63 });
    const twice = alternativeNames.findIndex(
      (name) => name.toLowerCase() === serverName.toLowerCase(),
    );
    if (twice >= 0) {
      this.check.refuse(
        `alternativeNames[${twice}]`,
        `"${serverName}" is the serverName as well`,
        'each name once',
      );
    }
    return [serverName, ...alternativeNames].map((name) => this.tokens.hide(name));
  }

  /** TLS asks by name alone, so a certificate could never be chosen for an address. */
  private refuseAddresses(property: string, names: readonly string[]): void {
    const { tls } = this.props;
    const address = names.find((name) => isIP(name) !== 0);
    if (address !== undefined && tls !== undefined && tls.kind !== TlsKind.TERMINATED_UPSTREAM) {
      this.check.refuse(
        property,
        `"${address}" is an address, and clients name none to TLS: every handshake would be refused`,
        'a host name, e.g. "localhost"',
      );
    }
  }

  private tls(): nginx.Tls {
    const { tls, platform } = this.props;
    if (tls === undefined) {
      if (platform.traits.isPublic) {
        this.check.refuse(
          'tls',
          `${platform.traits.name} can be reached by other machines, and without TLS tokens and messages travel in the clear`,
          'TlsCertificate.fromFiles(…), .selfSigned() for development, .terminatedUpstream() behind a proxy that speaks TLS',
        );
      }
      return 'none';
    }
    if (tls.kind === TlsKind.SELF_SIGNED && platform.traits.isPublic) {
      this.warnings.push(
        'TlsCertificate.selfSigned() on a public platform: clients will refuse it. It is for development.',
      );
    }
    return tls.kind === TlsKind.TERMINATED_UPSTREAM ? 'terminated-upstream' : 'served';
  }

  private version(): NginxVersion {
    const text = this.props.nginxVersion ?? this.props.platform.traits.nginxVersion;
    const version = parseVersion(text);
    if (version === undefined || !isAtLeast(version, OLDEST_VERSION)) {
      const source =
        this.props.nginxVersion === undefined
          ? `, which ${this.props.platform.node.path} says,`
          : '';
      this.check.refuse(
        'nginxVersion',
        `${show(text)}${source} is ${version === undefined ? 'not a version' : 'too old'}`,
        `"1.22" or "1.22.1", at least ${printVersion(OLDEST_VERSION)}`,
        'Ask nginx -v on the machine that runs it.',
      );
    }
    return version;
  }

  private hsts(tls: nginx.Tls): nginx.Hsts | undefined {
    const { hsts } = this.props;
    if (hsts === undefined) {
      return undefined;
    }
    if (tls === 'none') {
      this.check.refuse(
        'hsts',
        'browsers ignore it over plain HTTP',
        'a front with tls',
        'Set tls, or leave hsts out.',
      );
    }
    return this.checkedHsts(hsts);
  }

  private checkedHsts(hsts: Hsts): nginx.Hsts {
    const maxAge = checkDuration(this.check, 'hsts.maxAge', hsts.maxAge ?? '365d', '1s', '3650d');
    const year = 365 * 86_400;
    const maxAgeSeconds = Math.round(maxAge.milliseconds / 1000);
    if (hsts.preload && !(hsts.includeSubDomains && maxAgeSeconds >= year)) {
      this.check.refuse(
        'hsts.preload',
        'browsers take a name into their lists only with its subdomains and for a year',
        'preload with includeSubDomains: true and maxAge of at least "365d"',
      );
    }
    return {
      maxAgeSeconds,
      includeSubDomains: hsts.includeSubDomains ?? false,
      preload: hsts.preload ?? false,
    };
  }

  private upstream(): nginx.Upstream {
    const { failover = {} } = this.props;
    const peers = this.props.upstream._peers(this.check, this.tokens);
    const methods = chooseMethods(this.check, {
      balancing: this.props.balancing,
      hasBackplane: this.props.upstream.hasBackplane,
      transports: this.transports(),
      hasBackup: peers.some(({ backup }) => backup),
      seesClientAddresses: this.seesClientAddresses,
      secure: this.props.tls !== undefined,
    });
    if (methods.warning !== undefined) {
      this.warnings.push(methods.warning);
    }
    const connect = checkDuration(
      this.check,
      'failover.connectTimeout',
      failover.connectTimeout ?? '5s',
      '10ms',
      '60s',
    );
    const tries = this.check.integer('failover.tries', failover.tries ?? 3, 1, 16);
    return {
      name: 'aiwm_backend',
      peers,
      method: methods.method,
      sessionMethod: methods.sessionMethod,
      failover: {
        maxFails: this.check.integer('failover.maxFails', failover.maxFails ?? 3, 0, 100),
        failTimeout: this.failTimeout(failover.failTimeout ?? '10s'),
        connectTimeout: connect.text,
        tries,
        triesTimeout: `${Math.ceil((connect.milliseconds * tries) / 1000)}s`,
      },
    };
  }

  private failTimeout(text: string): string {
    checkDuration(this.check, 'failover.failTimeout', text, '1s', '1h');
    if (text.endsWith('ms')) {
      this.check.refuse(
        'failover.failTimeout',
        `"${text}" holds milliseconds, and nginx counts this time in seconds`,
        '1s to 1h',
      );
    }
    return text;
  }

  private transports(): readonly ClientTransport[] {
    const all = Object.values(ClientTransport);
    const given = this.props.clientTransports;
    const transports = this.check
      .list(
        'clientTransports',
        given ?? (this.routes._engineIo ? all : [ClientTransport.WEBSOCKET]),
      )
      .map((transport, index) => this.check.oneOf(`clientTransports[${index}]`, transport, all));
    if (transports.length === 0) {
      this.check.refuse(
        'clientTransports',
        'the list is empty, so no client could connect',
        'at least one ClientTransport',
      );
    }
    if (!this.routes._engineIo && transports.includes(ClientTransport.POLLING)) {
      this.check.refuse(
        'clientTransports',
        'a plain WebSocket path has no long-polling',
        '[ClientTransport.WEBSOCKET], or routes: AiwmRoutes.socketIo({…})',
      );
    }
    return transports;
  }

  private enginePath(): string | undefined {
    const { enginePath } = this.props.upstream;
    return enginePath === undefined
      ? undefined
      : this.check.text('upstream.enginePath', enginePath, PATH);
  }

  private timeouts(): nginx.Timeouts {
    const { timeouts = {}, cluster } = this.props;
    const decided = cluster?.heartbeat;
    const { intervalMs, timeoutMs } = decided ?? DEFAULT_HEARTBEAT;
    const heartbeatMs = intervalMs + timeoutMs;
    const derived =
      decided === undefined ? '7d' : `${Math.ceil(heartbeatMs / 1000) + HEARTBEAT_MARGIN_SECONDS}s`;
    const webSocket = checkDuration(
      this.check,
      'timeouts.webSocket',
      timeouts.webSocket ?? derived,
      '1s',
      '365d',
    );
    if (this.routes._engineIo && webSocket.milliseconds <= heartbeatMs) {
      this.check.refuse(
        'timeouts.webSocket',
        `"${webSocket.text}" ends a silent connection before Socket.IO's heartbeat (every ${intervalMs / 1000}s, answer within ${timeoutMs / 1000}s) can`,
        `more than ${heartbeatMs / 1000}s`,
        'Raise it, or give the cluster a shorter heartbeat.',
      );
    }
    return {
      webSocket: webSocket.text,
      rest: checkDuration(this.check, 'timeouts.rest', timeouts.rest ?? '60s', '1s', '1d').text,
    };
  }

  private limits({
    connectionsPerClient,
    handshakesPerSecond,
    burst,
    key,
  }: ConnectionLimits): nginx.Limits {
    const { check } = this;
    if (connectionsPerClient === undefined && handshakesPerSecond === undefined) {
      check.refuse(
        'limits',
        'nothing is limited',
        'connectionsPerClient, handshakesPerSecond or both',
      );
    }
    if (burst !== undefined && handshakesPerSecond === undefined) {
      check.refuse(
        'limits.burst',
        'there is no rate to exceed',
        'burst together with handshakesPerSecond',
      );
    }
    const optional = (
      property: string,
      value: number | undefined,
      max: number,
    ): number | undefined =>
      value === undefined ? undefined : check.integer(`limits.${property}`, value, 1, max);
    const rate = optional('handshakesPerSecond', handshakesPerSecond, 10_000);
    return {
      key: check.text('limits.key', key ?? '$binary_remote_addr', HASH_KEY),
      connectionsPerClient: optional('connectionsPerClient', connectionsPerClient, 65_535),
      handshakesPerSecond: rate,
      burst: check.integer('limits.burst', burst ?? 4 * (rate ?? 0), 0, 100_000),
    };
  }

  private allowedOrigins(): string[] | undefined {
    const { allowedOrigins } = this.props;
    if (allowedOrigins === undefined) {
      return undefined;
    }
    return this.check
      .texts('allowedOrigins', allowedOrigins, ORIGIN, { min: 1 })
      .map((origin, index) => {
        if (Token.isUnresolved(origin) && !/^https?:\/\//.test(origin)) {
          this.check.refuse(
            `allowedOrigins[${index}]`,
            'it begins with a Token: what comes at apply could be read as a pattern',
            'a Token behind its scheme: `https://${name}`',
          );
        }
        if (origin.includes('*') && Token.isUnresolved(origin)) {
          this.check.refuse(
            `allowedOrigins[${index}]`,
            'a "*" beside a Token: what comes at apply cannot be made into a pattern safely',
            'a wildcard that is written out, or an exact origin that may be a Token',
          );
        }
        return this.tokens.hide(origin);
      });
  }

  private trustedProxies(): string[] {
    const { trustedProxies = [], proxyProtocol } = this.props;
    this.check.texts('trustedProxies', trustedProxies, IP_RANGE);
    if (proxyProtocol && trustedProxies.length === 0) {
      this.check.refuse(
        'proxyProtocol',
        'no proxy is trusted to name the client, so every client would seem to be the proxy',
        'proxyProtocol together with trustedProxies',
      );
    }
    const everybody = trustedProxies.find((range) => range.endsWith('/0'));
    if (everybody !== undefined) {
      this.warnings.push(
        `trustedProxies: ${everybody} is everybody, so each client may choose the address that limits and affinity go by. Name the proxies alone.`,
      );
    }
    return trustedProxies.map((range) => this.tokens.hide(range));
  }

  private expectedConnections(peers: readonly nginx.Peer[]): number {
    const expected = this.check.integer(
      'expectedConnections',
      this.props.expectedConnections ?? 10_000,
      1,
      500_000,
    );
    const serving = peers.filter(({ down, backup }) => !down && !backup).length;
    const hasPorts = peers.some(({ address }) => !address.startsWith('unix:'));
    const each = Math.ceil(expected / serving);
    if (hasPorts && each > EPHEMERAL_PORTS) {
      this.warnings.push(
        `${expected} connections over ${serving} instance(s) are ${each} to one address and port, and Linux has ` +
          `${EPHEMERAL_PORTS} ports for them by default. Add instances, or widen net.ipv4.ip_local_port_range where nginx runs.`,
      );
    }
    return expected;
  }

  private ownDirectives(directives: NginxDirectives): nginx.OwnDirectives {
    const parsed = (context: OwnContext): ParsedDirective[] =>
      this.check
        .list(`directives.${context}`, directives[context] ?? [])
        .map((line, index) => this.ownDirective(context, line, index));
    return {
      http: parsed('http'),
      server: parsed('server'),
      webSocket: parsed('webSocket'),
      rest: parsed('rest'),
    };
  }

  private ownDirective(context: OwnContext, line: string, index: number): ParsedDirective {
    const property = `directives.${context}[${index}]`;
    this.check.text(property, line, DIRECTIVE);
    try {
      return parseOwnDirective(context, this.tokens.hide(line));
    } catch (error) {
      if (error instanceof NginxTextError) {
        this.check.refuse(
          property,
          error.message,
          error instanceof NginxSyntaxError ? DIRECTIVE.allowed : undefined,
        );
      }
      throw error;
    }
  }

  /** Affinity by address is none where all clients come from one. */
  private checkAffinityByAddress(): void {
    const { platform } = this.props;
    const { upstream, trustedProxies, tls } = this.intent;
    const method = upstream.sessionMethod ?? upstream.method;
    if (method.kind !== 'ip-hash' || trustedProxies.length > 0) {
      return;
    }
    if (!this.seesClientAddresses) {
      this.check.refuse(
        'balancing',
        `${platform.traits.name} hides the addresses of clients, so ip_hash would send all of them to one instance`,
        'Balancing.cookie(), Balancing.hash(…), or trustedProxies that name the client',
      );
    }
    if (tls === 'terminated-upstream') {
      this.warnings.push(
        'TLS is terminated in front of nginx and no proxy is trusted: ip_hash sees that proxy alone and sends everybody to one instance. Name it in trustedProxies.',
      );
    }
  }
}

/** Ids of constructs may hold anything; a comment may not. */
function printable(path: string): string {
  return path.replace(/[^\p{L}\p{N} /._-]/gu, '_');
}
