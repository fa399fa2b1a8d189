import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { ValidationError } from '../validation/errors';

const MAX_LENGTH = 48;

/**
 * Name of a construct on a platform, made of its path in the stack: "Chat/Aiwm" becomes "chat-aiwm".
 *
 * @internal
 * @throws ValidationError for a path that makes no name, or one that is too long
 */
export function resourceName(construct: IConstruct): string {
  const stack = TerraformStack.of(construct).node.path;
  const name = construct.node.path
    .slice(stack.length)
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
  if (name === '') {
    throw new ValidationError(construct, {
      property: 'id',
      problem: 'the path contains no letter (a to z) and no digit from which to derive a name',
      remedy: 'Choose ids with letters or digits for the construct or its parents.',
    });
  }
  if (name.length > MAX_LENGTH) {
    throw new ValidationError(construct, {
      property: 'id',
      problem: `the name "${name}", derived from its path, has ${name.length} characters`,
      allowed: `at most ${MAX_LENGTH}`,
      remedy: 'Choose shorter ids for the construct and its parents.',
    });
  }
  return name;
}

/**
 * Name of a Terraform output: "Chat/Frontend" and "url" become "chat_frontend_url".
 *
 * A name in Terraform cannot start with a digit.
 *
 * @internal
 */
export function outputName(construct: IConstruct, what: string): string {
  return `${resourceName(construct).replace(/-/g, '_')}_${what}`.replace(/^(?=\d)/, '_');
}
