import type { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import type { Construct } from 'constructs';
import type { AwsPlace } from '../base/aws-context';

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
  private readonly newest = new Map<string, DataAwsSsmParameter>();

  public constructor(
    private readonly scope: Construct,
    private readonly place: AwsPlace,
    private readonly own: string | undefined,
  ) {}

  public for(instanceType: string): string {
    return this.own ?? this.parameter(instanceType).insecureValue;
  }

  private parameter(instanceType: string): DataAwsSsmParameter {
    const processors = processorsOf(instanceType);
    const known = this.newest.get(processors);
    if (known !== undefined) {
      return known;
    }
    const { bindings, provider } = this.place;
    const made = new bindings.DataAwsSsmParameter(
      this.scope,
      `Image${processors === 'arm64' ? 'Arm' : 'Intel'}`,
      {
        provider,
        name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processors}`,
      },
    );
    this.newest.set(processors, made);
    return made;
  }
}
