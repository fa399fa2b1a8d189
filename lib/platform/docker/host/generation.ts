import { createHash } from 'node:crypto';
import { Fn, Token } from 'cdktf';
import { TokensInText } from '../../../terraform/tokens-in-text';

/**
 * Hash of everything that the containers of one kind have in common. As a label it makes Terraform replace them, even
 * for a change that the provider does not see.
 *
 * @internal
 */
export class Generation {
  /** Eight hexadecimal digits; a Token if the specification contains one. */
  public readonly id: string;

  public constructor(specification: Record<string, unknown>) {
    const tokens = new TokensInText();
    const known = sha256(tokens.hide(JSON.stringify(specification)));
    // Terraform hashes the Tokens with a hash of the rest, because its functions accept no text with quotes in it.
    this.id =
      tokens.hidden.length === 0
        ? known.slice(0, 8)
        : Token.asString(
            Fn.substr(
              Fn.sha256(Fn.join('-', [known, ...tokens.hidden.map((each) => Fn.sha256(each))])),
              0,
              8,
            ),
          );
  }

  /** Label of the containers. */
  public get labels(): { label: string; value: string }[] {
    return [{ label: 'aiwm.generation', value: this.id }];
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
