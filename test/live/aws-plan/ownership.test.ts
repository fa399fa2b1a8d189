// What a company asks for, accepted by Terraform's own plugin; and an upgrade of Redis by AWS, which a plan leaves alone.
import { RedisEngine } from 'cdktf-aiwm';
import { AwsEntry, type AwsRedisOptions } from 'cdktf-aiwm/aws';
import { synthesizeAws } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { Names } from '../../support/aws/examples';
import { mockRun } from '../../support/aws/mock-run';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
const BOUNDARY = 'arn:aws:iam::123456789012:policy/company/developers';

describeWithAws('ownership', (plugin) => {
  test('one key, one boundary and one path for everything', async () => {
    const stack = synthesizeAws((site) => {
      site.platform({
        encryptionKeyArn: KEY,
        permissionsBoundaryArn: BOUNDARY,
        rolePath: '/team/chat/',
        redis: { engineVersion: '7.2', maintenanceWindow: 'sun:03:00-sun:04:00' },
        entry: AwsEntry.nlb({ accessLogs: { bucket: 'company-logs', prefix: 'chat' } }),
      });
      const backplane = site.backplane({ engine: RedisEngine.VALKEY });
      site.front({ cluster: site.cluster({ backplane }) });
    }).json as StackJson;
    const names = new Names(stack);
    const every = (type: string, condition: (address: string) => string) => {
      const all = names.of(type);
      expect(all).not.toEqual([]);
      return all.map((address) => ({ that: `${address} is owned`, condition: condition(address) }));
    };
    const group = names.one('aws_elasticache_replication_group');
    const balancer = names.one('aws_lb');
    const folder = new StackFolder(stack, plugin);
    await folder.init();
    const { errors, warnings } = await mockRun(folder, [
      ...every('aws_cloudwatch_log_group', (each) => `${each}.kms_key_id == "${KEY}"`),
      ...every('aws_secretsmanager_secret', (each) => `${each}.kms_key_id == "${KEY}"`),
      ...every('aws_s3_object', (each) => `${each}.kms_key_id == "${KEY}"`),
      ...every('aws_launch_template', (each) => {
        return `${each}.block_device_mappings[0].ebs[0].kms_key_id == "${KEY}"`;
      }),
      ...every('aws_iam_role', (each) => {
        return `${each}.permissions_boundary == "${BOUNDARY}" && ${each}.path == "/team/chat/"`;
      }),
      {
        that: 'Redis has the key, the version and the time of maintenance',
        condition: `${group}.kms_key_id == "${KEY}" && ${group}.engine_version == "7.2" && ${group}.maintenance_window == "sun:03:00-sun:04:00"`,
      },
      {
        that: 'the load balancer logs',
        condition: `one(${balancer}.access_logs).enabled && one(${balancer}.access_logs).prefix == "chat"`,
      },
    ]);
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
  });

  test.each<[string, AwsRedisOptions, Record<string, string>]>([
    ['is left alone', {}, {}],
    ['is undone where the version is given', { engineVersion: '8.0' }, { Redis: 'update' }],
  ])('a version that differs from that of Redis %s', async (_, redis, changes) => {
    const stack = synthesizeAws((site) => {
      site.platform({ redis });
      site.backplane({ engine: RedisEngine.VALKEY });
    }).json as StackJson;
    const [group] = Object.values(stack.resource!.aws_elasticache_replication_group!);
    // Terraform compares state and stack, whichever of the two has changed.
    Object.assign(group!, { engine_version: '${var.engine}' });
    Object.assign(stack, { variable: { engine: { type: 'string' } } });
    const folder = new StackFolder(stack, plugin);
    await folder.init();
    const { errors, plans } = await mockRun(
      folder,
      [],
      { engine: '8.1' },
      { plans: [{ variables: { engine: '8.0' } }] },
    );
    expect(errors).toEqual([]);
    const redisOnly = Object.entries(plans[0]!).filter(([address]) =>
      address.startsWith('aws_elasticache_replication_group'),
    );
    expect(redisOnly.map(([, action]) => action)).toEqual(Object.values(changes));
  });
});
