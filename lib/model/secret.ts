/**
 * Reference to a secret value. The value itself is read only where it is used.
 *
 * The value never appears in a plan, a log or a snapshot. It appears in Terraform's state in two cases: on the Docker
 * platforms, whose provider stores everything that a container receives, and as the password of ElastiCache.
 *
 * @example
 * new AiwmCluster(this, "Aiwm", {
 *   platform,
 *   service: AiwmService.command(["node", "server.js"]),
 *   secrets: { JWT_KEY: Secret.fromFile("/run/keys/jwt") },
 * });
 */
export class Secret {
  /**
   * Content of a file on the machine that runs Terraform.
   *
   * @param path - path of the file, from the working directory of the app; one line break at the end of its content is
   * removed
   */
  public static fromFile(path: string): Secret {
    return new Secret('file', path);
  }

  /**
   * Environment variable of the process that runs the deployment.
   *
   * @param name - name of the variable
   */
  public static fromEnvironment(name: string): Secret {
    return new Secret('environment', name);
  }

  /**
   * Secret in AWS Secrets Manager, which an instance reads when it starts.
   *
   * A new value of the secret is a new version of the service: the next apply restarts the instances.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html
   * @param arn - complete ARN, including the six random characters at its end
   */
  public static fromSecretsManager(arn: string, options: SecretsManagerOptions = {}): Secret {
    return new Secret('secrets-manager', arn, options.jsonKey);
  }

  /**
   * Parameter of AWS Systems Manager, which an instance reads when it starts.
   *
   * Terraform cannot tell that its value has changed without reading it. A new value reaches an instance when it is
   * restarted.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
   * @param arn - complete ARN, e.g. "arn:aws:ssm:eu-central-1:123456789012:parameter/chat/jwt"
   */
  public static fromSsmParameter(arn: string): Secret {
    return new Secret('ssm-parameter', arn);
  }

  /**
   * Secret that only one platform can read, for authors of platforms.
   *
   * @param kind - kind of secret, as the platform calls it
   * @param reference - platform's own reference to the value
   */
  public static ofPlatform(kind: string, reference: string): Secret {
    return new Secret(kind, reference);
  }

  private constructor(
    /** Kind of secret: "file", "environment", "secrets-manager", "ssm-parameter", or a kind of one platform. */
    public readonly kind: string,
    /** Reference to the value: a path, the name of a variable, an ARN, or a platform's own reference. */
    public readonly reference: string,
    /** Key of the value in a JSON object; undefined for the whole secret. */
    public readonly jsonKey?: string,
  ) {}

  /** The source of the value, never the value itself. */
  public toString(): string {
    return `Secret(${this.kind} ${this.reference})`;
  }
}

/** Options of `Secret.fromSecretsManager()`. */
export interface SecretsManagerOptions {
  /**
   * Key of the value in the JSON object that the secret holds, e.g. "password".
   *
   * @default - the whole secret is the value
   */
  readonly jsonKey?: string;
}
