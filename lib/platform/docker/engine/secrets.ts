import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { Secret } from '../../../model/secret';
import { inExpression } from '../../../terraform/expressions';
import { fromStackFolder } from '../../../terraform/stack-paths';
import { TerraformData } from '../../../terraform/terraform-data';
import { FILE_PATH } from '../../../validation/text-rules';

/**
 * Content of a secret's file, read at apply.
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
      problem: `${platformName} cannot read a secret of kind "${kind}"`,
      allowed: 'Secret.fromFile(…)',
    });
  }
  const file = fromStackFolder(check.scope, check.text(property, reference, FILE_PATH));
  return Fn.sensitive(Fn.trimsuffix(Fn.file(inExpression(file)), '\n'));
}

/**
 * URL of a Redis. The password is encoded, because it may contain characters with a meaning in a URL.
 *
 * @internal
 */
export function redisUrl(password: string, host: string, port: number): string {
  // Terraform encodes for a form, in which a space is a "+".
  return `redis://:${Fn.replace(Fn.urlencode(password), '+', '%20')}@${host}:${port}`;
}

/**
 * A value that changes with secrets and reveals nothing about them. Neither a name nor a label may contain a hash of a
 * secret.
 *
 * @internal
 */
export function versionOfSecrets(scope: Construct, values: Record<string, string>): string {
  const version = new TerraformData(scope, 'SecretsVersion', {
    triggersReplace: { values: Fn.sha256(Fn.jsonencode(values)) },
  });
  return version.getStringAttribute('id');
}
