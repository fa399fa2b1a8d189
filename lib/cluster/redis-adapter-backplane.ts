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

/** What lets instances pass messages to each other's clients. */
export interface IBackplane extends IConstruct {
  /** The URL that instances get as REDIS_URL, when it holds no password. */
  readonly url?: string;
  /** Where the URL is found, when it holds a password. */
  readonly urlSecret?: Secret;
  /**
   * Whether it is a Redis Cluster, which instances get told as REDIS_CLUSTER.
   *
   * @default false
   */
  readonly isCluster?: boolean;
  /** Whether this stack runs it. */
  readonly isManaged: boolean;
  /** What has to be there before an instance may connect. */
  readonly dependables: ITerraformDependable[];
}

const MIB = 2 ** 20;

/**
 * The same on every platform. Twice Redis' own default, so that a burst of large events does not cut an instance off
 * from the others, and a quarter of the default memory, so that one slow instance cannot fill it.
 */
const OUTPUT_BUFFER: OutputBufferLimit = {
  hardBytes: 64 * MIB,
  softBytes: 16 * MIB,
  softSeconds: 60,
};

/** What runs as Redis. */
export enum RedisEngine {
  /** Redis. */
  REDIS = 'redis',
  /** Valkey, which speaks the same protocol. */
  VALKEY = 'valkey',
}

/** Properties of a `RedisAdapterBackplane`. */
export interface RedisAdapterBackplaneProps {
  /** Where it runs. */
  readonly platform: IPlatform;
  /**
   * What runs.
   *
   * @default RedisEngine.REDIS
   */
  readonly engine?: RedisEngine;
  /**
   * Memory that it may use, e.g. "256m". Pub/sub keeps nothing; it goes into the buffers of slow subscribers.
   *
   * @default "256m"
   */
  readonly maxMemory?: string;
  /**
   * Its password.
   *
   * @default - one that the platform makes and keeps
   */
  readonly password?: Secret;
}

/** A Redis that exists already. Give one of the two. */
export interface ExistingRedisOptions {
  /**
   * Its URL, when it needs no password: "redis://cache.internal:6379".
   *
   * @default - the URL is in `secret`
   */
  readonly url?: string;
  /**
   * Its whole URL with the password in it.
   *
   * @default - the URL is in `url`
   */
  readonly secret?: Secret;
  /**
   * Whether it is a Redis Cluster, of Redis 7 or later: the URL is that of any of its nodes, and instances reach the
   * others where these say that they are. Instances get REDIS_CLUSTER=1 and need the sharded adapter.
   *
   * @default false
   */
  readonly cluster?: boolean;
}

/**
 * A Redis, or a Redis Cluster, for `@socket.io/redis-adapter`: an event that one instance emits reaches the clients of all.
 *
 * A cluster that has one is balanced in rotation instead of by client address.
 *
 * @see https://socket.io/docs/v4/redis-adapter/
 * @example
 * const backplane = new RedisAdapterBackplane(this, "Backplane", { platform });
 * new AiwmCluster(this, "Aiwm", { platform, backplane, service });
 */
export class RedisAdapterBackplane extends Construct implements IBackplane {
  /**
   * A Redis that exists already.
   *
   * @throws ValidationError for a URL that holds a password, for the database of a cluster, or for none or both of the two
   */
  public static fromUrl(scope: Construct, id: string, source: ExistingRedisOptions): IBackplane {
    return new ExistingRedis(scope, id, source);
  }

  public readonly url?: string;
  public readonly urlSecret?: Secret;
  public readonly isCluster?: boolean;
  public readonly isManaged = true;
  public readonly dependables: ITerraformDependable[];

  /** @throws ValidationError for a size that is none */
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
    this.urlSecret = redis.url;
    this.isCluster = redis.isCluster ?? false;
    this.dependables = redis.dependables;
  }
}

class ExistingRedis extends Construct implements IBackplane {
  public readonly url?: string;
  public readonly urlSecret?: Secret;
  public readonly isCluster?: boolean;
  public readonly isManaged = false;
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
          'Use url for a Redis without a password, secret for the whole URL of one that has a password.',
      });
    }
    if (url !== undefined && url.includes('@')) {
      check.refuse('url', {
        problem: 'the URL holds a password, which would stand in the plan and the state',
        allowed: REDIS_URL.allowed,
        remedy:
          'Give the whole URL as secret: Secret.fromEnvironment("REDIS_URL") or Secret.fromFile(…).',
      });
    }
    this.url = url === undefined ? undefined : check.text('url', url, REDIS_URL);
    if (cluster && /\/0*[1-9]\d*$/.test(url ?? '')) {
      check.refuse('url', {
        problem: `"${url}" names a database, and a Redis Cluster has none but the first`,
        allowed: '"redis://host:6379" or "rediss://host:6379"',
      });
    }
    this.urlSecret = secret;
    this.isCluster = cluster;
  }
}
