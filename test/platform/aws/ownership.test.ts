// What a company asks of everything that is stored, and of every role: a key of its own, a boundary and a path.
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../support/stack/addresses';
import { synthesizeAws, TLS_SECRET } from '../../support/aws/aws-site';
import { only, statements, whole } from '../../support/aws/whole-stack';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
const OTHER_KEY = KEY.replace('0a1b2c3d-', 'ffffffff-');

const owned = (props: Partial<AwsPlatformProps>) =>
  synthesizeAws((site) => {
    site.platform(props);
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });

const all = (stack: SynthesizedStack, type: string): Readonly<Record<string, unknown>>[] => {
  const found = Object.values(byConstruct(stack, type));
  expect(found).not.toEqual([]);
  return found;
};

describe('a key of your own', () => {
  const stack = owned({ encryptionKeyArn: KEY });

  test.each([
    ['logs', 'aws_cloudwatch_log_group'],
    ['the secret with the URL of Redis', 'aws_secretsmanager_secret'],
    ['Redis', 'aws_elasticache_replication_group'],
  ])('%s', (_, type) => {
    for (const each of all(stack, type)) {
      expect(each.kms_key_id).toBe(KEY);
    }
    for (const each of all(whole, type)) {
      expect(each).not.toHaveProperty('kms_key_id');
    }
  });

  test('releases, in their bucket and each', () => {
    const encryption = only('aws_s3_bucket_server_side_encryption_configuration', stack);
    expect(encryption.rule).toEqual([
      {
        apply_server_side_encryption_by_default: {
          sse_algorithm: 'aws:kms',
          kms_master_key_id: KEY,
        },
        bucket_key_enabled: true,
      },
    ]);
    for (const release of all(stack, 'aws_s3_object')) {
      expect(release).toMatchObject({ server_side_encryption: 'aws:kms', kms_key_id: KEY });
    }
  });

  test('disks, of the group and of a single host', () => {
    const { block_device_mappings: disks } = only('aws_launch_template', stack);
    expect(disks).toEqual([
      expect.objectContaining({
        ebs: expect.objectContaining({ encrypted: 'true', kms_key_id: KEY }) as object,
      }),
    ]);
    const single = synthesizeAws((site) => {
      site.platform({ encryptionKeyArn: KEY, entry: AwsEntry.single() });
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
    });
    for (const host of all(single, 'aws_instance')) {
      expect(host.root_block_device).toMatchObject({ encrypted: true, kms_key_id: KEY });
    }
  });

  test('hosts may decrypt their release with it, and tasks their secrets; with another key only the secrets', () => {
    const both = owned({ encryptionKeyArn: KEY, kmsKeyArns: [OTHER_KEY] });
    expect(statements('Frontend_RolePolicy', both).Keys).toMatchObject({
      Action: ['kms:Decrypt'],
      Resource: [KEY],
    });
    expect(statements('Aiwm_ExecutionRolePolicy', both).Keys!.Resource).toEqual([OTHER_KEY, KEY]);
    expect(statements('Frontend_RolePolicy')).not.toHaveProperty('Keys');
  });
});

describe('roles', () => {
  const boundary = 'arn:aws:iam::123456789012:policy/company/developers';

  test('have the boundary and the path that are given', () => {
    const stack = owned({ permissionsBoundaryArn: boundary, rolePath: '/team/chat/' });
    for (const role of all(stack, 'aws_iam_role')) {
      expect(role).toMatchObject({ permissions_boundary: boundary, path: '/team/chat/' });
    }
    for (const profile of all(stack, 'aws_iam_instance_profile')) {
      expect(profile.path).toBe('/team/chat/');
    }
  });

  test('have none by default', () => {
    for (const role of all(whole, 'aws_iam_role')) {
      expect(role).not.toHaveProperty('permissions_boundary');
      expect(role).not.toHaveProperty('path');
    }
  });
});
