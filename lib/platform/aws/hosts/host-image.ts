import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/** Instance families with Graviton processors: a "g" after the number. */
const GRAVITON = /^(?:a1|[a-z]+\d+g[a-z]*)\./;

/**
 * Processor architecture of an instance type.
 *
 * @internal
 */
export function processorsOf(instanceType: string): 'arm64' | 'x86_64' {
  return GRAVITON.test(instanceType) ? 'arm64' : 'x86_64';
}

/**
 * Name of AWS' own parameter with the latest image of Amazon Linux 2023 for an instance type.
 *
 * @internal
 */
export function latestImage(instanceType: string): string {
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processorsOf(instanceType)}`;
}

/**
 * Image of the hosts: Amazon Linux 2023 for the architecture of an instance type, unless `imageId` is given.
 *
 * @internal
 */
export class HostImage {
  public constructor(
    private readonly scope: Construct,
    private readonly aws: AwsContext,
    private readonly imageId: string | undefined,
  ) {}

  /** For a launch template: AWS looks the latest image up at each launch. */
  public atLaunch(instanceType: string): string {
    return this.imageId ?? `resolve:ssm:${latestImage(instanceType)}`;
  }

  /** For a single host: the latest image at the apply. */
  public for(instanceType: string): string {
    if (this.imageId !== undefined) {
      return this.imageId;
    }
    const { bindings, provider } = this.aws;
    const id = `Image${processorsOf(instanceType) === 'arm64' ? 'Arm' : 'Intel'}`;
    return new bindings.DataAwsSsmParameter(this.scope, id, {
      provider,
      name: latestImage(instanceType),
    }).insecureValue;
  }
}
