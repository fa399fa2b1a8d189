import { AccessLog } from '../model/front-options';
import type { Check } from '../validation/check';
import { ErrorPages } from '../model/error-pages';
import { render } from '../nginx/configuration';
import type * as nginx from '../nginx/intent';
import { NginxTextError } from '../nginx/text-error';
import { openFiles } from '../nginx/workers';
import type { NginxLayout } from '../platform/platform';
import { PATH, SIZE } from '../validation/text-rules';
import { TokensInText } from '../terraform/tokens-in-text';
import { checkExpectedConnections, checkLimits } from './resolve-limits';
import { checkServerNames, hasLateNames } from './resolve-server-names';
import { checkOwnDirectives } from './resolve-directives';
import { checkAllowedOrigins, checkTrustedProxies } from './resolve-sources';
import { resolveDrainTimeout, resolveTimeouts } from './resolve-timeouts';
import { checkHsts, chooseTls } from './resolve-tls';
import { checkAffinityByAddress, checkUpstream } from './resolve-upstream';
import { checkVersion } from './resolve-version';
import type { FrontContext, FrontProps } from './front-context';
import { routesOf } from './front-context';

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
    const { layout, tokens, warnings } = this;
    const context: FrontContext = { check, props, layout, tokens, warnings };
    this.intent = this.decide(context);
    checkAffinityByAddress(context, this.intent);
  }

  /** The nginx.conf, with Tokens where values are known only at apply. */
  public render(): string {
    try {
      return this.tokens.show(render(this.intent));
    } catch (error) {
      if (error instanceof NginxTextError) {
        const { where } = error;
        const message = this.tokens.describe(error.message);
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

  private decide(context: FrontContext): nginx.Intent {
    const { check, props } = this;
    const serverNames = checkServerNames(context);
    const tls = chooseTls(context);
    const trustedProxies = checkTrustedProxies(context);
    const upstream = checkUpstream(context);
    return {
      title: printable(check.scope.node.path),
      version: checkVersion(context, upstream),
      layout: this.tokens.hideAll(this.layout),
      serverNames,
      hasLateNames: hasLateNames(context),
      tls,
      http2: props.http2 ?? true,
      hsts: checkHsts(context, tls),
      upstream,
      routes: this.routes(context),
      timeouts: resolveTimeouts(context),
      limits: props.limits === undefined ? undefined : checkLimits(check, props.limits),
      allowedOrigins: checkAllowedOrigins(context),
      trustedProxies,
      // Before a load balancer of the platform is no proxy to look past, unless somebody names one.
      proxiesInRow: (props.trustedProxies ?? []).length > 0,
      proxyProtocol: props.proxyProtocol ?? this.layout.entry?.proxyProtocol ?? false,
      accessLog: check.oneOf(
        'accessLog',
        props.accessLog ?? AccessLog.READABLE,
        Object.values(AccessLog),
      ),
      errorPages: (props.errorPages ?? ErrorPages.json())._resolve(check),
      maxBodySize: check.text('maxBodySize', props.maxBodySize ?? '2m', SIZE),
      expectedConnections: checkExpectedConnections(context, upstream.peers),
      drainTimeout: resolveDrainTimeout(context),
      ownDirectives: checkOwnDirectives(context),
    };
  }

  private routes(context: FrontContext): nginx.Routes {
    const { check } = this;
    const { enginePath, healthPath } = this.props.upstream;
    return routesOf(context)._resolve(
      check,
      enginePath === undefined ? undefined : check.text('upstream.enginePath', enginePath, PATH),
      check.text('upstream.healthPath', healthPath, PATH),
    );
  }
}

/** Ids of constructs may hold anything; a comment may not. */
function printable(path: string): string {
  return path.replace(/[^\p{L}\p{N} /._-]/gu, '_');
}
