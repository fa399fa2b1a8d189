import { Fn } from 'cdktf';
import { TokensInText } from '../../../terraform/tokens-in-text';

/**
 * A text in base64. Terraform encodes a text with Tokens; its functions accept no text with quotes in it, so they get
 * the parts between the Tokens encoded as well.
 *
 * @internal
 */
export function base64(text: string): string {
  const tokens = new TokensInText();
  const pieces = tokens.pieces(tokens.hide(text));
  if (!pieces.some(({ isToken }) => isToken)) {
    return encode(text);
  }
  return Fn.base64encode(
    Fn.join(
      '',
      pieces.map((piece) => (piece.isToken ? piece.text : Fn.base64decode(encode(piece.text)))),
    ),
  );
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
