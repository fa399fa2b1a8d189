import type { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import type { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/** Families whose processors are Graviton: a "g" after their number. */
const GRAVITON = /^(?:a1|[a-z]+\d+g[a-z]*)\./;

/**
 * What an image has to be made for.
 *
 * @internal
 */
export function processorsOf(instanceType: string): 'arm64' | 'x86_64' {
  return GRAVITON.test(instanceType) ? 'arm64' : 'x86_64';
}

/**
 * The image of hosts: Amazon Linux 2023 for the processors of a type, unless another one is asked for.
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
