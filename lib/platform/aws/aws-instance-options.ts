/** Processor architecture of the tasks that run instances. */
export enum CpuArchitecture {
  /** Intel and AMD: images for linux/amd64. */
  X86_64 = 'X86_64',
  /** Graviton: images for linux/arm64. */
  ARM64 = 'ARM64',
}

/** A private DNS namespace of AWS Cloud Map that exists. */
export interface AwsNamespace {
  /** Id of the namespace, e.g. "ns-0123456789abcdef". */
  readonly id: string;
  /** Name of the namespace, e.g. "chat.internal". It must be known at synth. */
  readonly name: string;
}

/** How a new version of the service replaces the instances. */
export interface AwsRollout {
  /**
   * Number of instances that are replaced at the same time, 1 to 64.
   *
   * Each new instance is healthy before its predecessor stops. Terraform itself changes ten resources at a time, unless
   * `-parallelism` allows more.
   *
   * @default 1
   */
  readonly batchSize?: number;
}

/** Actions that instances may call with their own credentials. */
export interface AwsTaskPermission {
  /** Actions of IAM, e.g. "s3:GetObject". */
  readonly actions: string[];
  /** ARNs of the resources to which they apply. */
  readonly resources: string[];
}
