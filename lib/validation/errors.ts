import type { IConstruct } from 'constructs';

/**
 * Fault in one property of a construct.
 *
 * @internal
 */
export interface Fault {
  /** Property as the user wrote it: `serverName`, `limits.burst`. */
  readonly property: string;
  /** Value, and the reason why it is refused: `"a b" is not a DNS name`. */
  readonly problem: string;
  /** Values that are accepted. */
  readonly allowed?: string;
  /** Advice for the user. */
  readonly remedy?: string;
}

/**
 * Error for an invalid value of a property.
 *
 * Its message contains the path of the construct, the property, the problem, what is allowed, and what to do.
 *
 * @internal
 */
export class ValidationError extends Error {
  /** Path of the construct that has the property. */
  public readonly constructPath: string;
  /** Property that has the invalid value. */
  public readonly property: string;

  public constructor(scope: IConstruct, fault: Fault) {
    super(describeFault(scope.node.path, fault));
    this.name = 'ValidationError';
    this.constructPath = scope.node.path;
    this.property = fault.property;
  }
}

function describeFault(path: string, fault: Fault): string {
  return `${printable(path)}: ${faultText(fault)}`;
}

/**
 * Text of a fault, without the path of its construct.
 *
 * @internal
 */
export function faultText({ property, problem, allowed, remedy }: Fault): string {
  return printable(
    [
      `${property}: ${problem}.`,
      ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
      ...(remedy === undefined ? [] : [remedy]),
    ].join('\n'),
  );
}

/** Escapes control and invisible characters, so that a message is safe to print. */
function printable(message: string): string {
  return message.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ue000-\uf8ff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Tests for errors of this library.
 *
 * @example
 * try {
 *   new ChatStack(app, "chat");
 * } catch (error) {
 *   console.error(Errors.isValidationError(error) ? String(error) : error);
 * }
 */
export class Errors {
  /**
   * Whether an error reports an invalid value of a property.
   *
   * Its message names the construct and the property, and says what is allowed and what to do.
   */
  public static isValidationError(error: unknown): boolean {
    return error instanceof ValidationError;
  }

  private constructor() {}
}
