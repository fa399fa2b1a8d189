/** Kind of TLS: where it is terminated, and the source of the certificate. */
export enum TlsKind {
  /** At nginx, with a certificate and key from files. */
  FILES = 'files',
  /** At nginx, with a self-signed certificate. */
  SELF_SIGNED = 'self-signed',
  /** At a proxy in front of nginx. */
  TERMINATED_UPSTREAM = 'terminated-upstream',
  /** At a load balancer of AWS, with a certificate of AWS Certificate Manager. */
  ACM = 'acm',
  /** At nginx, with a certificate and key from AWS Secrets Manager. */
  SECRETS_MANAGER = 'secrets-manager',
}

/**
 * Source of the TLS certificate of a front.
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
   * A certificate and its key in PEM files.
   *
   * Terraform reads the files at apply, so the next apply delivers a changed certificate. Relative paths start at the
   * working directory of the app.
   *
   * @param certificateFile - path of the certificate, followed by its intermediate certificates
   * @param keyFile - path of its private key, unencrypted
   */
  public static fromFiles(certificateFile: string, keyFile: string): TlsCertificate {
    return new TlsCertificate(TlsKind.FILES, certificateFile, keyFile);
  }

  /**
   * A self-signed certificate, for development only.
   *
   * The platform creates and renews it. Clients do not trust it.
   */
  public static selfSigned(): TlsCertificate {
    return new TlsCertificate(TlsKind.SELF_SIGNED);
  }

  /**
   * TLS that ends at a load balancer or CDN in front of nginx.
   *
   * nginx receives plain HTTP and reports "https" to the instances. List that proxy in `trustedProxies`; otherwise all
   * clients appear to share its address.
   */
  public static terminatedUpstream(): TlsCertificate {
    return new TlsCertificate(TlsKind.TERMINATED_UPSTREAM);
  }

  /**
   * A certificate of AWS Certificate Manager, used by the load balancer of an `AwsPlatform`.
   *
   * AWS renews it, and its key never leaves AWS. nginx receives plain HTTP and reports "https" and port 443 to the
   * instances.
   *
   * @see https://docs.aws.amazon.com/acm/latest/userguide/acm-overview.html
   * @param certificateArn - ARN of an existing certificate; by default one is created for all names of the front and
   * validated in the platform's `hostedZoneId`
   */
  public static acm(certificateArn?: string): TlsCertificate {
    return new TlsCertificate(TlsKind.ACM, undefined, undefined, certificateArn);
  }

  /**
   * A certificate and its key in AWS Secrets Manager, for an `AwsPlatform`.
   *
   * The load balancer passes TLS through to nginx, whose hosts keep certificate and key in memory only. They pick up a
   * renewed certificate within half an hour, without a deployment.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html
   * @param secretArn - ARN of a secret whose value is JSON: {"certificate": "…", "key": "…"}, both in PEM
   */
  public static fromSecret(secretArn: string): TlsCertificate {
    return new TlsCertificate(TlsKind.SECRETS_MANAGER, undefined, undefined, secretArn);
  }

  private constructor(
    /** Kind of TLS. */
    public readonly kind: TlsKind,
    /** Path of the certificate, for `fromFiles`. */
    public readonly certificateFile?: string,
    /** Path of its key, for `fromFiles`. */
    public readonly keyFile?: string,
    /** ARN of the certificate for `acm`, or of the secret for `fromSecret`. */
    public readonly arn?: string,
  ) {}
}
