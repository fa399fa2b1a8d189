/**
 * Program that checks the health of an instance from inside its container.
 *
 * The image of the service has to include it.
 *
 * @see https://docs.docker.com/reference/dockerfile/#healthcheck
 * @example
 * new DockerPlatform(this, "Platform", { probe: HealthProbe.wget() });
 */
export class HealthProbe {
  /** Node.js, which every image of a Node.js service includes. It needs no shell. */
  public static node(): HealthProbe {
    return new HealthProbe('node');
  }

  /** `wget`, run by a shell. Images based on Alpine include both. */
  public static wget(): HealthProbe {
    return new HealthProbe(
      'wget',
      (url, seconds) =>
        // One try, because GNU's wget makes twenty; and no proxy, because the service may use one.
        `wget -q -t 1 -Y off -T ${seconds} -O /dev/null ${url}`,
    );
  }

  /** `curl`, run by a shell. */
  public static curl(): HealthProbe {
    return new HealthProbe(
      'curl',
      (url, seconds) =>
        `curl -s --noproxy '*' -m ${seconds} -o /dev/null -w '%''{http_code}' ${url} | grep -q '^2'`,
    );
  }

  private constructor(
    /** Name of the program: "node", "wget" or "curl". */
    public readonly program: string,
    private readonly shellLine?: (url: string, seconds: number) => string,
  ) {}

  /**
   * Line of a shell that succeeds if the URL answers 2xx; undefined for a program that needs no shell.
   *
   * @param seconds - how long the answer may take
   * @internal
   */
  public _shellLine(url: string, seconds: number): string | undefined {
    return this.shellLine?.(url, seconds);
  }
}
