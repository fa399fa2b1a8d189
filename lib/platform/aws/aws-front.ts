import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Lb } from '@cdktf/provider-aws/lib/lb';

/** The entry and the hosts of a front on an `AwsPlatform`. */
export interface AwsFront {
  /** Target of the front's DNS records: the DNS name of a load balancer, or an address. */
  readonly entryAddress: string;
  /**
   * Load balancer of the front.
   *
   * @default - none, where the entry is a single host
   */
  readonly loadBalancer?: Lb;
  /**
   * Auto scaling group of the nginx hosts.
   *
   * @default - none, where the entry is a single host
   */
  readonly nginxGroup?: AutoscalingGroup;
  /**
   * The single nginx host.
   *
   * @default - none, behind a load balancer
   */
  readonly nginxHost?: Instance;
}
