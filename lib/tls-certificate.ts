/** How clients' TLS is spoken. */
export enum TlsKind {
  /** By nginx, with a certificate and key from files. */
  FILES = 'files',
  /** By nginx, with a certificate that nobody vouches for. */
  SELF_SIGNED = 'self-signed',
  /** By a proxy in front of nginx. */
  TERMINATED_UPSTREAM = 'terminated-upstream',
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

  private constructor(
    /** How TLS is spoken. */
    public readonly kind: TlsKind,
    /** Path of the certificate, for `fromFiles`. */
    public readonly certificateFile?: string,
    /** Path of the key, for `fromFiles`. */
    public readonly keyFile?: string,
  ) {}
}
