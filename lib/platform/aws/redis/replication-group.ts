import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import type { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret';
import type { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Fn, TerraformVariable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import { generatedPassword } from '../../../terraform/generated-password';
import { renderSize } from '../../../validation/size';
import type { Secret } from '../../../model/secret';
import { TerraformData } from '../../../terraform/terraform-data';
import type { RedisSpec } from '../../contract';
import type { AwsPlace } from '../base/aws-context';
import type { AwsRedisOptions } from '../aws-platform-props';
import { NODE_TYPE } from '../base/text-rules';
import { REDIS_PORT } from '../base/ports';
import { allow, port, securityGroup } from '../network/security-rules';

/** Kind of the secret that is the URL of a Redis on this platform; its reference is an ARN of Secrets Manager. */
export const REDIS_SECRET = 'aws-redis';

/** What runs, and what its parameters are called. */
const ENGINES: Readonly<Record<string, { readonly version: string; readonly family: string }>> = {
  redis: { version: '7.1', family: 'redis7' },
  valkey: { version: '8.0', family: 'valkey8' },
};

/** By the memory that AWS leaves to Redis, in MiB. */
const NODE_TYPES: readonly (readonly [mebibytes: number, type: string])[] = [
  [512, 'cache.t4g.micro'],
  [1402, 'cache.t4g.small'],
  [3164, 'cache.t4g.medium'],
  [6533, 'cache.m7g.large'],
  [13_240, 'cache.m7g.xlarge'],
  [26_958, 'cache.m7g.2xlarge'],
];

/** What AWS lets a cluster have, unless an account is given more. */
const MAX_NODES = 90;

/**
 * A node, as people and as ElastiCache call it.
 *
 * @internal
 */
export interface RedisNode {
  readonly id: string;
  readonly title: string;
  readonly cacheClusterId: string;
}

/**
 * A Redis with what the instances need to reach it.
 *
 * @internal
 */
export interface AwsRedis {
  readonly group: ElasticacheReplicationGroup;
  readonly nodes: readonly RedisNode[];
  readonly isCluster: boolean;
  readonly secret: SecretsmanagerSecret;
  readonly version: SecretsmanagerSecretVersion;
  /** Another one whenever the URL is, which it does not tell. */
  readonly urlVersion: string;
}

/**
 * A replication group of ElastiCache: encrypted, with a password, and over all private subnets. Its URL is in a secret
 * that instances read, so that the password is in no user data, release or log.
 *
 * @internal
 */
export function runReplicationGroup(
  scope: Construct,
  check: Check,
  place: AwsPlace,
  spec: RedisSpec,
  options: AwsRedisOptions,
  instanceGroup: SecurityGroup,
): AwsRedis {
  const { bindings, provider, network } = place;
  const { version, family } = ENGINES[spec.engine]!;
  const name = place.named(40, spec.name);
  const { shards, replicas } = checkNodes(check, options);
  const isCluster = shards > 1;
  // A Redis does not become a cluster in one step, nor cease to be one: by its name, Terraform makes another instead.
  const mode = isCluster ? ['cluster'] : [];
  const securityGroupOfRedis = securityGroup(
    scope,
    'SecurityGroup',
    place,
    spec.name,
    'Redis of the backplane.',
  );
  allow(
    scope,
    'Instances',
    place,
    instanceGroup,
    securityGroupOfRedis,
    port(REDIS_PORT),
    'Instances to Redis',
  );
  const subnets = new bindings.ElasticacheSubnetGroup(scope, 'Subnets', {
    ...place.tagged(name),
    name,
    subnetIds: network.privateSubnetIds,
  });
  const parameters = new bindings.ElasticacheParameterGroup(scope, 'Parameters', {
    ...place.tagged(name),
    name: place.named(255, spec.name, ...mode, family),
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
  const password = passwordOf(scope, check, spec.password);
  const group = new bindings.ElasticacheReplicationGroup(scope, 'Redis', {
    ...place.tagged(name),
    replicationGroupId: place.named(40, spec.name, ...mode),
    description: `Backplane of ${place.name}.`,
    engine: spec.engine,
    engineVersion: version,
    nodeType: nodeType(check, spec.maxMemoryBytes, options.nodeType),
    ...(isCluster
      ? { numNodeGroups: shards, replicasPerNodeGroup: replicas }
      : { numCacheClusters: 1 + replicas }),
    // A cluster has to have it, even where a shard has nobody to take over.
    automaticFailoverEnabled: isCluster || replicas > 0,
    multiAzEnabled: replicas > 0 && network.privateSubnetIds.length > 1,
    port: REDIS_PORT,
    subnetGroupName: subnets.name,
    parameterGroupName: parameters.name,
    securityGroupIds: [securityGroupOfRedis.id],
    atRestEncryptionEnabled: 'true',
    transitEncryptionEnabled: true,
    transitEncryptionMode: 'required',
    authToken: password,
    // The other strategies leave the old password valid, or none needed at all.
    authTokenUpdateStrategy: 'SET',
    // What goes through it is kept nowhere.
    snapshotRetentionLimit: 0,
    autoMinorVersionUpgrade: 'true',
    applyImmediately: true,
  });
  const secret = new bindings.SecretsmanagerSecret(scope, 'UrlSecret', {
    ...place.tagged(name),
    namePrefix: `${place.named(200, spec.name)}-url-`,
    description: `The URL of ${name} with its password.`,
    // It can be made again at any time.
    recoveryWindowInDays: 0,
  });
  const endpoint = isCluster ? group.configurationEndpointAddress : group.primaryEndpointAddress;
  const url = `rediss://:${Fn.urlencode(password)}@${endpoint}:${REDIS_PORT}`;
  const urlHash = Fn.sha256(Fn.join('@', [Fn.sha256(password), endpoint]));
  const versionOfUrl = new bindings.SecretsmanagerSecretVersion(scope, 'UrlSecretVersion', {
    provider,
    secretId: secret.id,
    // Written, and neither read back nor kept in the state.
    secretStringWo: url,
    secretStringWoVersion: Token.asNumber(Fn.parseint(Fn.substr(urlHash, 0, 7), 16)),
  });
  const changed = new TerraformData(scope, 'UrlVersion', { triggersReplace: { url: urlHash } });
  return {
    group,
    nodes: isCluster ? nodesOfShards(group, shards, replicas) : nodesOf(group, replicas),
    isCluster,
    secret,
    version: versionOfUrl,
    urlVersion: changed.getStringAttribute('id'),
  };
}

function checkNodes(
  check: Check,
  options: AwsRedisOptions,
): { readonly shards: number; readonly replicas: number } {
  const replicas = check.integer('platform.redis.replicas', options.replicas ?? 1, 0, 5);
  const shards = check.integer('platform.redis.shards', options.shards ?? 1, 1, MAX_NODES);
  const each = 1 + replicas;
  if (shards * each > MAX_NODES) {
    check.refuse('platform.redis.shards', {
      problem: `${shards} shards of ${each} nodes each are ${shards * each} nodes`,
      allowed: `at most ${MAX_NODES} nodes: ${Math.floor(MAX_NODES / each)} shards with ${replicas} replicas each`,
      remedy: 'Take fewer shards, or fewer replicas.',
    });
  }
  return { shards, replicas };
}

function nodesOf(group: ElasticacheReplicationGroup, replicas: number): RedisNode[] {
  return upTo(1 + replicas).map((node) => ({
    id: String(node),
    title: `Node ${node}`,
    cacheClusterId: `${group.replicationGroupId}-${padded(3, node)}`,
  }));
}

function nodesOfShards(
  group: ElasticacheReplicationGroup,
  shards: number,
  replicas: number,
): RedisNode[] {
  return upTo(shards).flatMap((shard) =>
    upTo(1 + replicas).map((node) => ({
      id: `${shard}-${node}`,
      title: `Node ${node} of shard ${shard}`,
      cacheClusterId: `${group.replicationGroupId}-${padded(4, shard)}-${padded(3, node)}`,
    })),
  );
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function padded(digits: number, number: number): string {
  return String(number).padStart(digits, '0');
}

function nodeType(check: Check, maxMemoryBytes: number, own: string | undefined): string {
  if (own !== undefined) {
    return check.text('platform.redis.nodeType', own, NODE_TYPE);
  }
  const found = NODE_TYPES.find(([mebibytes]) => mebibytes * 2 ** 20 >= maxMemoryBytes);
  if (found === undefined) {
    check.refuse('maxMemory', {
      problem: `no node that is known here has "${renderSize(maxMemoryBytes)}"`,
      allowed: `at most ${NODE_TYPES[NODE_TYPES.length - 1]![0]}m`,
      remedy:
        'Name the type of the nodes: new AwsPlatform(…, { redis: { nodeType: "cache.r7g.4xlarge" } }). The memory of a backplane is rarely what it lacks.',
    });
  }
  return found[1];
}

const VARIABLE = /^TF_VAR_([A-Za-z_][A-Za-z0-9_]{0,100})$/;

function passwordOf(scope: Construct, check: Check, password: Secret | undefined): string {
  if (password === undefined) {
    return generatedPassword(scope);
  }
  const [, variable] = (password.kind === 'environment' && VARIABLE.exec(password.reference)) || [];
  if (variable === undefined) {
    check.refuse('password', {
      problem: `Terraform has to tell the password to ElastiCache, and cannot read it from ${String(password)}`,
      allowed: 'Secret.fromEnvironment("TF_VAR_<name>"): Terraform reads such a variable by itself',
      remedy: 'Or leave it out: one is made.',
    });
  }
  const made = new TerraformVariable(scope, 'PasswordVariable', {
    type: 'string',
    sensitive: true,
    description: 'The password of the backplane.',
    validation: [
      {
        condition: `\${length(var.${variable}) >= 16 && length(var.${variable}) <= 128 && length(regexall("[^A-Za-z0-9!&#$^<>-]", var.${variable})) == 0}`,
        errorMessage:
          'ElastiCache takes passwords of 16 to 128 characters: letters, digits and ! & # $ ^ < > -.',
      },
    ],
  });
  made.overrideLogicalId(variable);
  return made.stringValue;
}
