import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { Construct } from 'constructs';
import type { AwsContext } from '../base/aws-context';

/**
 * Creates the bucket of releases: nginx configurations, never a secret.
 *
 * @internal
 */
export function releaseBucket(scope: Construct, aws: AwsContext): S3Bucket {
  const { bindings, provider } = aws;
  const bucket = new bindings.S3Bucket(scope, 'Releases', {
    ...aws.commonArguments(aws.resourceName(60, 'releases')),
    bucketPrefix: `${aws.resourceName(36, 'releases')}-`,
    // The stack can create everything in it again.
    forceDestroy: true,
  });
  const rules = new Construct(scope, 'ReleasesRules');
  new bindings.S3BucketVersioningA(rules, 'Versioning', {
    provider,
    bucket: bucket.id,
    versioningConfiguration: { status: 'Enabled' },
  });
  new bindings.S3BucketServerSideEncryptionConfigurationA(rules, 'Encryption', {
    provider,
    bucket: bucket.id,
    rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
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
  return bucket;
}
