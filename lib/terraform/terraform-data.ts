import { TerraformResource } from 'cdktf';
import type { ITerraformDependable, LocalExecProvisioner, TerraformResourceLifecycle } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * Arguments of a `TerraformData`.
 *
 * @internal
 */
export interface TerraformDataConfig {
  readonly input?: Record<string, unknown>;
  readonly triggersReplace?: Record<string, unknown>;
  readonly dependsOn?: ITerraformDependable[];
  readonly lifecycle?: TerraformResourceLifecycle;
  readonly provisioners?: LocalExecProvisioner[];
}

/**
 * Terraform's built-in resource `terraform_data`.
 *
 * cdktf's `DataResource` is the same resource, but runs `terraform version` for each one at every synth. That takes 50
 * ms an instance, and fails on a machine without Terraform.
 *
 * @internal
 * @see https://developer.hashicorp.com/terraform/language/resources/terraform-data
 */
export class TerraformData extends TerraformResource {
  public constructor(
    scope: Construct,
    id: string,
    private readonly config: TerraformDataConfig,
  ) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      terraformGeneratorMetadata: { providerName: 'terraform' },
      dependsOn: config.dependsOn,
      lifecycle: config.lifecycle,
      provisioners: config.provisioners,
    });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const { input, triggersReplace } = this.config;
    return { input, triggers_replace: triggersReplace };
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return this.synthesizeAttributes();
  }
}
