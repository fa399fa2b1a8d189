import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * The bucket of releases.
 *
 * @internal
 */
export interface ReleaseBucket {
  readonly bucket: S3Bucket;
  readonly versioning: S3BucketVersioningA;
}

/** Days that an old version of a release stays. */
const OLD_VERSION_DAYS = 90;
/** Old versions of a release that stay at any age: while releases fail, hosts keep asking for the last one that did not. */
const OLD_VERSIONS = 10;
/** Days after which S3 removes the parts of an upload that was never finished. */
const UNFINISHED_DAYS = 7;

/**
 * Creates the bucket of releases: nginx configurations, never a secret.
 *
 * @param encryptionKeyArn - key that encrypts it; undefined for that of S3
 * @internal
 */
export function releaseBucket(
  scope: Construct,
  aws: AwsContext,
  encryptionKeyArn: string | undefined,
): ReleaseBucket {
  const { bindings, provider } = aws;
  const bucket = new bindings.S3Bucket(scope, 'Releases', {
    ...aws.commonArguments(aws.resourceName(60, 'releases')),
    bucketPrefix: `${aws.resourceName(36, 'releases')}-`,
    // The stack can create everything in it again.
    forceDestroy: true,
  });
  const rules = new Construct(scope, 'ReleasesRules');
  const versioning = new bindings.S3BucketVersioningA(rules, 'Versioning', {
    provider,
    bucket: bucket.id,
    versioningConfiguration: { status: 'Enabled' },
  });
  new bindings.S3BucketLifecycleConfiguration(rules, 'Lifecycle', {
    provider,
    bucket: bucket.id,
    rule: [
      {
        id: 'old-versions',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        noncurrentVersionExpiration: [
          { noncurrentDays: OLD_VERSION_DAYS, newerNoncurrentVersions: OLD_VERSIONS },
        ],
        abortIncompleteMultipartUpload: [{ daysAfterInitiation: UNFINISHED_DAYS }],
      },
    ],
    // Without versions, the rule would mean something else.
    dependsOn: [versioning],
  });
  new bindings.S3BucketServerSideEncryptionConfigurationA(rules, 'Encryption', {
    provider,
    bucket: bucket.id,
    rule: [
      encryptionKeyArn === undefined
        ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
        : {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: 'aws:kms',
              kmsMasterKeyId: encryptionKeyArn,
            },
            bucketKeyEnabled: true,
          },
    ],
  });
  const closed = new bindings.S3BucketPublicAccessBlock(rules, 'PublicAccessBlock', {
    provider,
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  new bindings.S3BucketPolicy(rules, 'Policy', {
    provider,
    bucket: bucket.id,
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'OnlyOverTls',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [bucket.arn, `${bucket.arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    }),
    // S3 rejects concurrent changes to a bucket's access.
    dependsOn: [closed],
  });
  return { bucket, versioning };
}
