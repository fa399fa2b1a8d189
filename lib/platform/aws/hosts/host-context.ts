import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { AwsContext } from '../base/aws-context';
import type { HostGroups } from '../network/groups';
import type { AwsSettings } from '../settings';
import type { HostImage } from './host-image';

/**
 * Context of all hosts of a platform.
 *
 * @internal
 */
export interface HostContext {
  readonly aws: AwsContext;
  readonly settings: AwsSettings;
  readonly bucket: S3Bucket;
  readonly image: HostImage;
  readonly groups: HostGroups;
}
