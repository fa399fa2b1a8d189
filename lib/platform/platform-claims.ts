import { TerraformStack } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { Check } from '../validation/check';

/**
 * The constructs that use a platform.
 *
 * @internal
 */
export class PlatformClaims {
  private readonly claims = new Map<string, IConstruct>();

  /** @param name - name of the platform in messages, e.g. "DockerPlatform" */
  public constructor(
    private readonly platform: IConstruct,
    private readonly name: string,
  ) {}

  /**
   * Check for a construct that uses the platform.
   *
   * @throws ValidationError for a construct of another stack
   */
  public check(scope: Construct): Check {
    const check: Check = new Check(scope);
    if (TerraformStack.of(scope) !== TerraformStack.of(this.platform)) {
      check.refuse('platform', {
        problem: `${this.platform.node.path} belongs to another stack`,
        allowed: `a ${this.name} of the same stack`,
      });
    }
    return check;
  }

  /**
   * Check for a construct that claims the only front or Redis of the platform.
   *
   * @param thing - "front" or "Redis"
   * @throws ValidationError for a construct of another stack, or if another construct has claimed it
   */
  public only(thing: string, scope: Construct): Check {
    const check = this.check(scope);
    const present = this.claims.get(thing);
    if (present !== undefined) {
      check.refuse('platform', {
        problem: `${this.platform.node.path} already has a ${thing}: ${present.node.path}`,
        allowed: `one ${thing} per ${this.name}`,
      });
    }
    this.claims.set(thing, scope);
    return check;
  }
}
