import { Token, Tokenization } from 'cdktf';

/**
 * Tokens that pass through a generator of text that does not know them.
 *
 * Each Token is replaced by a word while the text is generated, and put back into the result. The words consist of
 * private-use characters, which every check refuses in values of users.
 *
 * @internal
 */
export class TokensInText {
  private readonly tokens: string[] = [];

  /** Text with a word in place of each Token. */
  public hide(text: string): string {
    if (!Token.isUnresolved(text)) {
      return text;
    }
    return Tokenization.reverseString(text)
      .tokens.map((token) => Token.asString(token))
      .reduce((hidden, token) => hidden.split(token).join(this.word(token)), text);
  }

  /** Object with a word in place of each Token, in all its texts and lists. */
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

  /** Tokens that were hidden, each once. */
  public get hidden(): readonly string[] {
    return this.tokens;
  }

  /** Pieces of a text with hidden Tokens: the known parts as they are, and each Token alone. */
  public pieces(text: string): { readonly text: string; readonly isToken: boolean }[] {
    return text
      .split(/(\ue000\d+\ue001)/)
      .filter((piece) => piece !== '')
      .map((piece) => ({ text: this.show(piece), isToken: piece.startsWith('\ue000') }));
  }

  /** Text with the Tokens in place of their words. */
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
