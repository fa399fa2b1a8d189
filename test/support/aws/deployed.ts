// A stack deployed to moto, as far as moto knows what is in it.
import type { MotoServer } from './moto-server';
import type { AwsPlugin } from './plugin';
import { StackFolder } from './stack-folder';
import {
  referencesIn,
  resourceAddresses,
  type Attributes,
  type Blocks,
  type StackJson,
} from './stack-json';

/** What an emulator cannot do, by type of resource, and why. */
export type NotEmulated = Readonly<Record<string, string>>;

/** A change that a plan tells of although nothing has changed. */
export interface Change {
  readonly address: string;
  readonly actions: readonly string[];
  /** The attributes that are said to change. */
  readonly attributes: readonly string[];
}

export class Deployed {
  /** Addresses that are left out, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;

  private readonly folder: StackFolder;

  constructor(
    stack: StackJson,
    plugin: AwsPlugin,
    private readonly server: MotoServer,
    private readonly notEmulated: NotEmulated,
  ) {
    this.leftOut = whatToLeaveOut(stack, notEmulated);
    this.folder = new StackFolder(reduced(stack, this.leftOut, server), plugin);
  }

  /** The same stack with other values, from the next plan on. */
  put(stack: StackJson): void {
    this.folder.put(reduced(stack, whatToLeaveOut(stack, this.notEmulated), this.server));
  }

  async apply(): Promise<void> {
    await this.folder.deploy();
  }

  /** The plan of a first apply, as `terraform show -json` prints it. */
  async firstPlan(): Promise<string> {
    await this.folder.init();
    await this.folder.succeed('plan', '-out=plan');
    return this.folder.succeed('show', '-json', 'plan');
  }

  /** Another apply, of what has been put since. Over the same state the CLI of cdktf would stop and ask. */
  async applyAgain(): Promise<void> {
    await this.folder.succeed('apply', '-auto-approve', '-refresh=false');
  }

  /** What a second apply would change. */
  async changes(...options: string[]): Promise<Change[]> {
    await this.folder.succeed('plan', '-out=plan', ...options);
    const { resource_changes: all = [] } = JSON.parse(
      await this.folder.succeed('show', '-json', 'plan'),
    ) as { resource_changes?: readonly PlannedChange[] };
    return all
      .filter(({ change }) => change.actions[0] !== 'no-op' && change.actions[0] !== 'read')
      .map(({ address, change }) => ({
        address,
        actions: change.actions,
        attributes: changedAttributes(change),
      }));
  }

  /** The state as Terraform writes it, secrets and all. */
  state(): Promise<string> {
    return this.folder.succeed('state', 'pull');
  }

  async addresses(): Promise<string[]> {
    const list = await this.folder.succeed('state', 'list');
    return list.split('\n').filter((line) => line !== '');
  }
}

interface PlannedChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown: Readonly<Record<string, unknown>>;
  };
}

function changedAttributes({ before, after, after_unknown }: PlannedChange['change']): string[] {
  const names = new Set([before, after, after_unknown].flatMap((each) => Object.keys(each ?? {})));
  return [...names]
    .filter(
      (name) =>
        after_unknown[name] === true ||
        JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]),
    )
    .sort();
}

/** What is not emulated, and what refers to it. */
function whatToLeaveOut(stack: StackJson, notEmulated: NotEmulated): Record<string, string> {
  const left: Record<string, string> = {};
  for (const address of resourceAddresses(stack)) {
    const reason = notEmulated[address.split('.')[0] ?? ''];
    if (reason !== undefined) {
      left[address] = reason;
    }
  }
  for (let before = -1; before !== Object.keys(left).length;) {
    before = Object.keys(left).length;
    for (const [address, block] of blocksOf(stack)) {
      const needed = referencesIn(withoutOrder(block)).find((each) => each in left);
      if (needed !== undefined && !(address in left)) {
        left[address] = `refers to ${needed}`;
      }
    }
  }
  return left;
}

function blocksOf({ resource = {}, output = {} }: StackJson): [string, unknown][] {
  return [
    ...Object.entries(resource).flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, block]): [string, unknown] => [`${type}.${name}`, block]),
    ),
    ...Object.entries(output).map(([name, block]): [string, unknown] => [`output.${name}`, block]),
  ];
}

/** `depends_on` is an order, not a need. */
function withoutOrder(block: unknown): unknown {
  const { depends_on: _, ...rest } = block as { readonly depends_on?: unknown };
  return rest;
}

/** Without what moto lacks and an apply would fail for or replace a service for; and with what means the same. */
function fitToMoto(type: string, block: Attributes): Attributes {
  const { capacity_provider_strategy: strategy, instance_refresh: _, ...rest } = block;
  switch (type) {
    case 'aws_ecs_service':
      return strategy === undefined ? rest : { ...rest, launch_type: 'FARGATE' };
    case 'aws_autoscaling_group':
      return rest;
    default:
      return block;
  }
}

function reduced(
  stack: StackJson,
  leftOut: Readonly<Record<string, string>>,
  server: MotoServer,
): StackJson {
  const { resource = {}, output = {}, provider = {}, locals, ...rest } = stack;
  const kept: Blocks = Object.fromEntries(
    Object.entries(resource)
      .map(([type, byName]): [string, Blocks[string]] => [
        type,
        Object.fromEntries(
          Object.entries(byName)
            .filter(([name]) => !(`${type}.${name}` in leftOut))
            .map(([name, block]) => [name, withoutOrderOf(leftOut, fitToMoto(type, block))]),
        ),
      ])
      .filter(([, byName]) => Object.keys(byName).length > 0),
  );
  const outputs = Object.fromEntries(
    Object.entries(output)
      .filter(([name]) => !(`output.${name}` in leftOut))
      .map(([name, block]) => [name, withoutOrderOf(leftOut, block)]),
  );
  return {
    ...rest,
    provider: {
      ...provider,
      aws: (provider.aws ?? [{}]).map(({ default_tags, alias }) => ({
        ...server.provider,
        ...(default_tags === undefined ? {} : { default_tags }),
        ...(alias === undefined ? {} : { alias }),
      })),
    },
    ...(locals ? { locals: withoutReferences(leftOut, locals) as Attributes } : {}),
    resource: kept,
    // Terraform wants a block in each that is there.
    ...(Object.keys(outputs).length === 0 ? {} : { output: outputs }),
  };
}

/** The texts that hosts are given, with a word in place of what is left out. */
function withoutReferences(leftOut: Readonly<Record<string, string>>, value: unknown): unknown {
  if (typeof value === 'string') {
    return referencesIn(value).some((each) => each in leftOut) ? 'not emulated' : value;
  }
  if (Array.isArray(value)) {
    return value.map((each) => withoutReferences(leftOut, each));
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, withoutReferences(leftOut, each)]),
      )
    : value;
}

function withoutOrderOf(
  leftOut: Readonly<Record<string, string>>,
  block: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { depends_on: order, ...rest } = block;
  const kept = Array.isArray(order) ? order.filter((each) => !(String(each) in leftOut)) : [];
  return kept.length === 0 ? rest : { ...rest, depends_on: kept };
}
