// A plan as a person reviews it: what is made, with what values, in an order that stays. Values that are decided by the
// service's files or by this machine have a word in their place.

/** What of `terraform show -json <plan>` matters here. */
export interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly after: Values | null;
      readonly after_unknown: Values;
      readonly after_sensitive: Values | boolean;
    };
  }[];
  readonly output_changes?: Readonly<Record<string, { readonly after?: unknown }>>;
  readonly configuration: {
    readonly root_module: {
      readonly resources?: readonly {
        readonly address: string;
        readonly expressions?: Values;
      }[];
    };
  };
}

type Values = Readonly<Record<string, unknown>>;

/** What stands in a plan, and what to read instead; a longer one before what is part of it. */
export type Words = readonly (readonly [found: string, word: string])[];

export function readablePlan(plan: PlanJson, words: Words): string {
  const changes = [...(plan.resource_changes ?? [])].sort((a, b) =>
    a.address < b.address ? -1 : 1,
  );
  const configured = new Map(
    (plan.configuration.root_module.resources ?? []).map(({ address, expressions }) => [
      address,
      new Set(Object.keys(expressions ?? {})),
    ]),
  );
  const resources = changes.map(({ address, change }) => {
    const values = plannedValues(change, configured.get(address) ?? new Set());
    return [`${address}: ${change.actions.join(', ')}`, ...indent(lines(replace(values, words)))];
  });
  const outputs = Object.fromEntries(
    Object.entries(plan.output_changes ?? {}).map(([name, { after }]) => [name, after]),
  );
  const sections = [...resources, ['outputs', ...indent(lines(replace(outputs, words)))]];
  return `${sections.map((section) => section.join('\n')).join('\n\n')}\n`;
}

/** A configuration with the addresses that the plan gives to the containers that it refers to. */
export function withPlannedAddresses(
  configuration: string,
  { resource_changes: changes = [] }: PlanJson,
): string {
  return configuration.replace(
    /\$\{tolist\((docker_container\.\w+)\.networks_advanced\)\.0\.ipv4_address\}/g,
    (_, referred: string) => {
      const { change } = changes.find(({ address }) => address === referred)!;
      return (change.after as unknown as PlannedContainer).networks_advanced![0]!.ipv4_address;
    },
  );
}

/**
 * Words for what a change of the service's files alone changes, or the time of the plan: image and generation, names and
 * addresses of containers.
 */
export function wordsForContent({ resource_changes: changes = [] }: PlanJson): Words {
  const containers = changes.flatMap(({ type, change: { after } }) =>
    type === 'docker_container' ? [after as unknown as PlannedContainer] : [],
  );
  const images = changes.flatMap(({ type, change: { after } }) =>
    // Of one that is built here: its tag is a hash of the files.
    type === 'docker_image' && isSomething(after?.build)
      ? [String(after?.name).split(':').at(-1)!]
      : [],
  );
  const generations = containers.flatMap(({ labels, name, networks_advanced: networks }) => {
    const id = labels?.find(({ label }) => label === 'aiwm.generation')?.value;
    const [network] = networks ?? [];
    return id === undefined || network === undefined
      ? []
      : [
          [id, '<generation>'] as const,
          [name.slice(-8), '<drawn by the plan>'] as const,
          ...(network.ipv4_address
            ? [[network.ipv4_address, `<address of ${network.aliases[0]}>`] as const]
            : []),
        ];
  });
  return [...generations, ...images.map((tag) => [tag, '<content>'] as const)];
}

interface PlannedContainer {
  readonly name: string;
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
  readonly networks_advanced?: readonly {
    readonly ipv4_address: string;
    readonly aliases: readonly string[];
  }[];
}

function replace(value: unknown, words: Words): unknown {
  if (Array.isArray(value)) {
    return value.map((each) => replace(each, words));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, replace(each, words)]),
    );
  }
  return typeof value === 'string'
    ? words.reduce((text, [found, word]) => text.split(found).join(word), value)
    : value;
}

/** All that is something; of what only the apply will tell, what the stack has asked for. */
function plannedValues(
  {
    after,
    after_unknown: unknown,
    after_sensitive: sensitive,
  }: NonNullable<PlanJson['resource_changes']>[number]['change'],
  configured: ReadonlySet<string>,
): Values {
  const isSensitive = (name: string) =>
    typeof sensitive === 'object' && holdsTrue((sensitive as Values)[name]);
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(unknown)])].sort();
  return Object.fromEntries(
    names.flatMap((name): [string, unknown][] => {
      const value = after?.[name];
      if (unknown[name] === true) {
        const known = `(known after apply${isSensitive(name) ? ', sensitive' : ''})`;
        return configured.has(name) ? [[name, known]] : [];
      }
      if (isSensitive(name)) {
        return [[name, '(sensitive)']];
      }
      return isSomething(value) || (configured.has(name) && value === false) ? [[name, value]] : [];
    }),
  );
}

function holdsTrue(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsTrue)
    : value === true;
}

function isSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).some(isSomething);
  }
  return value !== null && value !== undefined && value !== '' && value !== false;
}

function lines(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((each) => {
      const [first = '', ...rest] = lines(each);
      return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))];
    });
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, each]) => isSomething(each) || each === false)
      .flatMap(([name, each]) => {
        const inner = lines(each);
        return typeof each === 'object' || inner.length > 1
          ? [`${name}:`, ...indent(inner)]
          : [`${name} = ${inner[0]}`];
      });
  }
  return String(value).split('\n');
}

function indent(list: readonly string[]): string[] {
  return list.map((line) => (line === '' ? '' : `    ${line}`));
}
