import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { AwsDnsOptions } from './aws-dns';
import type { AwsDestination, AwsEgress } from './aws-egress';
import type { AwsEntry } from './aws-entry';
import type { IAwsNetwork } from './aws-network';

/** Properties of an `AwsPlatform`. */
export interface AwsPlatformProps {
  /** Network of all resources: the ids of an existing one, or an `AwsNetwork`. */
  readonly network: IAwsNetwork;
  /**
   * Load balancer or single host that clients connect to.
   *
   * A change from one kind of entry to another interrupts the service for minutes.
   *
   * @default AwsEntry.nlb()
   */
  readonly entry?: AwsEntry;
  /**
   * Region of all resources, e.g. "eu-central-1". Omit it if `provider` is given.
   *
   * @default - the region of Terraform's environment
   */
  readonly region?: string;
  /**
   * Provider of all resources, e.g. for another account or role.
   *
   * @default - a provider for `region`
   */
  readonly provider?: AwsProvider;
  /**
   * Prefix of the names of all resources: lower-case letters, digits and "-", at most 40 characters.
   *
   * It keeps several platforms in one account apart. It cannot change after creation, because AWS cannot rename most
   * resources: a plan that changes it is refused.
   *
   * @default - the ids of the stack and of the construct, in lower case
   */
  readonly name?: string;
  /**
   * Tags of all resources that support them, at most 40.
   *
   * The keys "Name", "aiwm-…" and "aws:…" are reserved.
   *
   * @default - only `Name`
   */
  readonly tags?: Record<string, string>;
  /**
   * Id of the Route 53 hosted zone of the front's names.
   *
   * The zone receives a record for each name, and the records that validate a new certificate of ACM.
   *
   * @see https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
   * @default - none; point the names to the platform's `entryAddress` yourself
   */
  readonly hostedZoneId?: string;
  /**
   * DNS records in other zones or accounts, and names that several platforms share. Give it in place of `hostedZoneId`.
   *
   * @default - simple records in the zone of `hostedZoneId`
   */
  readonly dns?: AwsDnsOptions;
  /**
   * EC2 instance type of the hosts that run instances of the service, one instance on each host.
   *
   * A running host keeps its type until you replace it.
   *
   * @default "t4g.small"
   */
  readonly instanceType?: string;
  /**
   * EC2 instance type of the hosts that run nginx.
   *
   * Behind a load balancer, a change replaces the hosts one after another. A single host keeps its type until you
   * replace it.
   *
   * @default "t4g.small"
   */
  readonly nginxInstanceType?: string;
  /**
   * Id of the AMI of all hosts: Amazon Linux 2023 for the processors of both instance types.
   *
   * Packages that the image contains are not installed again. A running host keeps its image until it is replaced.
   *
   * @default - the latest Amazon Linux 2023 image when a host is created
   */
  readonly imageId?: string;
  /**
   * Shell commands that run as root at the end of the first boot of every host, before its first release.
   *
   * Use them to install what your company requires on every host. They must not contain secrets. If a command fails,
   * the host receives no release and the apply fails; see /var/log/cloud-init-output.log on the host. On hosts of
   * instances, Docker is already running: run `systemctl restart docker` after a change of its configuration.
   *
   * Hosts receive the commands as they are written: "${NAME}" is a variable of the shell, never of Terraform.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
   * @default - none
   */
  readonly firstBoot?: string[];
  /**
   * Destinations that instances may connect to, in addition to Redis, `httpsEgress` and `dnsServers`.
   *
   * @default - none
   */
  readonly instanceEgress?: AwsEgress[];
  /**
   * Destinations that nginx hosts may connect to, in addition to the instances, `httpsEgress` and `dnsServers`.
   *
   * Required for upstream servers that this stack does not run.
   *
   * @default - none
   */
  readonly nginxEgress?: AwsEgress[];
  /**
   * Destinations that hosts and instances may connect to at TCP port 443.
   *
   * Hosts need Systems Manager, S3, CloudWatch, Secrets Manager and their packages there, and instances need their
   * images. Name the ranges of a proxy, or the endpoints of a VPC.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
   * @default - any IPv4 address, and any IPv6 address in an `AwsNetwork` with `ipv6`
   */
  readonly httpsEgress?: AwsDestination[];
  /**
   * Addresses of the VPC's own DNS servers, at most 4, which hosts and instances may ask over UDP and TCP.
   *
   * The Amazon DNS server needs no entry.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html
   * @default - none; the VPC uses the Amazon DNS server
   */
  readonly dnsServers?: string[];
  /**
   * Ids of existing security groups that nginx hosts have in addition to the platform's, at most 15.
   *
   * AWS allows 5 groups in all, unless you request more. Behind a load balancer, a change replaces the hosts one after
   * another.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
   * @default - none
   */
  readonly nginxSecurityGroupIds?: string[];
  /**
   * Ids of existing security groups that instances have in addition to the platform's, at most 15.
   *
   * AWS allows 5 groups in all, unless you request more.
   *
   * @default - none
   */
  readonly instanceSecurityGroupIds?: string[];
  /**
   * ARNs of ECR repositories that hosts may pull images from.
   *
   * The repository of the service's image is added automatically if the name of the image spells it out.
   *
   * @default - the repository of the service's image
   */
  readonly repositoryArns?: string[];
  /**
   * ARNs of customer managed KMS keys that encrypt your secrets. Hosts that read a secret may decrypt with them.
   *
   * @default - none; secrets are encrypted with the AWS managed key
   */
  readonly kmsKeyArns?: string[];
  /**
   * How long an nginx host that is being removed keeps its open connections, e.g. "15m"; 30s to 1h.
   *
   * @default "15m"
   */
  readonly hostDrain?: string;
  /**
   * Port of nginx's status page, on the loopback address of its host.
   *
   * @default 8081
   */
  readonly statusPort?: number;
  /**
   * Retention of logs in days: one of the values that CloudWatch supports.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
   * @default 30
   */
  readonly logRetentionDays?: number;
  /**
   * ARNs of SNS topics that are notified when an alarm goes off and when it is over.
   *
   * @default - none; the alarms are created without actions
   */
  readonly alarmTopicArns?: string[];
  /**
   * Nodes of the Redis that the platform runs for a backplane.
   *
   * @default - one primary and one replica, of a type that fits the backplane's `maxMemory`
   */
  readonly redis?: AwsRedisOptions;
}

/** Options of the ElastiCache replication group of a backplane. */
export interface AwsRedisOptions {
  /**
   * Type of the nodes, e.g. "cache.t4g.small".
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
   * @default - the smallest type with enough memory for the backplane's `maxMemory`
   */
  readonly nodeType?: string;
  /**
   * Number of replicas of each primary, 0 to 5. Without a replica there is no failover.
   *
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Number of shards, 1 to 90, over which rooms are distributed. All shards and replicas together are at most 90 nodes.
   *
   * More than one shard makes a Redis Cluster: instances receive REDIS_CLUSTER=1 and need the sharded adapter. A change
   * between one shard and several replaces Redis.
   *
   * @see https://socket.io/docs/v4/redis-adapter/
   * @default 1
   */
  readonly shards?: number;
}
