import type { Check } from '../validation/check';
import type { Routes } from '../nginx/intent';
import { PATH } from '../validation/text-rules';

/**
 * Which public paths lead where. Everything else is answered with 404.
 *
 * A path is matched as itself and below itself: "/dev/aiwm" takes "/dev/aiwm/users", never "/dev/aiwmfoo".
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "chat.example.org",
 *   routes: AiwmRoutes.socketIo({ webSocket: "/socket.io", rest: "/api", health: "/healthz" }),
 * });
 */
export class AiwmRoutes {
  /** The paths of the guide: "/dev/aiwm/chat", "/dev/aiwm" and "/dev/aiwm/health". */
  public static guide(): AiwmRoutes {
    return AiwmRoutes.socketIo({
      webSocket: '/dev/aiwm/chat',
      rest: '/dev/aiwm',
      health: '/dev/aiwm/health',
    });
  }

  /** A Socket.IO (Engine.IO) endpoint, with what else the service offers. */
  public static socketIo(options: SocketIoRoutes): AiwmRoutes {
    return new AiwmRoutes(true, options);
  }

  /** A plain WebSocket path. It reaches the instances as the client wrote it. */
  public static webSocketOnly(path: string, options: WebSocketOnlyRoutes = {}): AiwmRoutes {
    const { plainRequests = false, ...others } = options;
    return new AiwmRoutes(false, { ...others, webSocket: path }, plainRequests);
  }

  /**
   * Socket.IO serves its path with a slash at the end, however it was written.
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
   * Whether clients speak Engine.IO, and so may use long-polling.
   *
   * @internal
   */
  public get _engineIo(): boolean {
    return this.engineIo;
  }

  /**
   * @param enginePath - where the instances serve Engine.IO, as far as it is known
   * @param healthTarget - where the instances answer health checks
   * @internal
   */
  public _resolve(check: Check, enginePath: string | undefined, healthTarget: string): Routes {
    const webSocket = checkPath(check, 'routes.webSocket', this.options.webSocket);
    const rest = optionalPath(check, 'routes.rest', this.options.rest);
    const health = optionalPath(check, 'routes.health', this.options.health);
    refuseSamePaths(check, { webSocket, rest, health });
    const target = enginePath === undefined ? `${webSocket}/` : AiwmRoutes._enginePath(enginePath);
    const isMapped = this.engineIo && target !== `${webSocket}/`;
    if (isMapped && rest !== undefined && target.startsWith(`${rest}/`)) {
      check.refuse(
        'routes.rest',
        `below "${rest || '/'}" lies the instances' own path of Socket.IO, "${target}": clients could reach it there, past the ` +
          'Origin list, the limits and the affinity of routes.webSocket',
        'a REST path that does not hold it',
        `Set enginePath to "${webSocket}/" (of the cluster, or of Upstream.servers), or choose another path for rest.`,
      );
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

/** What a service offers beside its WebSocket. */
export interface OtherRoutes {
  /**
   * The public path of the REST API. It goes through unchanged.
   *
   * @default - no REST API
   */
  readonly rest?: string;
  /**
   * The public path that says whether some instance is alive. Not logged.
   *
   * @default - no public health path
   */
  readonly health?: string;
}

/** What a service offers beside its plain WebSocket. */
export interface WebSocketOnlyRoutes extends OtherRoutes {
  /**
   * Whether requests to the WebSocket's path that open no WebSocket reach the instances, as for GraphQL or SockJS.
   *
   * @default false - nginx answers them with 426 "Upgrade Required"
   */
  readonly plainRequests?: boolean;
}

/** The paths of a Socket.IO service. */
export interface SocketIoRoutes extends OtherRoutes {
  /** The public path of Socket.IO: what clients give as `path`. Works with and without a slash at its end. */
  readonly webSocket: string;
}

function optionalPath(check: Check, property: string, path?: string): string | undefined {
  return path === undefined ? undefined : checkPath(check, property, path);
}

/** Without the slash at its end, so that both forms can be written. */
function checkPath(check: Check, property: string, path: string): string {
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
      check.refuse(
        `routes.${name}`,
        `"${path || '/'}" is the path of routes.${other} as well`,
        'a path of its own for each',
      );
    }
    seen.set(path, name);
  }
}
