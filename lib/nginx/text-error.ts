/** A text that must not stand in an nginx configuration. The message says what is wrong with it. */
export class NginxTextError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'NginxTextError';
  }
}
