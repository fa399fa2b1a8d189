// The parts of cdk.tf.json that the tests look at.

export type Attributes = Readonly<Record<string, unknown>>;

/** By type and name. */
export type Blocks = Readonly<Record<string, Readonly<Record<string, Attributes>>>>;

export interface StackJson {
  readonly terraform?: Attributes;
  readonly provider?: Readonly<Record<string, readonly Attributes[]>>;
  readonly variable?: Readonly<Record<string, Attributes>>;
  readonly locals?: Attributes;
  readonly data?: Blocks;
  readonly resource?: Blocks;
  readonly output?: Readonly<Record<string, Attributes>>;
}

/** The addresses of all resources. */
export function resourceAddresses({ resource = {} }: StackJson): string[] {
  return Object.entries(resource)
    .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
    .sort();
}

/** The addresses of resources and data sources that a value refers to. */
export function referencesIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  const found = text.matchAll(/\b((?:data\.)?(?:aws|terraform)_\w+\.[A-Za-z_][\w-]*)/g);
  return [...new Set([...found].map(([address]) => address))];
}
