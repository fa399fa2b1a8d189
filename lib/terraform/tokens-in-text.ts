import { Token, Tokenization } from 'cdktf';

/**
 * Carries Tokens through a generator that knows nothing of them: each is hidden behind a word of its own
 * while the text is made, and shown again in what comes out.
 *
 * The words are of private-use characters, which every check refuses in what a user writes.
 *
 * @internal
 */
export class TokensInText {
  private readonly tokens: string[] = [];

  public hide(text: string): string {
    if (!Token.isUnresolved(text)) {
      return text;
    }
    return Tokenization.reverseString(text)
      .tokens.map((token) => Token.asString(token))
      .reduce((hidden, token) => hidden.split(token).join(this.word(token)), text);
  }

  /** The same for all texts of an object and its lists. */
  public hideAll<T extends object>(values: T): T {
    const hide = (value: unknown): unknown => {
      if (Array.isArray(value)) {
        return value.map(hide);
      }
      return typeof value === 'string' ? this.hide(value) : value;
    };
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, hide(value)]),
    ) as T;
  }

  /** The Tokens that were hidden, each once. */
  public get hidden(): readonly string[] {
    return this.tokens;
  }

  /** A text with hidden Tokens in pieces: what is known as it is, and each Token alone. */
  public pieces(text: string): { readonly text: string; readonly isToken: boolean }[] {
    return text
      .split(/(\ue000\d+\ue001)/)
      .filter((piece) => piece !== '')
      .map((piece) => ({ text: this.show(piece), isToken: piece.startsWith('\ue000') }));
  }

  public show(text: string): string {
    return text.replace(/\ue000(\d+)\ue001/g, (word, index) => this.tokens[Number(index)] ?? word);
  }

  /** A text with hidden Tokens as a message shows them. */
  public describe(text: string): string {
    return text.replace(/\ue000\d+\ue001/g, '<Token>');
  }

  private word(token: string): string {
    const known = this.tokens.indexOf(token);
    const index = known < 0 ? this.tokens.push(token) - 1 : known;
    return `\ue000${index}\ue001`;
  }
}
