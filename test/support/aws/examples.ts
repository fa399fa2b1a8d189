// The AWS examples, and names in them as a person says them.
import type { App, TerraformStack } from 'cdktf';
import { synthesizeStack, type SynthesizedStack } from 'cdktf-aiwm/testing';
import { AwsStack } from '../../../examples/aws';
import { AwsRedisStack } from '../../../examples/aws-redis';
import { AwsSingleStack } from '../../../examples/aws-single';
import type { AppliedResource } from './mock-run';
import { withoutHash } from '../stack/addresses';
import { resourceAddresses, type StackJson } from './stack-json';

const EXAMPLES = {
  aws: AwsStack,
  'aws-redis': AwsRedisStack,
  'aws-single': AwsSingleStack,
} satisfies Record<string, new (app: App, id: string) => TerraformStack>;

export type ExampleName = keyof typeof EXAMPLES;

export const exampleNames = Object.keys(EXAMPLES) as ExampleName[];

/** An example; under the id of another one, so that the names in both are the same. */
export function example(name: ExampleName, id: string = name): SynthesizedStack {
  return synthesizeStack((app) => new EXAMPLES[name](app, id));
}

/** Finds addresses by what they are called without the hash. */
export class Names {
  private readonly all: readonly string[];

  constructor(stack: StackJson) {
    this.all = resourceAddresses(stack);
  }

  /** "aws_lb.Platform_Entry_0123ABCD" for "aws_lb.Platform_Entry"; for "aws_lb" the only one of the type. */
  one(name: string): string {
    const [address, ...others] = this.of(name);
    if (address === undefined || others.length > 0) {
      throw new Error(
        `${name} is ${others.length + (address ? 1 : 0)} of:\n${this.all.join('\n')}`,
      );
    }
    return address;
  }

  /** All of a type, or of one name. */
  of(name: string): string[] {
    return this.all.filter((each) => withoutHash(each) === name || each.startsWith(`${name}.`));
  }
}

export function valuesOf(
  resources: readonly AppliedResource[],
  type: string,
): AppliedResource['values'][] {
  return resources
    .filter((each) => each.mode === 'managed' && each.type === type)
    .map(({ values }) => values);
}
