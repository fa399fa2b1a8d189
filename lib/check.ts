import { Token, Tokenization } from 'cdktf';
import type { Construct } from 'constructs';
import { ValidationError } from './errors';

/**
 * Checks the values of one construct's properties and says what is wrong with them.
 *
 * A value that is known only at apply (a Token) passes; the text around it is checked.
 *
 * @internal
 */
export class Check {
  public constructor(public readonly scope: Construct) {}

  /** @throws ValidationError always */
  public refuse(property: string, problem: string, allowed?: string, remedy?: string): never {
    throw new ValidationError(this.scope, { property, problem, allowed, remedy });
  }

  /** A string that `rule` accepts. */
  public text(property: string, value: string, rule: TextRule): string {
    if (typeof value !== 'string') {
      this.refuse(property, `${show(value)} is not a string`, rule.allowed);
    }
    this.literals(property, value, rule);
    if (!Token.isUnresolved(value) && !rule.accepts(value)) {
      this.refuse(property, `${show(value)} is not ${rule.name}`, rule.allowed, rule.remedy);
    }
    return value;
  }

  /** Each of them a string that `rule` accepts, at least `min` and at most `max`, none twice. */
  public texts(
    property: string,
    values: readonly string[],
    rule: TextRule,
    { min = 0, max = 256 }: { min?: number; max?: number } = {},
  ): string[] {
    if (Token.isUnresolved(values)) {
      this.refuse(
        property,
        'the list is not known at synth',
        'a list written out; its items may be Tokens',
      );
    }
    if (values.length < min || values.length > max) {
      this.refuse(property, `${values.length} values`, `${min} to ${max}`);
    }
    values.forEach((value, index) => {
      this.text(`${property}[${index}]`, value, rule);
      if (values.indexOf(value) !== index) {
        this.refuse(
          `${property}[${index}]`,
          `${show(value)} stands there twice`,
          'each value once',
        );
      }
    });
    return [...values];
  }

  /** A whole number from `min` to `max`, known at synth. */
  public integer(property: string, value: number, min: number, max: number): number {
    if (Token.isUnresolved(value)) {
      this.refuse(
        property,
        'the number is not known at synth',
        `a whole number from ${min} to ${max}`,
        'Write the number out: it decides what is rendered.',
      );
    }
    if (!Number.isInteger(value) || value < min || value > max) {
      this.refuse(
        property,
        `${show(value)} is out of range`,
        `a whole number from ${min} to ${max}`,
      );
    }
    return value;
  }

  /** Nothing beside a Token may hold what Terraform or nginx would read as syntax. */
  private literals(property: string, value: string, { allowed }: TextRule): void {
    const literal = Tokenization.reverseString(value).literals.join('');
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(literal)) {
      this.refuse(property, `${show(value)} holds a control character or a line break`, allowed);
    }
    if (/[\ue000-\uf8ff]/.test(literal)) {
      this.refuse(property, `${show(value)} holds a private-use character`, allowed);
    }
    if (/[$%]\{/.test(literal)) {
      this.refuse(
        property,
        `${show(value)} holds "\${" or "%{", which Terraform would read as a template`,
        allowed,
      );
    }
    if (Token.isUnresolved(value) && /[\s;{}"'\\]/.test(literal)) {
      this.refuse(property, `${show(value)} holds syntax beside a Token`, allowed);
    }
  }
}

/**
 * A kind of text.
 *
 * @internal
 */
export interface TextRule {
  /** With its article: `a DNS name`. */
  readonly name: string;
  readonly allowed: string;
  readonly remedy?: string;
  accepts(value: string): boolean;
}

/**
 * A value as an error shows it, cut to a readable length.
 *
 * @internal
 */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 120 ? text : `${text.slice(0, 100)}… (${text.length} characters)`;
}
