// What AwsPlatform says to AWS, by its meaning: Redis.
import { RedisAdapterBackplane, RedisEngine, Secret } from 'cdktf-aiwm';
import type { AwsRedisOptions } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../../support/stack/addresses';
import { synthesizeAws } from '../../../support/aws/aws-site';
import { whole, wholeJson, only, plain, statements } from '../../../support/aws/whole-stack';

describe('Redis', () => {
  const group = only('aws_elasticache_replication_group');

  test('with somebody to take over, and a password that replaces the one before', () => {
    expect(group).toMatchObject({
      engine: 'redis',
      engine_version: '7.1',
      node_type: 'cache.t4g.micro',
      num_cache_clusters: 2,
      automatic_failover_enabled: true,
      multi_az_enabled: true,
      auth_token_update_strategy: 'SET',
      snapshot_retention_limit: 0,
    });
  });

  test('its URL is written to a secret and kept in no state', () => {
    const version = only('aws_secretsmanager_secret_version');
    expect(version.secret_string_wo).toMatch(/^rediss:\/\/:\$\{urlencode\(/);
    expect(version).not.toHaveProperty('secret_string');
    expect(wholeJson.match(/rediss:/g)).toHaveLength(1);
  });

  test('Valkey, and nodes by the memory that is asked for', () => {
    const stack = synthesizeAws((site) =>
      site.backplane({ engine: RedisEngine.VALKEY, maxMemory: '2g' }),
    );
    expect(only('aws_elasticache_replication_group', stack)).toMatchObject({
      engine: 'valkey',
      engine_version: '8.0',
      node_type: 'cache.t4g.medium',
    });
    expect(only('aws_elasticache_parameter_group', stack)).toMatchObject({ family: 'valkey8' });
  });

  test('a given password comes from a variable that nothing prints', () => {
    const stack = synthesizeAws((site) =>
      site.backplane({ password: Secret.fromEnvironment('TF_VAR_redis_password') }),
    );
    expect(stack.json.variable).toEqual({
      redis_password: expect.objectContaining({ sensitive: true, type: 'string' }),
    });
    expect(only('aws_elasticache_replication_group', stack).auth_token).toBe(
      '${var.redis_password}',
    );
  });

  test('requires a Terraform with write-only arguments', () => {
    const versionOf = (stack: SynthesizedStack) =>
      (stack.json as { terraform: { required_version?: string } }).terraform.required_version;
    expect(versionOf(synthesizeAws((site) => site.backplane()))).toBe('>= 1.11.0');
    expect(versionOf(synthesizeAws((site) => site.cluster()))).toBeUndefined();
  });

  test('one that exists, by its URL or by its secret', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis-AbCdEf';
    const stack = synthesizeAws((site) => {
      site.platform({ instanceEgress: [{ port: 6379, range: '10.0.0.0/16' }] });
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          secret: Secret.fromSecretsManager(arn),
        }),
      });
    });
    expect(JSON.stringify(stack.json.locals)).toContain(
      `"secrets":[{"name":"REDIS_URL","valueFrom":"${arn}"}]`,
    );
    expect(statements('Aiwm_ExecutionRolePolicy', stack).Secrets!.Resource).toEqual([arn]);
  });
});

describe('Redis of several shards', () => {
  const withRedis = (redis: AwsRedisOptions) =>
    synthesizeAws((site) => {
      site.platform({ redis });
      site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
    });
  const stack = withRedis({ shards: 3, replicas: 1 });
  const group = only('aws_elasticache_replication_group', stack);

  test('is a cluster, with somebody to take over in each shard', () => {
    expect(group).toMatchObject({
      num_node_groups: 3,
      replicas_per_node_group: 1,
      automatic_failover_enabled: true,
      multi_az_enabled: true,
    });
    expect(group).not.toHaveProperty('num_cache_clusters');
    expect(only('aws_elasticache_parameter_group', stack).parameter).toContainEqual({
      name: 'cluster-enabled',
      value: 'yes',
    });
  });

  test('instances find all nodes through one address', () => {
    expect(plain(only('aws_secretsmanager_secret_version', stack).secret_string_wo)).toContain(
      'aws_elasticache_replication_group.Backplane_Redis.configuration_endpoint_address',
    );
    expect(JSON.stringify(stack.json)).not.toContain('primary_endpoint_address');
    expect(
      JSON.stringify(stack.json.locals).match(/"name":"REDIS_CLUSTER","value":"1"/g),
    ).toHaveLength(3);
    expect(wholeJson).not.toMatch(/REDIS_CLUSTER|cluster-enabled/);
  });

  test('replaces a Redis that is no cluster, because AWS cannot convert one into the other', () => {
    const name = (of: SynthesizedStack) =>
      only('aws_elasticache_replication_group', of).replication_group_id;
    expect(name(withRedis({ shards: 1 }))).toBe(name(whole));
    expect(name(stack)).not.toBe(name(whole));
    expect(name(withRedis({ shards: 4 }))).toBe(name(stack));
  });

  test('has a failover to promise AWS even where no shard has a replica', () => {
    expect(
      only('aws_elasticache_replication_group', withRedis({ shards: 2, replicas: 0 })),
    ).toMatchObject({
      num_node_groups: 2,
      replicas_per_node_group: 0,
      automatic_failover_enabled: true,
      multi_az_enabled: false,
    });
  });

  test('is watched node by node, by the names that ElastiCache gives them', () => {
    const alarms = byConstruct(stack, 'aws_cloudwatch_metric_alarm');
    const nodes = ['1-1', '1-2', '2-1', '2-2', '3-1', '3-2'];
    const ofRedis = Object.keys(alarms).filter((name) => name.startsWith('Backplane_'));
    expect(ofRedis.sort()).toEqual(
      ['Busy', 'Lag'].flatMap((what) => nodes.map((node) => `Backplane_Alarms_${what}${node}`)),
    );
    expect(alarms['Backplane_Alarms_Lag3-2']).toMatchObject({
      alarm_description: 'Node 2 of shard 3 of the backplane lags behind its primary.',
      alarm_name: 'chat-platform-backplane-lag3-2',
    });
    expect(plain(JSON.stringify(alarms['Backplane_Alarms_Lag3-2']!.dimensions))).toBe(
      '{"CacheClusterId":"aws_elasticache_replication_group.Backplane_Redis.replication_group_id-0003-002"}',
    );
    const { Backplane_Dashboard: board } = byConstruct(stack, 'aws_cloudwatch_dashboard');
    const { widgets } = JSON.parse(board!.dashboard_body as string) as {
      widgets: { properties: { metrics: string[][] } }[];
    };
    expect(widgets.map(({ properties }) => properties.metrics.length)).toEqual([6, 6, 6, 6]);
    expect(plain(widgets[0]!.properties.metrics[3]![3])).toMatch(/-0002-002$/);
  });
});
