/**
 * A value that must not be written down in a stack: it is named here and read where it is used.
 *
 * It is in no plan, no log and no snapshot. It is in no state either, but on the Docker platforms, where what a container
 * is given is part of it, and for the password of ElastiCache.
 *
 * @example
 * new AiwmCluster(this, "Aiwm", {
 *   platform,
 *   service: AiwmService.command(["node", "server.js"]),
 *   secrets: { JWT_KEY: Secret.fromFile("/run/keys/jwt") },
 * });
 */
export class Secret {
  /** The content of a file on the machine that needs the value; one line break at its end is dropped. */
  public static fromFile(path: string): Secret {
    return new Secret('file', path);
  }

  /** A variable in the environment of the command that deploys. */
  public static fromEnvironment(name: string): Secret {
    return new Secret('environment', name);
  }

  /**
   * A secret of AWS Secrets Manager, read by an instance when it starts. Its value is the text alone, no JSON.
   *
   * @param arn - the whole ARN, with the six characters at its end
   */
  public static fromSecretsManager(arn: string): Secret {
    return new Secret('secrets-manager', arn);
  }

  /**
   * Something that only one platform understands; for authors of platforms.
   *
   * @param kind - what the platform calls it
   * @param reference - which one
   */
  public static ofPlatform(kind: string, reference: string): Secret {
    return new Secret(kind, reference);
  }

  private constructor(
    /** How it is found: "file", "environment", "secrets-manager", or a kind of one platform. */
    public readonly kind: string,
    /** Which one: a path, the name of a variable, or a platform's own reference. */
    public readonly reference: string,
  ) {}

  /** Says where it comes from, never what it is. */
  public toString(): string {
    return `Secret(${this.kind} ${this.reference})`;
  }
}
