import { Token } from 'cdktf';
import { ErrorPages } from '../model/error-pages';
import { AccessLog } from '../model/front-options';
import { AiwmRoutes } from '../model/routes';
import { render } from '../nginx/configuration';
import type * as nginx from '../nginx/intent';
import { NginxTextError } from '../nginx/text-error';
import { openFiles } from '../nginx/workers';
import type { NginxLayout } from '../platform/contract';
import { TokensInText } from '../terraform/tokens-in-text';
import type { Check } from '../validation/check';
import { PATH, SIZE } from '../validation/text-rules';
import type { FrontContext, FrontProps } from './front-context';
import { resolveDirectives } from './resolve-directives';
import { resolveExpectedConnections, resolveLimits } from './resolve-limits';
import { resolveServerNames } from './resolve-server-names';
import { resolveAllowedOrigins, resolveTrustedProxies } from './resolve-sources';
import { resolveDrainTimeout, resolveTimeouts } from './resolve-timeouts';
import { resolveHsts, resolveTls } from './resolve-tls';
import { checkAffinityByAddress, resolveUpstream } from './resolve-upstream';
import { resolveVersion } from './resolve-version';

/**
 * The properties of a front with every value checked and every default filled in.
 *
 * @internal
 */
export class FrontIntent {
  /** All names that nginx serves, `serverName` first. Each may be a Token. */
  public readonly serverNames: string[];
  private readonly tokens = new TokensInText();
  private readonly layout: NginxLayout;
  private readonly intent: nginx.Intent;

  /** @throws ValidationError for an invalid property */
  public constructor(
    private readonly check: Check,
    private readonly props: FrontProps,
  ) {
    this.layout = props.platform.nginxLayout(check.scope);
    this.serverNames = resolveServerNames(check, props);
    const { layout, tokens } = this;
    const context: FrontContext = { check, props, layout, tokens };
    this.intent = this.resolve(context);
    checkAffinityByAddress(context, this.intent);
  }

  /**
   * The text of nginx.conf, with Tokens in place of values that are known only at apply.
   *
   * @throws ValidationError for a custom directive that contradicts a generated one
   */
  public render(): string {
    try {
      return this.tokens.show(render(this.intent));
    } catch (error) {
      if (error instanceof NginxTextError) {
        const { where } = error;
        const message = this.tokens.describe(error.message);
        if (where === undefined) {
          this.check.refuse('platform', { problem: message });
        }
        this.check.refuse(`directives.${where}`, {
          problem: message,
          remedy: 'Use the property that sets it, or remove the line.',
        });
      }
      throw error;
    }
  }

  /** Number of files and connections that nginx must be allowed to open. */
  public get openFiles(): number {
    return openFiles(this.intent);
  }

  /** Address that clients use for the service (`http`) or for its WebSocket (`ws`). */
  public url(scheme: 'http' | 'ws'): string {
    const { tls, routes } = this.intent;
    const port = tls === 'served' ? this.layout.publicHttpsPort : this.layout.publicHttpPort;
    // A proxy that terminates TLS listens on the usual port, whatever port this nginx listens on.
    const usual = tls === 'terminated-upstream' || port === (tls === 'served' ? 443 : 80);
    const path =
      scheme === 'http' ? '' : `${routes.webSocket.path}${routes.webSocket.engineIo ? '/' : ''}`;
    return `${scheme}${tls === 'none' ? '' : 's'}://${this.serverNames[0]}${usual ? '' : `:${port}`}${path}`;
  }

  private resolve(context: FrontContext): nginx.Intent {
    const { check, props, serverNames, tokens } = this;
    const { allowedOrigins = [] } = props;
    const tls = resolveTls(check, props);
    const trustedProxies = resolveTrustedProxies(context);
    const routes = this.resolveRoutes();
    const version = resolveVersion(check, props);
    const upstream = resolveUpstream(context, version, routes);
    return {
      title: printable(check.scope.node.path),
      version,
      layout: tokens.hideAll(this.layout),
      serverNames: serverNames.map((name) => tokens.hide(name)),
      hasLateNames: [...serverNames, ...allowedOrigins].some((name) => Token.isUnresolved(name)),
      tls,
      http2: props.http2 ?? true,
      hsts: props.hsts === undefined ? undefined : resolveHsts(check, props.hsts, tls),
      upstream,
      routes,
      timeouts: resolveTimeouts(context, routes),
      limits: props.limits === undefined ? undefined : resolveLimits(check, props.limits),
      allowedOrigins: resolveAllowedOrigins(context),
      trustedProxies,
      // The platform's load balancer has no trusted proxy in front of it unless the user names one.
      proxiesInRow: (props.trustedProxies ?? []).length > 0,
      proxyProtocol: props.proxyProtocol ?? this.layout.entry?.proxyProtocol ?? false,
      accessLog: check.oneOf(
        'accessLog',
        props.accessLog ?? AccessLog.READABLE,
        Object.values(AccessLog),
      ),
      errorPages: (props.errorPages ?? ErrorPages.json())._resolve(check),
      maxBodySize: check.text('maxBodySize', props.maxBodySize ?? '2m', SIZE),
      expectedConnections: resolveExpectedConnections(context, upstream.peers),
      drainTimeout: resolveDrainTimeout(context),
      ownDirectives: resolveDirectives(context),
    };
  }

  private resolveRoutes(): nginx.Routes {
    const { check, props } = this;
    const { enginePath, healthPath } = props.upstream;
    return (props.routes ?? AiwmRoutes.guide())._resolve(
      check,
      enginePath === undefined ? undefined : check.text('upstream.enginePath', enginePath, PATH),
      check.text('upstream.healthPath', healthPath, PATH),
    );
  }
}

/** A path that may stand in a comment of nginx.conf: construct ids may contain any character, comments may not. */
function printable(path: string): string {
  return path.replace(/[^\p{L}\p{N} /._-]/gu, '_');
}
