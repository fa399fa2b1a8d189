import type { TerraformProvider } from 'cdktf';

/**
 * Gives a provider an alias, so that a stack can have others of its kind.
 *
 * The alias is made of the path alone, which does not change. Terraform destroys a resource through the provider that
 * created it, and finds that by its alias.
 *
 * @internal
 */
export function withAlias<T extends TerraformProvider>(provider: T): T {
  provider.alias = provider.friendlyUniqueId;
  return provider;
}
