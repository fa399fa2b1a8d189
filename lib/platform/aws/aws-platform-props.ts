import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { HealthProbe } from '../../model/health-probe';
import type { AwsDnsOptions } from './aws-dns';
import type { AwsDestination, AwsEgress } from './aws-egress';
import type { AwsEntry } from './aws-entry';
import type { AwsNamespace, AwsRollout, CpuArchitecture } from './aws-instance-options';
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
   * Processor architecture of the tasks that run instances. The image of the service must support it.
   *
   * A task whose image is for another architecture ends at once with "exec format error", and the apply fails. ARM64
   * costs a fifth less than X86_64.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html
   * @default CpuArchitecture.X86_64
   */
  readonly cpuArchitecture?: CpuArchitecture;
  /**
   * Name of the ECS capacity provider that runs the tasks: "FARGATE", "FARGATE_SPOT", or one that exists.
   *
   * AWS stops tasks of FARGATE_SPOT at any time, two minutes after a notice. Terraform refuses a change for services
   * that exist, unless `forceNewDeployment` of each in `instanceServices` is true.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html
   * @default "FARGATE"
   */
  readonly capacityProvider?: string;
  /**
   * ARN of an existing ECS cluster in which the services are created. Its capacity providers must include
   * `capacityProvider`.
   *
   * A change replaces every service, which interrupts the service for minutes.
   *
   * @default - the platform creates a cluster
   */
  readonly ecsCluster?: string;
  /**
   * Whether ECS reports the metrics of Container Insights for the cluster, its services and its tasks.
   *
   * CloudWatch charges for each of these metrics. The alarms and the dashboard need none of them. An existing
   * `ecsCluster` keeps its own setting.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights.html
   * @default false
   */
  readonly containerInsights?: boolean;
  /**
   * Existing private DNS namespace of AWS Cloud Map, in the VPC of `network`, for the names of the instances.
   *
   * The TTL of its SOA record decides how long a name that had no task for a moment stays unknown; 5 seconds is what the
   * platform chooses. Clusters that share a namespace need different ids. A change interrupts the service for minutes.
   *
   * @see https://docs.aws.amazon.com/cloud-map/latest/dg/working-with-namespaces.html
   * @default - the platform creates `<name>.internal`
   */
  readonly namespace?: AwsNamespace;
  /**
   * ARN of an existing role with which the service calls AWS.
   *
   * Tasks of ECS must be allowed to assume it.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
   * @default - the platform creates one, whose permissions `addToTaskRolePolicy` adds
   */
  readonly taskRole?: string;
  /**
   * Whether `aws ecs execute-command` may run commands in the containers.
   *
   * An existing `taskRole` needs the permissions of the agent.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   * @default false
   */
  readonly executeCommand?: boolean;
  /**
   * Folders that an instance can write to, at most 10. Everything else in its container is read-only.
   *
   * On Fargate, such a folder belongs to root. If the image runs as another user, declare it in the Dockerfile, e.g.
   * `VOLUME /tmp`: then it keeps the owner and the mode that it has in the image.
   *
   * @default ["/tmp"]
   */
  readonly writablePaths?: string[];
  /**
   * User and group that instances run as, by number, e.g. "1000:1000".
   *
   * @default - the user of the image
   */
  readonly instanceUser?: string;
  /**
   * How a new version of the service replaces the instances.
   *
   * @default - one instance after another
   */
  readonly rollout?: AwsRollout;
  /**
   * ARN of a secret in Secrets Manager with the credentials of a registry other than ECR.
   *
   * Its value is a JSON object with the keys "username" and "password".
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
   * @default - none; the image is in ECR, or anyone can pull it
   */
  readonly registryCredentials?: string;
  /**
   * Program in the image of the service that checks its health.
   *
   * @default HealthProbe.node()
   */
  readonly probe?: HealthProbe;
  /**
   * EC2 instance type of the hosts that run nginx.
   *
   * Behind a load balancer, a change replaces the hosts one after another. A single host is replaced at once, which
   * interrupts the service for minutes.
   *
   * Burstable types run in unlimited mode: a host that uses up its processor credits costs more, and is not slowed down.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode.html
   * @default "t4g.small"
   */
  readonly nginxInstanceType?: string;
  /**
   * Release line of nginx on the hosts, e.g. "1.30"; "1.28" or later.
   *
   * A new host installs its latest version from nginx.org. A change replaces the hosts like `nginxInstanceType`.
   *
   * @see https://nginx.org/en/linux_packages.html#Amazon-Linux
   * @default "1.30"
   */
  readonly nginxVersion?: string;
  /**
   * Id of the AMI of the nginx hosts: Amazon Linux 2023 for the processors of `nginxInstanceType`.
   *
   * Packages that the image contains are not installed again. A change replaces the hosts like `nginxInstanceType`.
   *
   * @default - the latest Amazon Linux 2023 image whenever a host is created
   */
  readonly imageId?: string;
  /**
   * Shell commands that run as root at the end of the first boot of every host, before its first release.
   *
   * Use them to install what your company requires on every host. They must not contain secrets. If a command fails,
   * the host receives no release and the apply fails; see /var/log/cloud-init-output.log on the host. A change replaces
   * the hosts like `nginxInstanceType`.
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
   * ARNs of ECR repositories that tasks may pull images from.
   *
   * The repository of the service's image is added automatically if the name of the image spells it out.
   *
   * @default - the repository of the service's image
   */
  readonly repositoryArns?: string[];
  /**
   * ARNs of customer managed KMS keys that encrypt your secrets. Tasks and hosts that read a secret may decrypt with
   * them.
   *
   * @default - none; secrets are encrypted with the AWS managed key
   */
  readonly kmsKeyArns?: string[];
  /**
   * ARN of a customer managed KMS key, in the region of the platform, that encrypts everything the platform stores.
   *
   * It encrypts logs, disks, releases, the secret with Redis' URL, and Redis. Its key policy has to let CloudWatch Logs
   * and EC2 Auto Scaling use it. A change replaces Redis and the hosts.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
   * @default - keys that AWS owns or manages
   */
  readonly encryptionKeyArn?: string;
  /**
   * ARN of the IAM policy that is the permissions boundary of every role the platform creates.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
   * @default - none
   */
  readonly permissionsBoundaryArn?: string;
  /**
   * IAM path of every role the platform creates, e.g. "/team/chat/".
   *
   * A change replaces the roles, the tasks of the instances and, behind a load balancer, the hosts one after another.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
   * @default "/"
   */
  readonly rolePath?: string;
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
  /**
   * Version of the engine: major and minor, e.g. "8.0".
   *
   * AWS does not upgrade a version that is given here. A lower one than Redis has replaces Redis.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.html
   * @default - "7.1" of Redis or "8.0" of Valkey when it is created; then AWS upgrades minor versions
   */
  readonly engineVersion?: string;
  /**
   * Weekly time in UTC at which AWS may upgrade and replace nodes, of an hour or more, e.g. "sun:03:00-sun:04:00".
   *
   * @default - a time that AWS chooses
   */
  readonly maintenanceWindow?: string;
}
