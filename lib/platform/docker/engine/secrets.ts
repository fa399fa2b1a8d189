import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { Secret } from '../../../model/secret';
import { inExpression } from '../../../terraform/expressions';
import { fromStackFolder } from '../../../terraform/stack-paths';
import { TerraformData } from '../../../terraform/terraform-data';
import { FILE_PATH } from '../../../validation/text-rules';

/**
 * The content of a secret's file, read at apply.
 *
 * @throws ValidationError for a secret of another kind
 * @internal
 */
export function secretFromFile(
  platformName: string,
  check: Check,
  property: string,
  { kind, reference }: Secret,
): string {
  if (kind !== 'file') {
    check.refuse(property, {
      problem: `${platformName} cannot read a secret of the kind "${kind}"`,
      allowed: 'Secret.fromFile(…)',
    });
  }
  const file = fromStackFolder(check.scope, check.text(property, reference, FILE_PATH));
  return Fn.sensitive(Fn.trimsuffix(Fn.file(inExpression(file)), '\n'));
}

/**
 * The URL of a Redis. A password may hold what a URL has another meaning for.
 *
 * @internal
 */
export function redisUrl(password: string, host: string, port: number): string {
  // What Terraform encodes is a form, where a blank is a "+".
  return `redis://:${Fn.replace(Fn.urlencode(password), '+', '%20')}@${host}:${port}`;
}

/**
 * What changes with secrets and does not tell them: neither a name nor a label may hold a hash of one.
 *
 * @internal
 */
export function versionOfSecrets(scope: Construct, values: Record<string, string>): string {
  const version = new TerraformData(scope, 'SecretsVersion', {
    triggersReplace: { values: Fn.sha256(Fn.jsonencode(values)) },
  });
  return version.getStringAttribute('id');
}
