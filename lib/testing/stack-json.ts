/** Blocks of Terraform's JSON, by their names. */
export type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Stack in Terraform's JSON, as far as tests read it. */
export interface StackJson {
  readonly terraform?: Readonly<Record<string, unknown>>;
  readonly provider?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, Blocks>>;
  readonly data?: Readonly<Record<string, Blocks>>;
  readonly module?: Blocks;
  readonly output?: Blocks;
  readonly [other: string]: unknown;
}
