import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import { Fn, TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Secret } from '../../../model/secret';
import { TerraformData } from '../../../terraform/terraform-data';
import type { Check } from '../../../validation/check';
import type { RedisSpec, RunningRedis } from '../../contract';
import { REDIS_PORT } from '../base/ports';
import type { HostContext } from '../hosts/host-context';
import { redisAlarms } from '../monitoring/redis-alarms';
import { allow, securityGroup } from '../network/security-rules';
import { resolveEngine, resolveMaintenanceWindow } from './engine';
import { nodesOf, nodesOfShards, resolveNodes } from './nodes';
import { passwordOf, resolvePasswordVariable } from './password';

/** Kind of the secret that holds the URL of a Redis on this platform. Its reference is an ARN of Secrets Manager. */
export const REDIS_SECRET = 'aws-redis';

/**
 * A running Redis.
 *
 * @internal
 */
export interface AwsRedis extends RunningRedis {
  readonly group: ElasticacheReplicationGroup;
  /** Changes whenever the URL changes, without revealing it. */
  readonly urlVersion: string;
}

/**
 * Creates an ElastiCache replication group with encryption and a password, in all private subnets.
 *
 * Its URL is stored in a secret that instances read, so that no user data, release or log contains the password.
 *
 * @throws ValidationError for unsupported nodes, and for a password that Terraform cannot read
 * @internal
 */
export function runRedis(
  scope: Construct,
  check: Check,
  spec: RedisSpec,
  { aws, settings, bucket, groups }: HostContext,
): AwsRedis {
  const { bindings, provider, network } = aws;
  const name = aws.resourceName(40, spec.name);
  const { nodeType, shards, replicas } = resolveNodes(check, spec, settings.redis);
  const { engineVersion, upgradesItself, family } = resolveEngine(check, spec, settings.redis);
  const maintenanceWindow = resolveMaintenanceWindow(check, settings.redis);
  const variable = resolvePasswordVariable(check, spec.password);
  // Older versions store the URL of Redis in the state, or fail because of an unknown argument.
  TerraformStack.of(scope).addOverride('terraform.required_version', '>= 1.11.0');
  const isCluster = shards > 1;
  // A Redis cannot become a cluster in one step, nor the reverse. With another name, Terraform creates a new one.
  const suffix = isCluster ? ['cluster'] : [];
  const redisGroup = securityGroup(
    scope,
    'SecurityGroup',
    aws,
    spec.name,
    'Redis of the backplane.',
  );
  allow(scope, 'Instances', aws, groups.instances, redisGroup, REDIS_PORT, 'Instances to Redis');
  const subnets = new bindings.ElasticacheSubnetGroup(scope, 'Subnets', {
    ...aws.commonArguments(name),
    name,
    subnetIds: network.privateSubnetIds,
  });
  const parameters = new bindings.ElasticacheParameterGroup(scope, 'Parameters', {
    ...aws.commonArguments(name),
    name: aws.resourceName(255, spec.name, ...suffix, family),
    family,
    description: 'Room for a burst of events, before a slow subscriber is dropped.',
    parameter: [
      {
        name: 'client-output-buffer-limit-pubsub-hard-limit',
        value: String(spec.outputBuffer.hardBytes),
      },
      {
        name: 'client-output-buffer-limit-pubsub-soft-limit',
        value: String(spec.outputBuffer.softBytes),
      },
      {
        name: 'client-output-buffer-limit-pubsub-soft-seconds',
        value: String(spec.outputBuffer.softSeconds),
      },
      ...(isCluster ? [{ name: 'cluster-enabled', value: 'yes' }] : []),
    ],
    lifecycle: { createBeforeDestroy: true },
  });
  const password = passwordOf(scope, variable);
  const group = new bindings.ElasticacheReplicationGroup(scope, 'Redis', {
    ...aws.commonArguments(name),
    replicationGroupId: aws.resourceName(40, spec.name, ...suffix),
    description: `Backplane of ${aws.name}.`,
    engine: spec.engine,
    engineVersion,
    nodeType,
    ...(isCluster
      ? { numNodeGroups: shards, replicasPerNodeGroup: replicas }
      : { numCacheClusters: 1 + replicas }),
    // A cluster requires it, even without replicas.
    automaticFailoverEnabled: isCluster || replicas > 0,
    multiAzEnabled: replicas > 0 && network.privateSubnetIds.length > 1,
    port: REDIS_PORT,
    subnetGroupName: subnets.name,
    parameterGroupName: parameters.name,
    securityGroupIds: [redisGroup.id],
    atRestEncryptionEnabled: 'true',
    transitEncryptionEnabled: true,
    transitEncryptionMode: 'required',
    authToken: password,
    // The other strategies keep the old password valid, or require none at all.
    authTokenUpdateStrategy: 'SET',
    // Messages are not stored.
    snapshotRetentionLimit: 0,
    autoMinorVersionUpgrade: String(upgradesItself),
    maintenanceWindow,
    kmsKeyId: settings.encryptionKeyArn,
    applyImmediately: true,
    // After an upgrade by AWS, the version here is a lower one, for which Terraform would replace Redis.
    lifecycle: upgradesItself ? { ignoreChanges: ['engine_version'] } : undefined,
  });
  const secret = new bindings.SecretsmanagerSecret(scope, 'UrlSecret', {
    ...aws.commonArguments(name),
    namePrefix: `${aws.resourceName(200, spec.name)}-url-`,
    description: `The URL of ${name} with its password.`,
    kmsKeyId: settings.encryptionKeyArn,
    // It can be created again at any time.
    recoveryWindowInDays: 0,
  });
  const endpoint = isCluster ? group.configurationEndpointAddress : group.primaryEndpointAddress;
  const url = `rediss://:${Fn.urlencode(password)}@${endpoint}:${REDIS_PORT}`;
  const urlHash = Fn.sha256(Fn.join('@', [Fn.sha256(password), endpoint]));
  const secretVersion = new bindings.SecretsmanagerSecretVersion(scope, 'UrlSecretVersion', {
    provider,
    secretId: secret.id,
    // Write-only: neither read back nor stored in the state.
    secretStringWo: url,
    secretStringWoVersion: Token.asNumber(Fn.parseint(Fn.substr(urlHash, 0, 7), 16)),
  });
  const urlVersion = new TerraformData(scope, 'UrlVersion', { triggersReplace: { url: urlHash } });
  const nodes = isCluster ? nodesOfShards(group, shards, replicas) : nodesOf(group, replicas);
  redisAlarms(scope, aws, spec.name, nodes, settings.alarmTopicArns, bucket.region);
  return {
    group,
    url: Secret.ofPlatform(REDIS_SECRET, secret.arn),
    urlVersion: urlVersion.getStringAttribute('id'),
    isCluster,
    dependables: [group, secretVersion],
  };
}
