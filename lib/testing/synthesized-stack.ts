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
 * One stack, synthesized.
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
  /** Rendered nginx.conf of each front, by the front's path in the stack: `configurations["Frontend"]`. */
  public readonly configurations: Readonly<Record<string, string>>;
  /** Warnings for the stack's author, each with the path of its construct. */
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
   * Addresses of everything that Terraform manages or reads, sorted.
   *
   * Compare the whole list in a test: a changed address makes Terraform replace the resource.
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
   * Values of the outputs, by their names.
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
   * Resources of a type, by their names.
   *
   * @example
   * expect(Object.keys(stack.resources("terraform_data"))).toHaveLength(6);
   */
  public resources(type: string): Blocks {
    return this.json.resource?.[type] ?? {};
  }

  /**
   * Rendered nginx.conf of one front.
   *
   * @param frontend - path of the front in the stack; you can leave it out if there is only one
   * @throws Error for a path at which the stack has no front
   *
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
   * Stack in the form for review in a snapshot.
   *
   * It has no backend, and a pointer in place of each nginx.conf, which is better compared as a text of its own. Hashes
   * of assets and versions are masked, since they change with every release.
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

/** Text as Terraform reads it, with an expression for each value that is known only at apply. */
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
