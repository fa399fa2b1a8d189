import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { AwsEntry } from './aws-entry';
import type { IAwsNetwork } from './aws-network';

/** Properties of an `AwsPlatform`. */
export interface AwsPlatformProps {
  /** Where everything is put: one that exists, or an `AwsNetwork`. */
  readonly network: IAwsNetwork;
  /**
   * How clients come in. To go from one kind of entry to another takes minutes without service.
   *
   * @default AwsEntry.nlb()
   */
  readonly entry?: AwsEntry;
  /**
   * The region. Leave it out where `provider` is given.
   *
   * @default - what the environment of Terraform says
   */
  readonly region?: string;
  /**
   * A provider of your own, for another account or role.
   *
   * @default - one for `region`
   */
  readonly provider?: AwsProvider;
  /**
   * What the names of all resources begin with. One account may run several. A plan that changes it is refused: most of
   * what AWS makes keeps its name for life.
   *
   * @default - stack and id, in lower case
   */
  readonly name?: string;
  /**
   * Tags on everything that can have them, at most 40.
   *
   * @default - none but the names
   */
  readonly tags?: Record<string, string>;
  /**
   * A hosted zone of Route 53: the names of the front are made there, and new certificates validated.
   *
   * @default - you point the names to the platform's `entryAddress` yourself
   */
  readonly hostedZoneId?: string;
  /**
   * What an instance of the service runs on. One instance, one host. A host that runs keeps the type that it was made
   * with until you replace it.
   *
   * @default "t4g.small"
   */
  readonly instanceType?: string;
  /**
   * What nginx runs on. A group behind a load balancer changes host by host; a single host when you replace it.
   *
   * @default "t4g.small"
   */
  readonly nginxInstanceType?: string;
  /**
   * The image of all hosts, one of Amazon Linux 2023 for the processors of both types. Packages that it has are not
   * installed. A host that runs keeps the one that it was made with.
   *
   * @default - Amazon's newest, when a host is made
   */
  readonly imageId?: string;
  /**
   * Commands of your own, run as root by bash at the end of the first boot of every host and before its first release: to
   * install what your company wants on each. Where one fails the host gets no release, so that the apply fails;
   * /var/log/cloud-init-output.log on the host tells why. On the host of a slot Docker runs already: what it reads only at
   * its start takes a `systemctl restart docker`. They must hold no secret.
   *
   * @default - none
   */
  readonly firstBoot?: string[];
  /**
   * Where instances may connect to, besides Redis and any address at port 443.
   *
   * @default - nowhere else
   */
  readonly instanceEgress?: AwsEgress[];
  /**
   * Where the hosts of nginx may connect to, besides instances of the platform and any address at port 443: servers that
   * exist already.
   *
   * @default - nowhere else
   */
  readonly nginxEgress?: AwsEgress[];
  /**
   * Repositories of ECR that instances may pull from. One that is written out in the name of the service's image need not
   * be told.
   *
   * @default - that of the service's image
   */
  readonly repositoryArns?: string[];
  /**
   * Keys of KMS of your own that secrets are encrypted with: hosts that read a secret may decrypt with them.
   *
   * @default - the key that AWS has for secrets
   */
  readonly kmsKeyArns?: string[];
  /**
   * How long a host of nginx that is taken away keeps its open connections, e.g. "15m"; 30s to 1h.
   *
   * @default "15m"
   */
  readonly hostDrain?: string;
  /**
   * The port on the loopback of nginx at which its status page is asked for.
   *
   * @default 8081
   */
  readonly statusPort?: number;
  /**
   * How long logs are kept, in days: one of the numbers that CloudWatch knows.
   *
   * @default 30
   */
  readonly logRetentionDays?: number;
  /**
   * Topics of SNS that are told when an alarm goes off and when it is over.
   *
   * @default - nobody is told; the alarms are there
   */
  readonly alarmTopicArns?: string[];
  /**
   * The nodes of Redis.
   *
   * @default - by the backplane's `maxMemory`, one primary and one replica
   */
  readonly redis?: AwsRedisOptions;
}

/** Where hosts may connect to. */
export interface AwsEgress {
  /** The TCP port, 1 to 65535. */
  readonly port: number;
  /** The addresses: "10.40.0.0/16". */
  readonly range: string;
}

/** How ElastiCache runs a backplane. */
export interface AwsRedisOptions {
  /**
   * The type of its nodes.
   *
   * @default - the smallest that has the backplane's `maxMemory`
   */
  readonly nodeType?: string;
  /**
   * Replicas beside the primary, of each shard, 0 to 5. Without one there is nobody to take over.
   *
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Primaries that share the rooms among them, 1 to 90; with their replicas they are 90 nodes at most. More than one are
   * a Redis Cluster: instances get REDIS_CLUSTER=1 and need the sharded adapter. From one to more and back, Redis is
   * replaced.
   *
   * @default 1
   */
  readonly shards?: number;
}
