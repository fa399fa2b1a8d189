// The services of a stack, with all that an emulator needs to run them.
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { taskDefinitions, type Attributes, type TaskDefinition } from './task-definition';

export interface ServiceSpec {
  readonly name: string;
  readonly desired: number;
  readonly task: TaskDefinition;
  /** Of the healthy tasks during a roll-out. */
  readonly minimumPercent: number;
  readonly maximumPercent: number;
  /** Name in Cloud Map under which its tasks are found. */
  readonly dnsName: string;
  readonly subnets: readonly string[];
}

export interface Names {
  /** Of an address. */
  readonly ttlSeconds: number;
  /** Of the answer that there is none. */
  readonly negativeTtlSeconds: number;
}

interface ServiceBlock {
  readonly name: string;
  readonly desired_count: number;
  readonly task_definition: string;
  readonly deployment_minimum_healthy_percent: number;
  readonly deployment_maximum_percent: number;
  readonly network_configuration: { readonly subnets: readonly string[] };
  readonly service_registries: { readonly registry_arn: string };
}

interface NameBlock {
  readonly name: string;
  readonly dns_config: {
    readonly dns_records: readonly { readonly type: string; readonly ttl: number }[];
  };
}

interface Template {
  readonly Resources: {
    readonly Namespace: {
      readonly Properties: {
        readonly Name: string;
        readonly Properties: { readonly DnsProperties: { readonly SOA: { readonly TTL: number } } };
      };
    };
  };
}

/** The services in the order in which they stand, which is that of the slots. */
export function serviceSpecs(stack: SynthesizedStack, attributes: Attributes): ServiceSpec[] {
  const definitions = taskDefinitions(stack, attributes);
  const blocks = stack.resources('aws_ecs_service') as unknown as Record<string, ServiceBlock>;
  const names = stack.resources('aws_service_discovery_service');
  const { Name: namespace } = namespaceOf(stack);
  return Object.values(blocks).map((block) => {
    const registry = referred(block.service_registries.registry_arn).split('.')[1]!;
    const { name } = names[registry] as unknown as NameBlock;
    return {
      name: block.name,
      desired: block.desired_count,
      task: definitions[referred(block.task_definition)]!,
      minimumPercent: block.deployment_minimum_healthy_percent,
      maximumPercent: block.deployment_maximum_percent,
      dnsName: `${name}.${namespace}`,
      subnets: block.network_configuration.subnets,
    };
  });
}

/** How long answers may be kept, which has to be the same for all names. */
export function namesOf(stack: SynthesizedStack): Names {
  const records = Object.values(
    stack.resources('aws_service_discovery_service') as unknown as Record<string, NameBlock>,
  ).flatMap((block) => block.dns_config.dns_records);
  const [ttlSeconds, ...others] = new Set(records.map(({ ttl }) => ttl));
  if (
    ttlSeconds === undefined ||
    others.length > 0 ||
    records.some((record) => record.type !== 'A')
  ) {
    throw new Error(`not A records with one time to live: ${JSON.stringify(records)}`);
  }
  return {
    ttlSeconds,
    negativeTtlSeconds: namespaceOf(stack).Properties.DnsProperties.SOA.TTL,
  };
}

function namespaceOf(stack: SynthesizedStack): Template['Resources']['Namespace']['Properties'] {
  const [block] = Object.values(stack.resources('aws_cloudformation_stack'));
  const template = JSON.parse(
    (block as { readonly template_body: string }).template_body,
  ) as Template;
  return template.Resources.Namespace.Properties;
}

/** "${aws_ecs_task_definition.A.arn}" is "aws_ecs_task_definition.A". */
function referred(expression: string): string {
  const [, address] = /^\$\{(\w+\.\w+)\.arn\}$/.exec(expression) ?? [];
  if (address === undefined) {
    throw new Error(`not the ARN of a resource: ${expression}`);
  }
  return address;
}
