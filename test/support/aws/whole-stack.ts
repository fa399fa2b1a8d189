// A stack with everything that AwsPlatform has, and short ways to read one.
import { byConstruct, withoutHash } from '../stack/addresses';
import { synthesizeAws } from './aws-site';

export const whole = synthesizeAws((site) =>
  site.front({ cluster: site.cluster({ backplane: site.backplane() }) }),
);

export const wholeJson = JSON.stringify(whole.json);

/** A resource, where there is one of its type. */
export function only(type: string, stack = whole): Readonly<Record<string, unknown>> {
  const all = Object.values(byConstruct(stack, type));
  expect(all).toHaveLength(1);
  return all[0]!;
}

/** What stands between "${" and "}", without the hash of a name: "aws_lb.Frontend_LoadBalancer.arn". */
export function plain(value: unknown): string {
  return withoutHash(String(value)).replace(/\$\{([^{}]*)\}/g, '$1');
}

/** The map from which an auto scaling group tags its hosts, as Terraform computes it. */
export function tagsOfHosts(stack = whole): string {
  const { dynamic } = only('aws_autoscaling_group', stack) as {
    dynamic: { tag: { for_each: string; content: { propagate_at_launch: boolean } } };
  };
  expect(dynamic.tag.content.propagate_at_launch).toBe(true);
  return plain(dynamic.tag.for_each);
}

export interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

export function statements(policy: string, stack = whole): Record<string, Statement> {
  const { policy: text } = byConstruct(stack, 'aws_iam_role_policy')[policy]!;
  const all = (JSON.parse(text as string) as { Statement: Statement[] }).Statement;
  return Object.fromEntries(all.map((each) => [each.Sid, each]));
}

/** "Aiwm_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003". */
export function waysIn(stack = whole): string[] {
  return Object.values(byConstruct(stack, 'aws_vpc_security_group_ingress_rule'))
    .map((rule) => {
      const peer = rule.referenced_security_group_id ?? rule.cidr_ipv4 ?? rule.cidr_ipv6;
      const ports =
        rule.from_port === rule.to_port
          ? String(rule.from_port as number)
          : `${rule.from_port as number} to ${rule.to_port as number}`;
      return plain(`${rule.security_group_id as string} from ${peer as string} at ${ports}`)
        .replace(/aws_security_group\./g, '')
        .replace(/\.id\b/g, '');
    })
    .sort();
}
