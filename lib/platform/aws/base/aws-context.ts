import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { Token } from 'cdktf';
import type { IAwsNetwork } from '../aws-network';
import { awsName } from './aws-name';
import type { AwsBindings } from './bindings';

/**
 * Context of every resource of a platform: bindings, provider, names, tags and network.
 *
 * @internal
 */
export class AwsContext {
  public constructor(
    public readonly bindings: AwsBindings,
    public readonly provider: AwsProvider,
    /** Prefix of all names. */
    public readonly name: string,
    private readonly customTags: Readonly<Record<string, string>>,
    public readonly network: IAwsNetwork,
  ) {}

  /** Arguments that most resources take: the provider, and tags with a `Name` for the console. */
  public commonArguments(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): { provider: AwsProvider; tags: Record<string, string> } {
    return { provider: this.provider, tags: this.tags(name, more) };
  }

  public tags(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.customTags, ...more, Name: name };
  }

  /**
   * Tags of what AWS launches by itself, such as the hosts of a group. The provider's default tags reach only resources
   * of Terraform, so they are added where they are known at synth.
   */
  public launchedTags(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): Record<string, string> {
    return { ...defaultTagsOf(this.provider), ...this.tags(name, more) };
  }

  /** Name of a resource, shortened to the length that AWS allows. */
  public resourceName(maxLength: number, ...parts: readonly string[]): string {
    return awsName(maxLength, this.name, ...parts);
  }
}

function defaultTagsOf({ defaultTagsInput }: AwsProvider): Record<string, string> {
  const blocks = Array.isArray(defaultTagsInput) ? defaultTagsInput : [];
  const known = blocks.map(({ tags = {} }) => (Token.isUnresolved(tags) ? {} : tags));
  return Object.assign({}, ...known) as Record<string, string>;
}
