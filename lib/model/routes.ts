import type { Check } from '../validation/check';
import type { Routes } from '../nginx/intent';
import { PATH } from '../validation/text-rules';

/**
 * Public paths of a service. nginx answers all other paths with 404.
 *
 * A path matches itself and everything below it: "/dev/aiwm" matches "/dev/aiwm/users" but not "/dev/aiwmfoo".
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "chat.example.org",
 *   routes: AiwmRoutes.socketIo({ webSocket: "/socket.io", rest: "/api", health: "/healthz" }),
 * });
 */
export class AiwmRoutes {
  /** The default paths of AIWM: "/dev/aiwm/chat" (WebSocket), "/dev/aiwm" (REST) and "/dev/aiwm/health". */
  public static guide(): AiwmRoutes {
    return AiwmRoutes.socketIo({
      webSocket: '/dev/aiwm/chat',
      rest: '/dev/aiwm',
      health: '/dev/aiwm/health',
    });
  }

  /** A Socket.IO endpoint, with or without REST and health paths. */
  public static socketIo(options: SocketIoRoutes): AiwmRoutes {
    return new AiwmRoutes(true, options);
  }

  /**
   * A plain WebSocket endpoint, without Socket.IO.
   *
   * @param path - public path, which the instances receive unchanged
   */
  public static webSocketOnly(path: string, options: WebSocketOnlyRoutesOptions = {}): AiwmRoutes {
    const { plainRequests = false, ...others } = options;
    return new AiwmRoutes(false, { ...others, webSocket: path }, plainRequests);
  }

  /**
   * The path as Socket.IO serves it: always with a trailing slash.
   *
   * @internal
   */
  public static _enginePath(path: string): string {
    return path.endsWith('/') ? path : `${path}/`;
  }

  private constructor(
    private readonly engineIo: boolean,
    private readonly options: SocketIoRoutes,
    private readonly plainRequests = true,
  ) {}

  /**
   * @param enginePath - path at which the instances serve Engine.IO; undefined for the public path
   * @param healthTarget - path at which the instances answer health checks
   * @internal
   */
  public _resolve(check: Check, enginePath: string | undefined, healthTarget: string): Routes {
    const webSocket = resolvePath(check, 'routes.webSocket', this.options.webSocket);
    const rest = resolveOptionalPath(check, 'routes.rest', this.options.rest);
    const health = resolveOptionalPath(check, 'routes.health', this.options.health);
    refuseSamePaths(check, { webSocket, rest, health });
    const target = enginePath === undefined ? `${webSocket}/` : AiwmRoutes._enginePath(enginePath);
    const isMapped = this.engineIo && target !== `${webSocket}/`;
    if (isMapped && rest !== undefined && target.startsWith(`${rest}/`)) {
      check.refuse('routes.rest', {
        problem:
          `the instances' own Socket.IO path, "${target}", is below "${rest || '/'}": clients could reach it there and bypass the ` +
          'allowed origins, the limits and the affinity of routes.webSocket',
        allowed: 'a REST path that does not contain it',
        remedy: `Set enginePath of the cluster or of Upstream.servers to "${webSocket}/", or choose another path for rest.`,
      });
    }
    return {
      webSocket: {
        path: webSocket,
        engineIo: this.engineIo,
        enginePath: isMapped ? target : undefined,
        refusesPlainRequests: !this.plainRequests,
      },
      rest,
      health: health === undefined ? undefined : { path: health || '/', target: healthTarget },
    };
  }
}

/** Paths of a service besides its WebSocket. */
export interface WebSocketRoutesOptions {
  /**
   * Public path of the REST API, which the instances receive unchanged.
   *
   * @default - no REST API
   */
  readonly rest?: string;
  /**
   * Public path that reports whether at least one instance is healthy. Its requests are not logged.
   *
   * @default - no public health path
   */
  readonly health?: string;
}

/** Options for the routes of a plain WebSocket endpoint. */
export interface WebSocketOnlyRoutesOptions extends WebSocketRoutesOptions {
  /**
   * Whether requests to the path of the WebSocket that open no WebSocket reach the instances, as for GraphQL or SockJS.
   *
   * @default false - nginx answers them with 426 "Upgrade Required"
   */
  readonly plainRequests?: boolean;
}

/** Paths of a Socket.IO service. */
export interface SocketIoRoutes extends WebSocketRoutesOptions {
  /**
   * Public path of Socket.IO, which clients pass as `path`. It works with and without a trailing slash.
   *
   * @see https://socket.io/docs/v4/client-options/#path
   */
  readonly webSocket: string;
}

function resolveOptionalPath(check: Check, property: string, path?: string): string | undefined {
  return path === undefined ? undefined : resolvePath(check, property, path);
}

/** The path without its trailing slash, so that both forms are accepted. */
function resolvePath(check: Check, property: string, path: string): string {
  return check.text(property, path, PATH).replace(/\/$/, '');
}

function refuseSamePaths(check: Check, paths: Record<string, string | undefined>): void {
  const seen = new Map<string, string>();
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) {
      continue;
    }
    const other = seen.get(path);
    if (other !== undefined) {
      check.refuse(`routes.${name}`, {
        problem: `"${path || '/'}" is also the path of routes.${other}`,
        allowed: 'a different path for each',
      });
    }
    seen.set(path, name);
  }
}
