/** How clients' TLS is spoken. */
export enum TlsKind {
  /** By nginx, with a certificate and key from files. */
  FILES = 'files',
  /** By nginx, with a certificate that nobody vouches for. */
  SELF_SIGNED = 'self-signed',
  /** By a proxy in front of nginx. */
  TERMINATED_UPSTREAM = 'terminated-upstream',
  /** By a load balancer of AWS, with a certificate of AWS Certificate Manager. */
  ACM = 'acm',
  /** By nginx, with a certificate and key from AWS Secrets Manager. */
  SECRETS_MANAGER = 'secrets-manager',
}

/**
 * Where the certificate of a front comes from.
 *
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   tls: TlsCertificate.fromFiles("tls/fullchain.pem", "tls/key.pem"),
 * });
 */
export class TlsCertificate {
  /**
   * A certificate and its key in PEM files. They are read at apply; a changed file is delivered by the next one.
   * Relative paths start at the folder in which the app runs.
   *
   * @param certificateFile - the certificate, followed by its intermediate ones
   * @param keyFile - its private key, not encrypted
   */
  public static fromFiles(certificateFile: string, keyFile: string): TlsCertificate {
    return new TlsCertificate(TlsKind.FILES, certificateFile, keyFile);
  }

  /** For development: made by the platform, renewed by it, believed by nobody. */
  public static selfSigned(): TlsCertificate {
    return new TlsCertificate(TlsKind.SELF_SIGNED);
  }

  /**
   * A load balancer or CDN in front speaks TLS; nginx gets plain HTTP and tells the instances "https".
   * Name that proxy in `trustedProxies`, or every client seems to come from it.
   */
  public static terminatedUpstream(): TlsCertificate {
    return new TlsCertificate(TlsKind.TERMINATED_UPSTREAM);
  }

  /**
   * On AWS: the load balancer speaks TLS with a certificate of AWS Certificate Manager, whose key nobody sees and which
   * renews itself. nginx gets plain HTTP, and tells the instances "https" and port 443.
   *
   * @param certificateArn - one that exists; without it one is made for all names of the front, and validated in the
   * platform's `hostedZoneId`
   */
  public static acm(certificateArn?: string): TlsCertificate {
    return new TlsCertificate(TlsKind.ACM, undefined, undefined, certificateArn);
  }

  /**
   * On AWS: TLS goes through to nginx, whose hosts read certificate and key from AWS Secrets Manager, into memory alone.
   * A renewed one is found within half an hour, without a deployment.
   *
   * @param secretArn - a secret whose value is JSON: {"certificate": "…", "key": "…"}, both in PEM
   */
  public static fromSecret(secretArn: string): TlsCertificate {
    return new TlsCertificate(TlsKind.SECRETS_MANAGER, undefined, undefined, secretArn);
  }

  private constructor(
    /** How TLS is spoken. */
    public readonly kind: TlsKind,
    /** Path of the certificate, for `fromFiles`. */
    public readonly certificateFile?: string,
    /** Path of the key, for `fromFiles`. */
    public readonly keyFile?: string,
    /** The certificate for `acm`, the secret for `fromSecret`. */
    public readonly arn?: string,
  ) {}
}
