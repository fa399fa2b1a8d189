import { Annotations, Token, Tokenization } from 'cdktf';
import type { Construct } from 'constructs';
import { type Fault, ValidationError } from './errors';

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

/** Item of a list Token, as cdktf encodes it. */
const LIST_ITEM = /#\{TfToken\[[^\]]*\]\}/;

/**
 * Check of the values of one construct's properties.
 *
 * A value that is known only at apply (a Token) passes, and the text around it is checked. A method that takes a value
 * returns it, or throws a ValidationError that names the property.
 *
 * @internal
 */
export class Check {
  public constructor(public readonly scope: Construct) {}

  /**
   * Refuses the value of a property.
   *
   * @throws ValidationError always
   */
  public refuse(property: string, fault: Omit<Fault, 'property'>): never {
    throw new ValidationError(this.scope, { property, ...fault });
  }

  /** Warns at synth about a value that is valid but risky. */
  public warn(text: string): void {
    Annotations.of(this.scope).addWarning(text);
  }

  /** String that a rule accepts. */
  public text(property: string, value: string, rule: TextRule): string {
    if (typeof value !== 'string') {
      this.refuse(property, { problem: `${show(value)} is not a string`, allowed: rule.allowed });
    }
    if (rule.knownAtSynth && Token.isUnresolved(value)) {
      this.refuse(property, {
        problem: 'the value is not known at synth',
        allowed: rule.allowed,
        remedy: 'Use a literal value: what is rendered depends on it.',
      });
    }
    this.scalar(property, value, rule);
    this.literals(property, value, rule);
    if (!Token.isUnresolved(value) && !rule.accepts(value)) {
      this.refuse(property, {
        problem: `${show(value)} is not ${rule.name}`,
        allowed: rule.allowed,
        remedy: rule.remedy,
      });
    }
    return value;
  }

  /** List of `min` to `max` different strings that a rule accepts. */
  public texts(
    property: string,
    values: readonly string[],
    rule: TextRule,
    { min = 0, max = 256 }: { min?: number; max?: number } = {},
  ): string[] {
    this.list(property, values, !rule.knownAtSynth);
    if (values.length < min || values.length > max) {
      this.refuse(property, {
        problem: values.length === 0 ? 'the list is empty' : `the list has ${values.length} items`,
        allowed: `${min} to ${max} items`,
      });
    }
    const seen = new Set<string>();
    values.forEach((value, index) => {
      this.text(`${property}[${index}]`, value, rule);
      // Names and addresses are not case-sensitive, but Tokens are.
      const same = Token.isUnresolved(value) ? value : value.toLowerCase();
      if (seen.has(same)) {
        this.refuse(`${property}[${index}]`, {
          problem: `${show(value)} is listed twice`,
          allowed: 'each value once',
        });
      }
      seen.add(same);
    });
    return [...values];
  }

  /**
   * List that is known at synth, with any content.
   *
   * @param mayHoldTokens - whether its items may be Tokens
   */
  public list<T>(property: string, values: readonly T[], mayHoldTokens = false): readonly T[] {
    if (Token.isUnresolved(values)) {
      this.refuse(property, {
        problem: 'the list is not known at synth',
        allowed: 'a literal list',
        remedy: `What is rendered depends on its length.${mayHoldTokens ? ' Name each item: [Fn.element(list, 0), Fn.element(list, 1)].' : ''}`,
      });
    }
    return values;
  }

  /** Value of an enumeration, which JavaScript does not enforce. */
  public oneOf<T extends string>(property: string, value: T, allowed: readonly T[]): T {
    if (!allowed.includes(value)) {
      this.refuse(property, {
        problem: `${show(value)} is not one of the allowed values`,
        allowed: allowed.map(show).join(', '),
      });
    }
    return value;
  }

  /** Whole number from `min` to `max`, known at synth. */
  public integer(property: string, value: number, min: number, max: number): number {
    const allowed = `a whole number from ${min} to ${max}`;
    this.known(property, value, allowed);
    if (!Number.isInteger(value)) {
      this.refuse(property, { problem: `${show(value)} is not a whole number`, allowed });
    }
    if (value < min || value > max) {
      this.refuse(property, { problem: `${value} is out of range`, allowed });
    }
    return value;
  }

