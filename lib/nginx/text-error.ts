/** A text that must not stand in an nginx configuration. The message says what is wrong with it. */
export class NginxTextError extends Error {
  public constructor(
    message: string,
    /** Which line of the user's own is meant, if one is: `server[0]`. */
    public readonly where?: string,
  ) {
    super(message);
    this.name = 'NginxTextError';
  }
}

/** A text that is not nginx syntax. */
export class NginxSyntaxError extends NginxTextError {}
