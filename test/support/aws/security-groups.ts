// Who may talk to whom, as the rules of the security groups say it.
import type { AppliedResource } from './mock-run';
import { withoutHash } from '../stack/addresses';

interface RuleValues {
  readonly security_group_id: string;
  readonly referenced_security_group_id?: string | null;
  readonly cidr_ipv4?: string | null;
  readonly cidr_ipv6?: string | null;
  readonly prefix_list_id?: string | null;
  readonly ip_protocol: string;
  readonly from_port?: number | null;
  readonly to_port?: number | null;
}

export interface Rule {
  readonly group: string;
  readonly direction: 'ingress' | 'egress';
  /** The name of a security group, a range of addresses, or a prefix list. */
  readonly peer: string;
  /** "tcp 443", "tcp 3003-3005" or "everything". */
  readonly what: string;
}

export function rulesOf(resources: readonly AppliedResource[]): Rule[] {
  const names = new Map(
    resources
      .filter(({ mode, type }) => mode === 'managed' && type === 'aws_security_group')
      .map(({ name, values }) => [values.id as string, withoutHash(name)]),
  );
  return resources.flatMap(({ type, values }) => {
    const [, direction] = /^aws_vpc_security_group_(ingress|egress)_rule$/.exec(type) ?? [];
    if (direction !== 'ingress' && direction !== 'egress') {
      return [];
    }
    const rule = values as unknown as RuleValues;
    const referenced = rule.referenced_security_group_id;
    const peer = rule.cidr_ipv4 ?? rule.cidr_ipv6 ?? rule.prefix_list_id ?? referenced ?? '?';
    return [
      {
        group: names.get(rule.security_group_id) ?? rule.security_group_id,
        direction,
        peer: names.get(peer) ?? peer,
        what: describePorts(rule),
      },
    ];
  });
}

/** "Nginx <- Entry: tcp 8080", sorted. */
export function sentencesOf(rules: readonly Rule[]): string[] {
  return rules
    .map(
      ({ group, direction, peer, what }) =>
        `${group} ${direction === 'ingress' ? '<-' : '->'} ${peer}: ${what}`,
    )
    .sort();
}

/** Rules in another form, which the sentences would not tell of. */
export function otherRules(resources: readonly AppliedResource[]): string[] {
  return resources
    .filter(
      ({ type, values }) =>
        type === 'aws_security_group_rule' ||
        (['aws_security_group', 'aws_default_security_group'].includes(type) &&
          hasInlineRules(values)),
    )
    .map(({ address }) => address);
}

function hasInlineRules({ ingress, egress }: AppliedResource['values']): boolean {
  return [ingress, egress].some((rules) => Array.isArray(rules) && rules.length > 0);
}

function describePorts({
  ip_protocol: protocol,
  from_port: from,
  to_port: to,
}: RuleValues): string {
  if (protocol === '-1') {
    return 'everything';
  }
  return `${protocol} ${from === to ? from : `${from}-${to}`}`;
}
