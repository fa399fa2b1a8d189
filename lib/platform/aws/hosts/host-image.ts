import type { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
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
 * Image of the hosts: Amazon Linux 2023 for the architecture of an instance type, unless `imageId` is given.
 *
 * @internal
 */
export class HostImage {
  private readonly parameters = new Map<string, DataAwsSsmParameter>();

  public constructor(
    private readonly scope: Construct,
    private readonly aws: AwsContext,
    private readonly imageId: string | undefined,
  ) {}

  public for(instanceType: string): string {
    return this.imageId ?? this.parameter(instanceType).insecureValue;
  }

  private parameter(instanceType: string): DataAwsSsmParameter {
    const processors = processorsOf(instanceType);
    const known = this.parameters.get(processors);
    if (known !== undefined) {
      return known;
    }
    const { bindings, provider } = this.aws;
    const parameter = new bindings.DataAwsSsmParameter(
      this.scope,
      `Image${processors === 'arm64' ? 'Arm' : 'Intel'}`,
      {
        provider,
        name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processors}`,
      },
    );
    this.parameters.set(processors, parameter);
    return parameter;
  }
}