  /** Number above 0 and at most `max`, known at synth. */
  public positive(property: string, value: number, max: number): number {
    const allowed = `a number above 0, at most ${max}`;
    this.known(property, value, allowed);
    if (!(value > 0 && value <= max)) {
      this.refuse(property, { problem: `${show(value)} is out of range`, allowed });
    }
    return value;
  }

  private known(property: string, value: number, allowed: string): void {
    if (Token.isUnresolved(value)) {
      this.refuse(property, {
        problem: 'the number is not known at synth',
        allowed,
        remedy: 'Use a literal value: what is rendered depends on it.',
      });
    }
  }

  /** Checks that the text contains no item that was taken from a Token for a list: `list[0]`. */
  private scalar(property: string, value: string, { allowed, knownAtSynth }: TextRule): void {
    if (LIST_ITEM.test(value)) {
      this.refuse(property, {
        problem: `${show(value)} is an index into a list that is known only at apply`,
        allowed,
        remedy: knownAtSynth ? undefined : 'Use Fn.element(list, 0) in place of list[0].',
      });
    }
  }

  /** Checks that the text around Tokens contains nothing that Terraform or nginx would read as syntax. */
  private literals(property: string, value: string, rule: TextRule): void {
    const { allowed, isSyntax, isData, alternative } = rule;
    const literal = Tokenization.reverseString(value).literals.join('');
    // Only syntax may contain line breaks.
    if (CONTROL_CHARACTER.test(isSyntax ? literal.replace(/[\t\r\n]/g, ' ') : literal)) {
      this.refuse(property, {
        problem: `${show(value)} contains a control character or a line break`,
        allowed,
        remedy: alternative,
      });
    }
    if (/[\ue000-\uf8ff]/.test(literal)) {
      this.refuse(property, {
        problem: `${show(value)} contains a private-use character`,
        allowed,
      });
    }
    if (!rule.isEncoded && /[$%]\{/.test(literal)) {
      // Fn.rawString escapes no "%{", and its escapes of quotes are right only within an expression.
      const isRaw = rule.isFreeText && !/%\{|["\\]/.test(literal);
      this.refuse(property, {
        problem: `${show(value)} contains "\${" or "%{", which Terraform would read as a template`,
        allowed,
        remedy: isRaw ? 'For the characters themselves, use Fn.rawString("…").' : alternative,
      });
    }
    const numbers = literal.match(/-\d(?:\.\d+)?e\+\d+/g) ?? [];
    if (numbers.some((number) => Token.isUnresolved(Number(number)))) {
      this.refuse(property, {
        problem: `${show(value)} contains a number that is known only at apply`,
        allowed,
        remedy: 'Pass it as text: Token.asString(…).',
      });
    }
    if (!isSyntax && !isData && Token.isUnresolved(value) && /[\s;{}"'\\]/.test(literal)) {
      this.refuse(property, {
        problem: `${show(value)} contains a space, quote, brace, backslash or semicolon next to a Token`,
        allowed,
      });
    }
  }
}

/**
 * Rule for one kind of text.
 *
 * @internal
 */
export interface TextRule {
  /** Name of the kind with its article: `a DNS name`. */
  readonly name: string;
  readonly allowed: string;
  readonly remedy?: string;
  /** Whether the text decides what is rendered, so that it must not be a Token. */
  readonly knownAtSynth?: boolean;
  /** Whether the text is syntax, and may contain lines, braces and semicolons even beside a Token. */
  readonly isSyntax?: boolean;
  /** Whether the text is never read as syntax, so that any characters may stand beside a Token. */
  readonly isData?: boolean;
  /** Whether "${" may be meant as such. */
  readonly isFreeText?: boolean;
  /** Whether the text is encoded at synth, so that Terraform reads no template in it. */
  readonly isEncoded?: boolean;
  /** Advice for a text with line breaks or templates. */
  readonly alternative?: string;
  accepts(value: string): boolean;
}

/**
 * Value in the form for messages, cut to a readable length.
 *
 * @internal
 */
export function show(value: unknown): string {
  const text =
    typeof value === 'number'
      ? String(value)
      : (JSON.stringify(value) ?? String(value))
          .replace(/[$#]\{TfToken\[[^\]]*\]\}/g, '<Token>')
          // What follows may be a private key, and messages are logged.
          .replace(/(-----BEGIN [A-Z0-9 ]+-----).*/, '$1…"');
  return text.length <= 120 ? text : `${text.slice(0, 100)}… (${text.length} characters)`;
}
