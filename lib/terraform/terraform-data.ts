import { TerraformResource } from 'cdktf';
import type { ITerraformDependable, LocalExecProvisioner, TerraformResourceLifecycle } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * What a `TerraformData` takes.
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
 * Terraform's built-in resource, as cdktf's DataResource is. That one starts `terraform version` for each resource at
 * every synth: 50 ms an instance, and no synth where there is no terraform.
 *
 * @internal
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
