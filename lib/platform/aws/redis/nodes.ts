import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import type { Check } from '../../../validation/check';
import { renderSize } from '../../../validation/size';
import type { RedisSpec } from '../../contract';
import type { AwsRedisOptions } from '../aws-platform-props';
import { NODE_TYPE } from '../base/text-rules';

/** Node types by the memory that AWS leaves to Redis, in MiB. */
const NODE_TYPES: readonly (readonly [mebibytes: number, type: string])[] = [
  [512, 'cache.t4g.micro'],
  [1402, 'cache.t4g.small'],
  [3164, 'cache.t4g.medium'],
  [6533, 'cache.m7g.large'],
  [13_240, 'cache.m7g.xlarge'],
  [26_958, 'cache.m7g.2xlarge'],
];

/** Default quota of AWS for nodes per cluster. */
const MAX_NODES = 90;

/**
 * A node of a Redis.
 *
 * @internal
 */
export interface RedisNode {
  readonly id: string;
  readonly title: string;
  readonly cacheClusterId: string;
}

/**
 * Type and number of the nodes of a Redis.
 *
 * @internal
 */
export interface RedisNodes {
  readonly nodeType: string;
  readonly shards: number;
  readonly replicas: number;
}

/**
 * Resolves type and number of the nodes of a Redis.
 *
 * @throws ValidationError for more nodes or memory than AWS supports
 * @internal
 */
export function resolveNodes(
  check: Check,
  { maxMemoryBytes }: RedisSpec,
  options: AwsRedisOptions = {},
): RedisNodes {
  const replicas = check.integer('platform.redis.replicas', options.replicas ?? 1, 0, 5);
  const shards = check.integer('platform.redis.shards', options.shards ?? 1, 1, MAX_NODES);
  const each = 1 + replicas;
  if (shards * each > MAX_NODES) {
    check.refuse('platform.redis.shards', {
      problem: `${shards} shards of ${each} nodes each are ${shards * each} nodes`,
      allowed: `at most ${MAX_NODES} nodes: ${Math.floor(MAX_NODES / each)} shards with ${replicas} replicas each`,
      remedy: 'Use fewer shards or fewer replicas.',
    });
  }
  return { nodeType: resolveNodeType(check, maxMemoryBytes, options.nodeType), shards, replicas };
}

/**
 * The nodes of a Redis without shards.
 *
 * @internal
 */
export function nodesOf(group: ElasticacheReplicationGroup, replicas: number): RedisNode[] {
  return upTo(1 + replicas).map((node) => ({
    id: String(node),
    title: `Node ${node}`,
    cacheClusterId: `${group.replicationGroupId}-${padded(3, node)}`,
  }));
}

/**
 * The nodes of a Redis Cluster.
 *
 * @internal
 */
export function nodesOfShards(
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

function resolveNodeType(check: Check, maxMemoryBytes: number, nodeType?: string): string {
  if (nodeType !== undefined) {
    return check.text('platform.redis.nodeType', nodeType, NODE_TYPE);
  }
  const found = NODE_TYPES.find(([mebibytes]) => mebibytes * 2 ** 20 >= maxMemoryBytes);
  if (found === undefined) {
    check.refuse('maxMemory', {
      problem: `no known node type has "${renderSize(maxMemoryBytes)}" of memory`,
      allowed: `at most ${NODE_TYPES[NODE_TYPES.length - 1]![0]}m`,
      remedy:
        'Name the node type: new AwsPlatform(…, { redis: { nodeType: "cache.r7g.4xlarge" } }). A backplane rarely lacks memory.',
    });
  }
  return found[1];
}
