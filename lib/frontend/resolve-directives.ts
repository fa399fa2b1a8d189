import { Token } from 'cdktf';
import type { OwnDirectives } from '../nginx/intent';
import type { OwnContext } from '../nginx/directive-contexts';
import { parseOwnDirective } from '../nginx/own-directives';
import type { ParsedDirective } from '../nginx/parse';
import { NginxSyntaxError, NginxTextError } from '../nginx/text-error';
import { DIRECTIVE } from '../validation/text-rules';
import type { FrontContext } from './front-context';

/**
 * The user's own lines of nginx configuration, parsed.
 *
 * @internal
 */
export function resolveDirectives(context: FrontContext): OwnDirectives {
  const {
    check,
    props: { directives = {} },
  } = context;
  const parsed = (where: OwnContext): ParsedDirective[] =>
    check
      .list(`directives.${where}`, directives[where] ?? [])
      .map((line, index) => customDirective(context, where, line, index));
  return {
    http: parsed('http'),
    server: parsed('server'),
    webSocket: parsed('webSocket'),
    rest: parsed('rest'),
  };
}

function customDirective(
  { check, tokens }: FrontContext,
  where: OwnContext,
  line: string,
  index: number,
): ParsedDirective {
  const property = `directives.${where}[${index}]`;
  check.text(property, line, DIRECTIVE);
  if (Token.isUnresolved(line) && !/^\s*[a-z_]/.test(line)) {
    check.refuse(property, {
      problem: 'it begins with a Token, so which directive it is cannot be checked',
      allowed: 'a directive that is written out; its values may be Tokens',
      remedy: 'Write `add_header X-Stage "${stage}";`, with the Token in the place of a value.',
    });
  }
  try {
    return parseOwnDirective(where, tokens.hide(line));
  } catch (error) {
    if (error instanceof NginxTextError) {
      check.refuse(property, {
        problem: tokens.describe(error.message),
        allowed: error instanceof NginxSyntaxError ? DIRECTIVE.allowed : undefined,
      });
    }
    throw error;
  }
}
