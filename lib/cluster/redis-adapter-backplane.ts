import type { ITerraformDependable } from 'cdktf';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import { Check } from '../validation/check';
import type { IPlatform } from '../platform/platform';
import { resourceName } from '../terraform/names';
import type { Secret } from '../model/secret';
import type { OutputBufferLimit } from '../platform/contract';
import { resolveSize } from '../validation/size';
import { REDIS_URL } from '../validation/text-rules';

/** Backplane through which the instances of a cluster reach each other's clients. */
export interface IBackplane extends IConstruct {
  /** URL that instances receive as REDIS_URL; undefined if it holds a password. */
  readonly url?: string;
  /** URL as a secret, if it holds a password. */
  readonly urlSecret?: Secret;
  /**
   * Whether the Redis is a Redis Cluster. Instances then receive REDIS_CLUSTER=1.
   *
   * @default false
   */
  readonly isCluster?: boolean;
  /** Platform that runs the Redis, the only one whose instances can use it; undefined for an existing Redis. */
  readonly platform?: IPlatform;
  /** Resources that must exist before an instance may connect. */
  readonly dependables: ITerraformDependable[];
}

const MIB = 2 ** 20;

/**
 * The output buffer of one subscriber, the same on every platform. It is twice Redis' default, so that a burst of large
 * events does not disconnect an instance, and a quarter of the default memory, so that one slow instance cannot fill
 * it.
 */
const OUTPUT_BUFFER: OutputBufferLimit = {
  hardBytes: 64 * MIB,
  softBytes: 16 * MIB,
  softSeconds: 60,
};

/** Server software of a backplane. */
export enum RedisEngine {
  /** Redis. */
  REDIS = 'redis',
  /**
   * Valkey, which uses the same protocol.
   *
   * @see https://valkey.io
   */
  VALKEY = 'valkey',
}

/** Properties of a `RedisAdapterBackplane`. */
export interface RedisAdapterBackplaneProps {
  /** Platform that runs the Redis. */
  readonly platform: IPlatform;
  /**
   * Server software.
   *
   * @default RedisEngine.REDIS
   */
  readonly engine?: RedisEngine;
  /**
   * Memory that the Redis may use, with a unit of "k", "m" or "g".
   *
   * Pub/sub stores nothing: the memory is for the output buffers of slow subscribers.
   *
   * @default "256m"
   */
  readonly maxMemory?: string;
  /**
   * Password of the Redis.
   *
   * @default - one that the platform generates and keeps
   */
  readonly password?: Secret;
}

/**
 * URL of an existing Redis.
 *
 * Give either `url` or `secret`.
 */
export interface ExistingRedisOptions {
  /**
   * URL of a Redis without a password, e.g. "redis://cache.internal:6379".
   *
   * @default - the value of `secret`
   */
  readonly url?: string;
  /**
   * Complete URL of a Redis, including its password.
   *
   * @default - `url`, without a password
   */
  readonly secret?: Secret;
  /**
   * Whether the Redis is a Redis Cluster, version 7 or later.
   *
   * The URL may name any of its nodes; instances discover the others, and must be able to reach them. Instances receive
   * REDIS_CLUSTER=1 and need the sharded adapter.
   *
   * @see https://socket.io/docs/v4/redis-adapter/
   * @default false
   */
  readonly cluster?: boolean;
}

/**
 * A Redis or a Redis Cluster for `@socket.io/redis-adapter`.
 *
 * An event that one instance emits reaches the clients of all instances. nginx therefore balances a cluster with a
 * backplane in rotation, instead of by client address.
 *
 * @see https://socket.io/docs/v4/redis-adapter/
 * @example
 * const backplane = new RedisAdapterBackplane(this, "Backplane", { platform });
 * new AiwmCluster(this, "Aiwm", { platform, backplane, service });
 */
export class RedisAdapterBackplane extends Construct implements IBackplane {
  /**
   * An existing Redis.
   *
   * @throws ValidationError unless exactly one of `url` and `secret` is given, for a `url` with a password, or for a
   * Redis Cluster whose `url` names a database
   */
  public static fromUrl(scope: Construct, id: string, source: ExistingRedisOptions): IBackplane {
    return new ExistingRedis(scope, id, source);
  }

  public readonly url?: string;
  public readonly urlSecret?: Secret;
  public readonly isCluster?: boolean;
  public readonly platform?: IPlatform;
  public readonly dependables: ITerraformDependable[];

  /** @throws ValidationError for an invalid property */
  public constructor(scope: Construct, id: string, props: RedisAdapterBackplaneProps) {
    super(scope, id);
    const check = new Check(this);
    const redis = props.platform.runRedis(this, {
      name: resourceName(this),
      engine: check.oneOf('engine', props.engine ?? RedisEngine.REDIS, Object.values(RedisEngine)),
      maxMemoryBytes: resolveSize(check, 'maxMemory', props.maxMemory ?? '256m'),
      outputBuffer: OUTPUT_BUFFER,
      password: props.password,
    });
    this.platform = props.platform;
    this.urlSecret = redis.url;
    this.isCluster = redis.isCluster ?? false;
    this.dependables = redis.dependables;
  }
}

class ExistingRedis extends Construct implements IBackplane {
  public readonly url?: string;
  public readonly urlSecret?: Secret;
  public readonly isCluster?: boolean;
  public readonly platform?: IPlatform;
  public readonly dependables: ITerraformDependable[] = [];

  public constructor(
    scope: Construct,
    id: string,
    { url, secret, cluster = false }: ExistingRedisOptions,
  ) {
    super(scope, id);
    const check = new Check(this);
    if ((url === undefined) === (secret === undefined)) {
      check.refuse('url', {
        problem:
          url === undefined ? 'neither url nor secret is given' : 'both url and secret are given',
        allowed: 'one of the two',
        remedy:
          'Use url for a Redis without a password, or secret for the complete URL of a Redis with one.',
      });
    }
    if (url !== undefined && url.includes('@')) {
      check.refuse('url', {
        problem: 'the URL contains a password, which would appear in the plan and the state',
        allowed: REDIS_URL.allowed,
        remedy:
          'Pass the complete URL as secret: Secret.fromEnvironment("REDIS_URL") or Secret.fromFile(…).',
      });
    }
    this.url = url === undefined ? undefined : check.text('url', url, REDIS_URL);
    if (cluster && /\/0*[1-9]\d*$/.test(url ?? '')) {
      check.refuse('url', {
        problem: `"${url}" names a database, but a Redis Cluster has only the first one`,
        allowed: '"redis://host:6379" or "rediss://host:6379"',
      });
    }
    this.urlSecret = secret;
    this.isCluster = cluster;
  }
}
