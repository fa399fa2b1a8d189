import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { IAwsNetwork } from '../aws-network';
import { awsName } from './aws-name';
import type { AwsBindings } from './bindings';

/**
 * What every part of a platform is made with.
 *
 * @internal
 */
export class AwsPlace {
  public constructor(
    public readonly bindings: AwsBindings,
    public readonly provider: AwsProvider,
    /** What all names begin with. */
    public readonly name: string,
    private readonly ownTags: Readonly<Record<string, string>>,
    public readonly network: IAwsNetwork,
  ) {}

  /** Provider and tags of a resource; its name is only for people. */
  public tagged(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): { provider: AwsProvider; tags: Record<string, string> } {
    return { provider: this.provider, tags: this.tags(name, more) };
  }

  public tags(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.ownTags, ...more, Name: name };
  }

  /** The name of a part, at most as long as AWS allows. */
  public named(longest: number, ...parts: readonly string[]): string {
    return awsName(longest, this.name, ...parts);
  }
}
