import { Fn, Token } from 'cdktf';

/**
 * Text as an argument of a function of Terraform.
 *
 * `Fn.rawString` escapes quotes but not backslashes, so a backslash at the end would escape the closing quote.
 *
 * @internal
 */
export function inExpression(text: string): string {
  return Token.isUnresolved(text) ? text : Fn.rawString(text.replace(/\\/g, '\\\\'));
}
