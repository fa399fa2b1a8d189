import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { ITerraformDependable } from 'cdktf';
import type { NginxSpec, RunningNginx } from '../../contract';
import type { AwsFront } from '../aws-front';
import type { HostContext } from '../hosts/host-context';
import type { MonitoredFront } from '../monitoring/monitored-front';
import type { ResolvedCertificate } from './certificate';

/**
 * Context of a front, whatever its entry.
 *
 * @internal
 */
export interface FrontContext extends HostContext {
  readonly spec: NginxSpec;
  readonly certificate: ResolvedCertificate;
  readonly host: NginxHost;
}

/**
 * Launch parameters of an nginx host.
 *
 * @internal
 */
export interface NginxHost {
  readonly name: string;
  readonly instanceType: string;
  readonly userData: string;
  /** Tags by which releases find the host. */
  readonly tags: Readonly<Record<string, string>>;
  readonly profile: IamInstanceProfile;
}

/**
 * The hosts of a front and the resources through which clients reach them.
 *
 * @internal
 */
export interface FrontHosts extends AwsFront {
  /** Hosts, or their group, that receive releases. */
  readonly hosts: readonly (AutoscalingGroup | Instance)[];
  /** Resources besides the hosts that must exist before clients can connect. */
  readonly entrance: readonly ITerraformDependable[];
  /** Creates the alarms, after the first release has been delivered. */
  readonly createAlarms: (front: MonitoredFront) => void;
}

/**
 * A running front.
 *
 * @internal
 */
export interface Front extends AwsFront, RunningNginx {}
