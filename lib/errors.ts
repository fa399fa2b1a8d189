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
  return [
    `${path}: ${property}: ${problem}.`,
    ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
    ...(remedy === undefined ? [] : [remedy]),
  ].join('\n');
}

/** Tells this library's errors from others. */
export class Errors {
  /** Whether it was thrown because of a wrong value; its message says which one, where, and what to do. */
  public static isValidationError(error: unknown): boolean {
    return error instanceof ValidationError;
  }

  private constructor() {}
}
