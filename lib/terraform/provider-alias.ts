import type { TerraformProvider } from 'cdktf';

/**
 * Lets a stack have other providers of the kind beside this one. The alias is made of the path and of nothing that can
 * change: resources are destroyed through the provider that made them, and Terraform finds it by its alias.
 *
 * @internal
 */
export function withAlias<T extends TerraformProvider>(provider: T): T {
  provider.alias = provider.friendlyUniqueId;
  return provider;
}
