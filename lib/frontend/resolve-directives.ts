import type { OwnDirectives } from '../nginx/intent';
import type { OwnContext } from '../nginx/own-directives';
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
  try {
    return parseOwnDirective(where, tokens.hide(line));
  } catch (error) {
    if (error instanceof NginxTextError) {
      check.refuse(property, {
        problem: error.message,
        allowed: error instanceof NginxSyntaxError ? DIRECTIVE.allowed : undefined,
      });
    }
    throw error;
  }
}
