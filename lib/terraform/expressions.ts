import { Fn, Token } from 'cdktf';

/**
 * A text as an argument of one of Terraform's functions. `Fn.rawString` escapes quotes but not backslashes, so that
 * one at the end would escape the closing quote.
 *
 * @internal
 */
export function inExpression(text: string): string {
  return Token.isUnresolved(text) ? text : Fn.rawString(text.replace(/\\/g, '\\\\'));
}
