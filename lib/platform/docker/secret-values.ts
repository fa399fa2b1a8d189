import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../check';
import type { Secret } from '../../secret';
import { fromStackFolder } from '../../stack-paths';
import { TerraformData } from '../../terraform-data';
import { FILE_PATH } from '../../text-rules';

/**
 * The content of a secret's file, read at apply.
 *
 * @throws ValidationError for a secret of another kind
 * @internal
 */
export function secretFromFile(
  platform: Construct,
  platformName: string,
  check: Check,
  property: string,
  { kind, reference }: Secret,
): string {
  if (kind !== 'file') {
    check.refuse(
      property,
      `${platformName} cannot read a secret of the kind "${kind}"`,
      'Secret.fromFile(…)',
    );
  }
  return Fn.sensitive(
    Fn.trimspace(Fn.file(fromStackFolder(platform, check.text(property, reference, FILE_PATH)))),
  );
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
