import { Fn } from 'cdktf';
import { TokensInText } from '../../../terraform/tokens-in-text';

/**
 * A text with its Tokens in base64. Terraform's functions accept no text with quotes in it, so what is known reaches
 * them encoded.
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
