import { Fn, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { TerraformData } from './terraform-data';

/**
 * Password that Terraform's built-in resource generates once.
 *
 * The state contains it, like every value that a resource receives.
 *
 * @internal
 */
export function generatedPassword(scope: Construct): string {
  const password = new TerraformData(scope, 'Password', {
    // Not `input`, whose twin `output` Terraform prints when it destroys the resource.
    triggersReplace: { password: '${sensitive(uuid())}' },
    lifecycle: { ignoreChanges: ['triggers_replace'] },
  });
  return Token.asString(Fn.sensitive(password.getStringAttribute('triggers_replace.password')));
}
