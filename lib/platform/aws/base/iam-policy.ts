/**
 * A statement of an IAM policy that allows actions.
 *
 * @internal
 */
export interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * A policy as JSON. ARNs that are known at apply contain nothing that JSON would have to escape.
 *
 * @internal
 */
export function renderPolicy(statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });
}
