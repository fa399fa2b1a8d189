import {
  AnnotationMetadataEntryType,
  DefaultTokenResolver,
  StringConcat,
  Testing,
  Tokenization,
} from 'cdktf';
import type { TerraformStack } from 'cdktf';
import { NginxWsFrontend } from '../frontend/nginx-ws-frontend';
import { reviewForm } from './review-form';
import type { Blocks, StackJson } from './stack-json';

/**
 * What a stack becomes.
 *
 * @example
 * const stack = synthesize((scope) => buildChat(scope));
 * expect(stack.addresses).toContain("terraform_data.Platform_Host_6AA66D5E");
 * expect(stack.configuration()).toContain("ip_hash;");
 * expect(stack.forReview()).toMatchSnapshot();
 */
export class SynthesizedStack {
  /** Terraform's JSON, without the comments (`//`) that cdktf writes into it. */
  public readonly json: StackJson;
  /** The rendered nginx.conf of each front, by the front's path in the stack: `configurations["Frontend"]`. */
  public readonly configurations: Readonly<Record<string, string>>;
  /** What the stack's author is warned of, each with the path of its construct. */
  public readonly warnings: readonly string[];

  /** @throws Error for a failed validation, and for an annotation that is an error */
  public constructor(stack: TerraformStack) {
    stack.prepareStack();
    this.json = JSON.parse(Testing.synth(stack, true)) as StackJson;
    const errors = annotations(stack, AnnotationMetadataEntryType.ERROR);
    if (errors.length > 0) {
      throw new Error(`The stack has annotations that are errors:\n${errors.join('\n')}`);
    }
    this.warnings = annotations(stack, AnnotationMetadataEntryType.WARN);
    this.configurations = configurations(stack);
  }

  /**
   * The address of everything that Terraform manages or reads, sorted. A change of this list replaces things:
   * pin it.
   *
   * @example
   * expect(stack.addresses).toEqual(["terraform_data.Platform_Host_6AA66D5E"]);
   */
  public get addresses(): string[] {
    const { resource = {}, data = {}, module = {} } = this.json;
    const named = (types: Readonly<Record<string, Blocks>>, prefix: string): string[] =>
      Object.entries(types).flatMap(([type, blocks]) =>
        Object.keys(blocks).map((name) => `${prefix}${type}.${name}`),
      );
    return [
      ...named(resource, ''),
      ...named(data, 'data.'),
      ...Object.keys(module).map((name) => `module.${name}`),
    ].sort();
  }

  /**
   * The values of the outputs, by their names.
   *
   * @example
   * expect(stack.outputs.frontend_url).toBe("https://chat.example.org");
   */
  public get outputs(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.json.output ?? {}).map(([name, { value }]) => [name, value]),
    );
  }

  /**
   * The resources of a type, by their names.
   *
   * @example
   * expect(Object.keys(stack.resources("terraform_data"))).toHaveLength(6);
   */
  public resources(type: string): Blocks {
    return this.json.resource?.[type] ?? {};
  }

  /**
   * The rendered nginx.conf.
   *
   * @param frontend - the front's path in the stack; may be left out when there is one
   * @example
   * expect(stack.configuration()).toContain("ip_hash;");
   */
  public configuration(frontend?: string): string {
    const names = Object.keys(this.configurations);
    const name = frontend ?? (names.length === 1 ? names[0]! : undefined);
    if (name === undefined || !names.includes(name)) {
      throw new Error(
        `${name === undefined ? 'Say which front is meant' : `There is no front "${name}"`}: ` +
          `the stack has ${names.map((each) => `"${each}"`).join(', ') || 'none'}.`,
      );
    }
    return this.configurations[name]!;
  }

  /**
   * The stack as a person reviews it in a snapshot: without the backend; with a pointer in place of each nginx.conf,
   * which is a text to be compared for itself; and without what changes with every release (hashes of assets,
   * versions).
   *
   * @example
   * expect.addSnapshotSerializer(multiLineSerializer);
   * expect(stack.forReview()).toMatchSnapshot();
   * expect(stack.configuration()).toMatchSnapshot();
   */
  public forReview(): StackJson {
    return reviewForm(this.json, this.configurations);
  }
}

function configurations(stack: TerraformStack): Record<string, string> {
  const fronts = stack.node
    .findAll()
    .filter((construct): construct is NginxWsFrontend => construct instanceof NginxWsFrontend);
  return Object.fromEntries(
    fronts.map(({ node, configuration }) => [
      node.path.slice(stack.node.path.length + 1),
      resolve(stack, configuration),
    ]),
  );
}

/** What Terraform gets to read: an expression where the value is known only at apply. */
function resolve(stack: TerraformStack, text: string): string {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return Tokenization.resolve(text, { scope: stack, resolver, preparing: false }) as string;
}

function annotations(stack: TerraformStack, level: AnnotationMetadataEntryType): string[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === level)
        .map(({ data }) => `${node.path}: ${String(data)}`),
    );
}
