import type { AwsContext } from '../base/aws-context';
import type { HostGroups } from '../network/groups';
import type { AwsSettings } from '../settings';
import type { HostImage } from './host-image';
import type { ReleaseBucket } from './release-bucket';

/**
 * Context of all hosts of a platform.
 *
 * @internal
 */
export interface HostContext extends ReleaseBucket {
  readonly aws: AwsContext;
  readonly settings: AwsSettings;
  readonly image: HostImage;
  readonly groups: HostGroups;
}
