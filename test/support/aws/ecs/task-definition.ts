// Task definitions as a stack has them, in the form in which ECS gets them: Terraform itself computes the JSON.
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { withoutHash } from '../../stack/addresses';
import { evaluate } from '../../stack/evaluate';

export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly essential?: boolean;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly readonlyRootFilesystem?: boolean;
  readonly mountPoints?: readonly {
    readonly sourceVolume: string;
    readonly containerPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly linuxParameters?: {
    readonly initProcessEnabled?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
  readonly ulimits?: readonly {
    readonly name: string;
    readonly softLimit: number;
    readonly hardLimit: number;
  }[];
  /** Times in seconds. */
  readonly healthCheck?: {
    readonly command: readonly string[];
    readonly interval: number;
    readonly timeout: number;
    readonly retries: number;
    readonly startPeriod: number;
  };
  /** Seconds. */
  readonly stopTimeout?: number;
}

export interface TaskDefinition {
  readonly family: string;
  /** 1024 of a processor. */
  readonly cpu: number;
  /** MiB */
  readonly memory: number;
  readonly volumes: readonly string[];
  readonly containers: readonly ContainerDefinition[];
}

/** What resources of AWS are called once they exist, by address without hash: "aws_secretsmanager_secret.A.arn". */
export type Attributes = Readonly<Record<string, unknown>>;

interface TaskDefinitionBlock {
  readonly family: string;
  readonly cpu: string;
  readonly memory: string;
  readonly volume?: readonly { readonly name: string }[];
  readonly container_definitions: string;
}

const REFERENCE = /\b(?:data\.)?(?:aws_\w+|terraform_data)\.\w+\.\w+/g;

/** The task definitions of a stack by their address. */
export function taskDefinitions(
  stack: SynthesizedStack,
  attributes: Attributes,
): Record<string, TaskDefinition> {
  const blocks = stack.resources('aws_ecs_task_definition') as unknown as Readonly<
    Record<string, TaskDefinitionBlock>
  >;
  const json = evaluate(
    { json: { locals: filled(containersIn(stack), attributes) as Record<string, unknown> } },
    Object.fromEntries(
      Object.entries(blocks).map(([name, block]) => [name, block.container_definitions]),
    ),
  );
  return Object.fromEntries(
    Object.entries(blocks).map(([name, { family, cpu, memory, volume = [] }]) => [
      `aws_ecs_task_definition.${name}`,
      {
        family,
        cpu: Number(cpu),
        memory: Number(memory),
        volumes: volume.map((each) => each.name),
        containers: JSON.parse(json[name]!) as ContainerDefinition[],
      },
    ]),
  );
}

/** The locals that task definitions refer to. */
function containersIn(stack: SynthesizedStack): Record<string, unknown> {
  const used = JSON.stringify(stack.resources('aws_ecs_task_definition'));
  return Object.fromEntries(
    Object.entries((stack.json.locals ?? {}) as Record<string, unknown>).filter(([name]) =>
      used.includes(`local.${name}]`),
    ),
  );
}

/** With what resources are called in place of the references to them. */
function filled(value: unknown, attributes: Attributes): unknown {
  if (typeof value === 'string') {
    return value.includes('${')
      ? value.replace(REFERENCE, (reference) => {
          const known = attributes[withoutHash(reference)];
          if (known === undefined) {
            throw new Error(`the task definition refers to ${withoutHash(reference)}: give it`);
          }
          return JSON.stringify(known);
        })
      : value;
  }
  if (Array.isArray(value)) {
    return value.map((each) => filled(each, attributes));
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, filled(each, attributes)]),
      )
    : value;
}
