import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { IAwsNetwork } from '../aws-network';
import { awsName } from './aws-name';
import type { AwsBindings } from './bindings';

/**
 * What every part of a platform is made with.
 *
 * @internal
 */
export class AwsContext {
  public constructor(
    public readonly bindings: AwsBindings,
    public readonly provider: AwsProvider,
    /** What all names begin with. */
    public readonly name: string,
    private readonly customTags: Readonly<Record<string, string>>,
    public readonly network: IAwsNetwork,
  ) {}

  /** Provider and tags of a resource; its name is only for people. */
  public commonArguments(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): { provider: AwsProvider; tags: Record<string, string> } {
    return { provider: this.provider, tags: this.tags(name, more) };
  }

  public tags(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.customTags, ...more, Name: name };
  }

  /** The name of a part, at most as long as AWS allows. */
  public resourceName(maxLength: number, ...parts: readonly string[]): string {
    return awsName(maxLength, this.name, ...parts);
  }
}
