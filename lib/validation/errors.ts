import type { IConstruct } from 'constructs';

/**
 * What is wrong with one property of a construct.
 *
 * @internal
 */
export interface Fault {
  /** The property as the user wrote it: `serverName`, `limits.burst`. */
  readonly property: string;
  /** What was given and why it cannot be: `"a b" is not a DNS name`. */
  readonly problem: string;
  /** What would be accepted. */
  readonly allowed?: string;
  /** What to do. */
  readonly remedy?: string;
}

/**
 * Thrown for wrong input, and told as Terraform's users read it: where, what, what is allowed, what to do.
 *
 * @internal
 */
export class ValidationError extends Error {
  /** Path of the construct that was given the value. */
  public readonly constructPath: string;
  /** The property that held it. */
  public readonly property: string;

  public constructor(scope: IConstruct, fault: Fault) {
    super(describeFault(scope.node.path, fault));
    this.name = 'ValidationError';
    this.constructPath = scope.node.path;
    this.property = fault.property;
  }
}

function describeFault(path: string, { property, problem, allowed, remedy }: Fault): string {
  return printable(
    [
      `${path}: ${property}: ${problem}.`,
      ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
      ...(remedy === undefined ? [] : [remedy]),
    ].join('\n'),
  );
}

/** Without what a terminal would act upon or not show at all. */
function printable(message: string): string {
  return message.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ue000-\uf8ff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Errors of this library.
 *
 * @example
 * try {
 *   new NginxWsFrontend(this, "Frontend", { cluster, serverName });
 * } catch (error) {
 *   if (!Errors.isValidationError(error)) throw error;
 *   console.error(error.message);
 * }
 */
export class Errors {
  /** Whether an error reports an invalid property. Its message names the construct, the property and a remedy. */
  public static isValidationError(error: unknown): boolean {
    return error instanceof ValidationError;
  }

  private constructor() {}
}
