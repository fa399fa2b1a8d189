// What AwsPlatform says to AWS, by its meaning: what concerns all that it makes.
import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { LbListener } from '@cdktf/provider-aws/lib/lb-listener';
import { Construct } from 'constructs';
import { byConstruct } from '../../support/stack/addresses';
import { AwsSite, synthesizeAws } from '../../support/aws/aws-site';
import { whole, only } from '../../support/aws/whole-stack';

describe('encryption', () => {
  test('disks, the bucket, Redis at rest and on its way', () => {
    for (const host of Object.values(byConstruct(whole, 'aws_instance'))) {
      expect(host.root_block_device).toMatchObject({ encrypted: true, volume_type: 'gp3' });
    }
    const [disk] = only('aws_launch_template').block_device_mappings as { ebs: unknown }[];
    expect(disk!.ebs).toMatchObject({ encrypted: 'true', volume_type: 'gp3' });
    expect(only('aws_s3_bucket_server_side_encryption_configuration')).toHaveProperty('rule');
    expect(only('aws_elasticache_replication_group')).toMatchObject({
      at_rest_encryption_enabled: 'true',
      transit_encryption_enabled: true,
      transit_encryption_mode: 'required',
    });
  });

  test('the bucket is private, versioned, and refuses requests without TLS', () => {
    expect(only('aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(only('aws_s3_bucket_versioning')).toMatchObject({
      versioning_configuration: { status: 'Enabled' },
    });
    expect(only('aws_s3_bucket_policy').policy).toContain(
      '"Condition":{"Bool":{"aws:SecureTransport":"false"}}',
    );
  });

  test('the bucket removes old versions, but never the last ten', () => {
    const { rule } = only('aws_s3_bucket_lifecycle_configuration');
    expect(rule).toEqual([
      {
        id: 'old-versions',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        noncurrent_version_expiration: [{ noncurrent_days: 90, newer_noncurrent_versions: 10 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
    ]);
  });

  test('metadata requires a token, which no container can get', () => {
    const options = { http_tokens: 'required', http_put_response_hop_limit: 1 };
    for (const type of ['aws_instance', 'aws_launch_template']) {
      for (const host of Object.values(byConstruct(whole, type))) {
        expect(host.metadata_options).toMatchObject(options);
      }
    }
  });
});

test('a resource without a property can be found by its id and changed', () => {
  const stack = synthesizeAws((site) => {
    const cluster = site.cluster();
    const front = site.front({ cluster });
    (front.node.findChild('HttpsListener') as LbListener).sslPolicy = 'TLS-1-3-only';
    (cluster.node.findChild('Logs') as CloudwatchLogGroup).addOverride('skip_destroy', true);
  });
  expect(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener!.ssl_policy).toBe(
    'TLS-1-3-only',
  );
  expect(byConstruct(stack, 'aws_cloudwatch_log_group').Aiwm_Logs!.skip_destroy).toBe(true);
});

test('tags of your own are on everything that can have them', () => {
  const stack = synthesizeAws((site) => {
    site.platform({ tags: { team: 'chat' } });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  const without = Object.entries(stack.json.resource!)
    .filter(([, byName]) =>
      Object.values(byName).some(
        (values) => !JSON.stringify(values).replaceAll('\\', '').includes('"chat"'),
      ),
    )
    .map(([type]) => type);
  expect(without.sort()).toEqual([
    'aws_autoscaling_lifecycle_hook',
    'aws_autoscaling_policy',
    'aws_cloudwatch_dashboard',
    'aws_cloudwatch_log_metric_filter',
    'aws_ecs_cluster_capacity_providers',
    'aws_iam_role_policy',
    'aws_s3_bucket_lifecycle_configuration',
    'aws_s3_bucket_policy',
    'aws_s3_bucket_public_access_block',
    'aws_s3_bucket_server_side_encryption_configuration',
    'aws_s3_bucket_versioning',
    'aws_s3_object',
    'aws_secretsmanager_secret_version',
    'terraform_data',
  ]);
});

test('two platforms in one stack share no name', () => {
  const stack = synthesizeAws(({ scope }) => {
    for (const id of ['Blue', 'Green']) {
      const site = new AwsSite(new Construct(scope, id));
      site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
    }
  });
  for (const [type, byName] of Object.entries(stack.json.resource!)) {
    // In one role or zone a name may be like that of another.
    if (!['aws_iam_role_policy', 'aws_route53_record'].includes(type)) {
      const names = Object.values(byName)
        .map((values) => values as { name?: string; association_name?: string })
        // The name of an association is that of its document.
        .map(({ name, association_name: own = name }) => own)
        .filter((name) => name !== undefined);
      expect([type, names]).toEqual([type, [...new Set(names)]]);
    }
  }
});
