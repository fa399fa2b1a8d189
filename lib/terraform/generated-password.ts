import { Fn, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { TerraformData } from './terraform-data';

/**
 * A password that Terraform's own resource makes once. It stands in the state, as everything does that a resource is
 * given.
 *
 * @internal
 */
export function generatedPassword(scope: Construct): string {
  const password = new TerraformData(scope, 'Password', {
    // Not as `input`: its twin `output` would be printed when it is destroyed.
    triggersReplace: { password: '${sensitive(uuid())}' },
    lifecycle: { ignoreChanges: ['triggers_replace'] },
  });
  return Token.asString(Fn.sensitive(password.getStringAttribute('triggers_replace.password')));
}
