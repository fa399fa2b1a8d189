import { TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';
import type { Secret } from '../../../model/secret';
import { generatedPassword } from '../../../terraform/generated-password';
import type { Check } from '../../../validation/check';

const VARIABLE = /^TF_VAR_([A-Za-z_][A-Za-z0-9_]{0,100})$/;

/**
 * Resolves the Terraform variable that holds a password; undefined for a password that the platform generates.
 *
 * @throws ValidationError for a password that Terraform cannot read
 * @internal
 */
export function resolvePasswordVariable(check: Check, password?: Secret): string | undefined {
  if (password === undefined) {
    return undefined;
  }
  const [, variable] = (password.kind === 'environment' && VARIABLE.exec(password.reference)) || [];
  return (
    variable ??
    check.refuse('password', {
      problem: `Terraform has to pass the password to ElastiCache, but cannot read it from ${String(password)}`,
      allowed: 'Secret.fromEnvironment("TF_VAR_<name>"), a variable that Terraform itself reads',
      remedy: 'Or leave it out, and one is generated.',
    })
  );
}

/**
 * The password of a Redis: the value of a Terraform variable, or generated.
 *
 * @internal
 */
export function passwordOf(scope: Construct, variable: string | undefined): string {
  if (variable === undefined) {
    return generatedPassword(scope);
  }
  const parameter = new TerraformVariable(scope, 'PasswordVariable', {
    type: 'string',
    sensitive: true,
    description: 'The password of the backplane.',
    validation: [
      {
        condition: `\${length(var.${variable}) >= 16 && length(var.${variable}) <= 128 && length(regexall("[^A-Za-z0-9!&#$^<>-]", var.${variable})) == 0}`,
        errorMessage:
          'ElastiCache accepts passwords of 16 to 128 characters: letters, digits and ! & # $ ^ < > -.',
      },
    ],
  });
  parameter.overrideLogicalId(variable);
  return parameter.stringValue;
}
