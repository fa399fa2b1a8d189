/** A text that must not stand in an nginx configuration. The message says what is wrong with it. */
export class NginxTextError extends Error {
  public constructor(
    message: string,
    /** Custom directive that is wrong, e.g. `server[0]`; undefined for any other text. */
    public readonly where?: string,
  ) {
    super(message);
    this.name = 'NginxTextError';
  }
}

/** A text that is not nginx syntax. */
export class NginxSyntaxError extends NginxTextError {}

/** A text as a message shows it: in quotes, on one line, cut to a readable length. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`);
}
