import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { ITerraformDependable } from 'cdktf';
import type { NginxSpec, RunningNginx } from '../../contract';
import type { HostContext } from '../hosts/host-context';
import type { MonitoredFront } from '../monitoring/front-alarms';
import type { ResolvedCertificate } from './certificate';

/**
 * What a front is made with, whatever kind of entry it has.
 *
 * @internal
 */
export interface FrontContext extends HostContext {
  readonly spec: NginxSpec;
  readonly certificate: ResolvedCertificate;
  readonly host: NginxHost;
}

/**
 * How a host is made.
 *
 * @internal
 */
export interface NginxHost {
  readonly name: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly userData: string;
  /** By which its release finds it. */
  readonly tags: Readonly<Record<string, string>>;
  readonly profile: IamInstanceProfile;
}

/**
 * What serves clients.
 *
 * @internal
 */
export interface FrontEntry {
  /** Where names have to lead: the name of a load balancer, or an address. */
  readonly entryAddress: string;
  readonly loadBalancer?: Lb;
  readonly group?: AutoscalingGroup;
  readonly host?: Instance;
}

/**
 * The hosts of a front, and how clients get to them.
 *
 * @internal
 */
export interface FrontHosts extends FrontEntry {
  /** What a release is delivered to. */
  readonly hosts: readonly (AutoscalingGroup | Instance)[];
  /** What has to be there besides, before clients can come. */
  readonly entrance: readonly ITerraformDependable[];
  /** Makes its alarms, once the release is delivered. */
  readonly createAlarms: (front: MonitoredFront) => void;
}

/**
 * A front that serves.
 *
 * @internal
 */
export interface Front extends FrontEntry, RunningNginx {}
