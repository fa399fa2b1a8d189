// The statements of all policies in a stack, each with whom it is for.
import type { AppliedResource } from './mock-run';
import { withoutHash } from '../stack/addresses';

export interface Statement {
  /** The address of the policy without its hash. */
  readonly policy: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principal?: unknown;
  readonly condition?: unknown;
}

interface RawStatement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

/** Every attribute in which a resource can hold a policy of IAM's language. */
const ATTRIBUTES = ['policy', 'assume_role_policy', 'access_policy', 'inline_policy'];

export function statementsOf(resources: readonly AppliedResource[]): Statement[] {
  return resources
    .filter(({ mode }) => mode === 'managed')
    .flatMap(({ address, values }) =>
      ATTRIBUTES.flatMap((attribute) => {
        const text = values[attribute];
        return typeof text === 'string' && text.trimStart().startsWith('{')
          ? statementsIn(
              `${withoutHash(address)}${attribute === 'policy' ? '' : `.${attribute}`}`,
              text,
            )
          : [];
      }),
    );
}

/** Policies of AWS's own that are attached. */
export function managedPoliciesOf(resources: readonly AppliedResource[]): string[] {
  return resources
    .filter(({ type }) => type === 'aws_iam_role_policy_attachment')
    .map(({ values }) => values.policy_arn as string)
    .sort();
}

function statementsIn(policy: string, text: string): Statement[] {
  const { Statement: all = [] } = JSON.parse(text) as { Statement?: RawStatement | RawStatement[] };
  return [all].flat().map((raw) => {
    if (raw.NotAction ?? raw.NotResource ?? raw.NotPrincipal) {
      throw new Error(`${policy} says what it does not mean: ${JSON.stringify(raw)}`);
    }
    return {
      policy,
      effect: raw.Effect,
      actions: [raw.Action ?? []].flat().sort(),
      resources: [raw.Resource ?? []].flat().sort(),
      ...(raw.Principal === undefined ? {} : { principal: raw.Principal }),
      ...(raw.Condition === undefined ? {} : { condition: raw.Condition }),
    };
  });
}
