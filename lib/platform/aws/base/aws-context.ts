import type { IamRoleConfig } from '@cdktf/provider-aws/lib/iam-role';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { IAwsNetwork } from '../aws-network';
import { awsName } from './aws-name';
import type { AwsBindings } from './bindings';

/**
 * What every role of a platform has.
 *
 * @internal
 */
export interface RoleOptions {
  readonly permissionsBoundaryArn?: string;
  readonly rolePath?: string;
}

type RoleArguments = Pick<
  IamRoleConfig,
  'provider' | 'tags' | 'namePrefix' | 'path' | 'permissionsBoundary'
>;

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
    private readonly roles: RoleOptions,
  ) {}

  /** Arguments that most resources take: the provider, and tags with a `Name` for the console. */
  public commonArguments(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): { provider: AwsProvider; tags: Record<string, string> } {
    return { provider: this.provider, tags: this.tags(name, more) };
  }

  /** Arguments of every role. A prefix, because role names are unique in the account across all regions. */
  public roleArguments(name: string): RoleArguments {
    return {
      ...this.commonArguments(this.resourceName(128, name)),
      namePrefix: `${this.resourceName(37, name)}-`,
      path: this.roles.rolePath,
      permissionsBoundary: this.roles.permissionsBoundaryArn,
    };
  }

  public tags(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.customTags, ...more, Name: name };
  }

  /** Name of a resource, shortened to the length that AWS allows. */
  public resourceName(maxLength: number, ...parts: readonly string[]): string {
    return awsName(maxLength, this.name, ...parts);
  }
}
