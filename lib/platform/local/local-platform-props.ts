/** Properties of a `LocalPlatform`. */
export interface LocalPlatformProps {
  /**
   * Folder for everything that runs: logs, configurations and generated secrets.
   *
   * A relative path starts at the folder in which the app runs. Each platform needs its own folder. Run `destroy`
   * before you change it: only the agent in the old folder can stop what runs there. The next apply of a platform
   * beside it reports what was left running.
   *
   * @default - ".aiwm/<stack>-<id>", with the id in lower case
   */
  readonly stateDir?: string;
  /**
   * IP addresses that the front listens on, e.g. ["127.0.0.1", "::1"].
   *
   * "0.0.0.0" stands for all IPv4 addresses of this machine, and "::" for all IPv6 addresses. Other machines can reach
   * the front unless all are loopback addresses. TLS is required if they can.
   *
   * @default ["127.0.0.1"]
   */
  readonly addresses?: string[];
  /**
   * Port on which the front accepts TLS.
   *
   * @default 8443
   */
  readonly httpsPort?: number;
  /**
   * Port on which the front accepts plain HTTP.
   *
   * @default 8080
   */
  readonly httpPort?: number;
  /**
   * Port on which Redis listens, always on 127.0.0.1.
   *
   * @default 6379
   */
  readonly redisPort?: number;
  /**
   * Program to run as nginx: a name on the PATH, or a path.
   *
   * A relative path starts at the folder in which the app runs.
   *
   * @default "nginx"
   */
  readonly nginx?: string;
  /**
   * Version of that nginx, with at least its major and minor number, e.g. "1.26".
   *
   * It decides only the syntax of HTTP/2 and of cookie affinity, and whether nginx repeats the lookup of a name (1.27.3).
   *
   * @default "1.22"
   */
  readonly nginxVersion?: string;
  /**
   * Name server that nginx asks for upstream servers that are names, e.g. "192.168.1.1" or "127.0.0.1:5353".
   *
   * nginx 1.27.3 or later then follows a name whose addresses change. `/etc/resolv.conf` of the machine names its own.
   *
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver
   * @default - none: the machine looks a name up, each time that nginx reloads
   */
  readonly resolver?: string;
  /**
   * Program to run as Redis: a name on the PATH, or a path.
   *
   * A relative path starts at the folder in which the app runs.
   *
   * @default - "redis-server", or "valkey-server" for Valkey
   */
  readonly redisServer?: string;
}
