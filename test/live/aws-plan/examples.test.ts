// The AWS examples with Terraform's own plugin and a made-up AWS: what they mean, all of it, SSM and ElastiCache
// included. Who may talk to whom, what the world reaches, what is encrypted, and what a host may do.
import { AiwmService, TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry } from 'cdktf-aiwm/aws';
import { TerraformVariable } from 'cdktf';
import { synthesizeAws, TLS_SECRET } from '../../support/aws/aws-site';
import { lineDiff } from '../../support/stack/line-diff';
import { describeWithAws } from '../../support/aws/describe-aws';
import {
  example,
  exampleNames,
  Names,
  valuesOf,
  type ExampleName,
} from '../../support/aws/examples';
import {
  mockRun,
  unknownNames,
  type AppliedResource,
  type Assertion,
  type MockRun,
} from '../../support/aws/mock-run';
import { otherRules, rulesOf, sentencesOf } from '../../support/aws/security-groups';
import { managedPoliciesOf, statementsOf, type Statement } from '../../support/aws/policies';
import { StackFolder } from '../../support/aws/stack-folder';
import { withoutHash } from '../../support/stack/addresses';
import { resourceAddresses, type StackJson } from '../../support/aws/stack-json';

/** What is true of each example, in Terraform's language. */
function assertionsFor(name: ExampleName, stack: StackJson): Assertion[] {
  const names = new Names(stack);
  const each = (type: string, that: string, condition: (address: string) => string) =>
    names
      .of(type)
      .map((address): Assertion => ({ that: `${address} ${that}`, condition: condition(address) }));
  const hosts = [
    ...each(
      'aws_instance',
      'answers questions of its metadata only with a token, and not those of a container',
      (host) =>
        `${host}.metadata_options[0].http_tokens == "required" && ${host}.metadata_options[0].http_put_response_hop_limit == 1`,
    ),
    ...each(
      'aws_instance',
      'has an encrypted disk',
      (host) => `${host}.root_block_device[0].encrypted == true`,
    ),
  ];
  const bucket = names.one('aws_s3_bucket');
  const isOf = (type: string) => `${names.one(type)}.bucket == ${bucket}.id`;
  const deliveries = names.of('aws_ssm_association').flatMap((association): Assertion[] => {
    const path = association.replace(/^.*?\./, '').replace(/_(Association|Rollout)_\w+$/, '');
    const isRollout = association.includes('_Rollout_');
    const release = names.one(`aws_s3_object.${path}_Release`);
    const document = names.one(`aws_ssm_document.${path}_Document`);
    return [
      {
        that: `${association} runs its document`,
        condition: `${association}.name == ${document}.name && ${association}.document_version == ${document}.latest_version`,
      },
      {
        that: `${association} delivers the release that is in the bucket, and nothing else by its checksum`,
        condition: `${association}.parameters.Bucket == ${bucket}.id && ${association}.parameters.Key == ${release}.key && ${association}.parameters.Version == ${release}.version_id && ${association}.parameters.Sha256 == sha256(${release}.content)`,
      },
      {
        that: `${association} goes host by host and stops at the first failure`,
        condition: `${association}.max_concurrency == "1" && ${association}.max_errors == "0"`,
      },
      isRollout
        ? {
            that: `the apply waits for ${association}, which tries again and does not come back`,
            condition: `${association}.wait_for_success_timeout_seconds >= 600 && ${association}.schedule_expression == null && ${association}.parameters.Retry == "yes"`,
          }
        : {
            that: `${association} comes back, and does not try again what has failed`,
            condition: `${association}.schedule_expression == "rate(30 minutes)" && ${association}.parameters.Retry == "no"`,
          },
      {
        that: `${release} is encrypted`,
        condition: `${release}.server_side_encryption == "AES256"`,
      },
    ];
  });
  const delivered = [
    ...deliveries,
    {
      that: 'the bucket is closed to everybody outside',
      condition: `${isOf('aws_s3_bucket_public_access_block')} && alltrue([for each in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] : ${names.one('aws_s3_bucket_public_access_block')}[each]])`,
    },
    {
      that: 'the bucket keeps what it had',
      condition: `${isOf('aws_s3_bucket_versioning')} && ${names.one('aws_s3_bucket_versioning')}.versioning_configuration[0].status == "Enabled"`,
    },
    {
      that: 'the bucket removes old versions, but never those that hosts may still ask for',
      condition: `${isOf('aws_s3_bucket_lifecycle_configuration')} && one(one(${names.one('aws_s3_bucket_lifecycle_configuration')}.rule).noncurrent_version_expiration).newer_noncurrent_versions == 10`,
    },
    {
      that: 'the bucket is encrypted',
      condition: `${isOf('aws_s3_bucket_server_side_encryption_configuration')} && one(${names.one('aws_s3_bucket_server_side_encryption_configuration')}.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"`,
    },
  ];
  const slots = names.of('aws_ecs_service').length;
  const zones = name === 'aws-single' ? 1 : 2;
  return [
    ...hosts,
    ...delivered,
    ...Array.from({ length: slots }, (_, index) => slot(names, index + 1, zones)).flat(),
    ...watchedAnswers(names),
    ...(name === 'aws-single' ? singleHost(names) : balanced(names)),
    ...(name === 'aws-redis' ? redis(names) : []),
  ];
}

function balanced(names: Names): Assertion[] {
  const balancer = names.one('aws_lb');
  const [https, http] = ['Https', 'Http'].map((id) =>
    names.one(`aws_lb_listener.Frontend_${id}Listener`),
  ) as [string, string];
  const [clients, redirect] = ['Clients', 'RedirectClients'].map((id) =>
    names.one(`aws_lb_target_group.Frontend_${id}`),
  ) as [string, string];
  const group = names.one('aws_autoscaling_group');
  const template = names.one('aws_launch_template');
  const entry = names.one('aws_security_group.Frontend_EntrySecurityGroup');
  const nginx = names.one('aws_security_group.Platform_NginxSecurityGroup');
  const isPlain = (target: string) =>
    `${target}.preserve_client_ip == "true" && ${target}.proxy_protocol_v2 == false`;
  return [
    {
      that: 'the load balancer forwards connections, in two zones or more, and the internet reaches it',
      condition: `${balancer}.load_balancer_type == "network" && ${balancer}.internal == false && length(${balancer}.subnets) >= 2`,
    },
    {
      that: 'the load balancer has its own security group and no other',
      condition: `one(${balancer}.security_groups) == ${entry}.id`,
    },
    {
      that: 'port 443 speaks TLS 1.2 or newer',
      condition: `${https}.port == 443 && ${https}.protocol == "TLS" && ${https}.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && startswith(${https}.certificate_arn, "arn:aws:acm:")`,
    },
    {
      that: 'port 443 leads to the front, and port 80 to the redirect',
      condition: `${https}.default_action[0].target_group_arn == ${clients}.arn && ${http}.port == 80 && ${http}.default_action[0].target_group_arn == ${redirect}.arn`,
    },
    {
      that: 'nginx sees the addresses of clients, which affinity goes by',
      condition: [clients, redirect].map(isPlain).join(' && '),
    },
    {
      that: 'open WebSockets outlive a failed health check and a deregistration',
      condition: [clients, redirect]
        .map(
          (each) =>
            `${each}.target_health_state[0].enable_unhealthy_connection_termination == false && ${each}.connection_termination == false`,
        )
        .join(' && '),
    },
    {
      that: 'nginx itself is asked whether it serves',
      condition: `${clients}.health_check[0].protocol == "HTTP" && ${clients}.health_check[0].path == "/nginx-health"`,
    },
    {
      that: 'there are two hosts of nginx at least, and a failed one is replaced',
      condition: `${group}.min_size >= 2 && ${group}.health_check_type == "ELB"`,
    },
    {
      that: 'the hosts of nginx are in the target groups of both ports',
      condition: `toset(${group}.target_group_arns) == toset([${clients}.arn, ${redirect}.arn])`,
    },
    {
      that: 'the hosts of nginx are in other subnets than the load balancer',
      condition: `length(setintersection(${group}.vpc_zone_identifier, ${balancer}.subnets)) == 0`,
    },
    {
      that: 'the hosts of nginx let in only what the security group of nginx says',
      condition: `one(${template}.vpc_security_group_ids) == ${nginx}.id`,
    },
    {
      that: 'the hosts of nginx answer questions of their metadata only with a token',
      condition: `${template}.metadata_options[0].http_tokens == "required"`,
    },
    {
      that: 'the disks of the hosts of nginx are encrypted',
      condition: `${template}.block_device_mappings[0].ebs[0].encrypted == "true"`,
    },
    {
      that: 'the release of nginx finds its hosts by a tag that they have',
      condition: `contains([for tag in ${group}.tag : "tag:\${tag.key}=\${tag.value}" if tag.propagate_at_launch], "\${one(${names.one('aws_ssm_association.Frontend_Delivery_Association')}.targets).key}=\${one(one(${names.one('aws_ssm_association.Frontend_Delivery_Association')}.targets).values)}")`,
    },
    {
      that: 'connections of the fullest host decide how many hosts there are, and none is taken away for having few',
      condition: `one(${names.one('aws_autoscaling_policy')}.target_tracking_configuration).disable_scale_in == true && one(one(${names.one('aws_autoscaling_policy')}.target_tracking_configuration).customized_metric_specification).metric_name == "ActiveConnections" && one(one(${names.one('aws_autoscaling_policy')}.target_tracking_configuration).customized_metric_specification).statistic == "Maximum"`,
    },
  ];
}

/** Where an alarm looks, as a condition. */
function looksAt(
  alarm: string,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): string {
  const [namespace, name] = metric.split(' ');
  const wanted = Object.entries(dimensions).map(([key, value]) => `${key} = ${value}`);
  return `${alarm}.namespace == "${namespace}" && ${alarm}.metric_name == "${name}" && ${alarm}.dimensions == tomap({ ${wanted.join(', ')} })`;
}

function slot(names: Names, number: number, zones: number): Assertion[] {
  const own = (type: string, id: string) => names.one(`${type}.Aiwm_Instance${number}_${id}`);
  const service = own('aws_ecs_service', 'Service');
  const task = own('aws_ecs_task_definition', 'TaskDefinition');
  const container = `one(jsondecode(${task}.container_definitions))`;
  const alarm = (id: string) => names.one(`aws_cloudwatch_metric_alarm.Aiwm_Alarms_${id}${number}`);
  const dimensions = {
    ClusterName: `${names.one('aws_ecs_cluster')}.name`,
    ServiceName: `${service}.name`,
  };
  return [
    {
      that: `slot ${number} runs its own task definition in the cluster of the platform`,
      condition: `${service}.task_definition == ${task}.arn && ${service}.cluster == ${names.one('aws_ecs_cluster')}.arn && ${service}.desired_count == 1`,
    },
    {
      that: `slot ${number} has its name, which outlives its tasks`,
      condition: `one(${service}.service_registries).registry_arn == ${own('aws_service_discovery_service', 'Name')}.arn && ${own('aws_service_discovery_service', 'Name')}.name == "aiwm-${number}" && one(${own('aws_service_discovery_service', 'Name')}.dns_config).namespace_id == ${names.one('aws_cloudformation_stack')}.outputs.Id`,
    },
    {
      that: `a release of slot ${number} starts before it stops, and goes back when it is not well`,
      condition: `${service}.deployment_minimum_healthy_percent == 100 && ${service}.deployment_maximum_percent == 200 && one(${service}.deployment_circuit_breaker).rollback == true && ${service}.wait_for_steady_state == true && ${task}.skip_destroy == true`,
    },
    {
      that: `slot ${number} lets in what the security group of instances says, and has no public address`,
      condition: `one(one(${service}.network_configuration).security_groups) == ${names.one('aws_security_group.Platform_InstanceSecurityGroup')}.id && one(${service}.network_configuration).assign_public_ip == false && length(one(${service}.network_configuration).subnets) == ${zones}`,
    },
    {
      that: `the container of slot ${number} is read-only, has no capabilities and knows its number`,
      condition: `${container}.readonlyRootFilesystem == true && ${container}.linuxParameters.capabilities.drop == ["ALL"] && contains(${container}.environment, { name = "INSTANCE_ID", value = "${number}" })`,
    },
    {
      that: `slot ${number} is missed when it has no task`,
      condition: `${looksAt(alarm('Silent'), 'AWS/ECS CPUUtilization', dimensions)} && ${alarm('Silent')}.treat_missing_data == "breaching" && ${alarm('Silent')}.statistic == "SampleCount" && ${alarm('Silent')}.threshold == 1`,
    },
    {
      that: `slot ${number} is noticed when it has used up its memory`,
      condition: `${looksAt(alarm('Memory'), 'AWS/ECS MemoryUtilization', dimensions)} && ${alarm('Memory')}.threshold == 90`,
    },
  ];
}

function watchedAnswers(names: Names): Assertion[] {
  const alarm = names.one('aws_cloudwatch_metric_alarm.Frontend_Alarms_Failures');
  const group = names.one('aws_cloudwatch_log_group.Frontend_Logs');
  return names.of('aws_cloudwatch_log_metric_filter').map((filter) => ({
    that: `${filter} counts what the alarm over failures looks at, in the log of nginx`,
    condition: `${filter}.log_group_name == ${group}.name && one(${filter}.metric_transformation).name == ${alarm}.metric_name && one(${filter}.metric_transformation).namespace == ${alarm}.namespace`,
  }));
}

function singleHost(names: Names): Assertion[] {
  const host = names.one('aws_instance.Frontend_Host');
  const own = names.one('aws_network_interface.Frontend_NetworkInterface');
  const alarm = (id: string) => names.one(`aws_cloudwatch_metric_alarm.Frontend_Alarms_${id}`);
  // As its user data has it.
  const front = `${host}.tags["aiwm-front"]`;
  return [
    {
      that: 'the host of nginx has the fixed address',
      condition: `${names.one('aws_eip.Frontend_Address')}.network_interface == ${own}.id && one(${host}.network_interface).network_interface_id == ${own}.id`,
    },
    {
      that: 'the host of nginx lets in what the security group of nginx says',
      condition: `one(${own}.security_groups) == ${names.one('aws_security_group.Platform_NginxSecurityGroup')}.id`,
    },
    {
      that: 'the host of nginx is missed when it tells nothing',
      condition: `${looksAt(alarm('NoHealthyHost'), 'AIWM ActiveConnections', { Front: front })} && ${alarm('NoHealthyHost')}.treat_missing_data == "breaching"`,
    },
    {
      that: 'AWS tells when it finds the host of nginx broken',
      condition: looksAt(alarm('StatusCheck'), 'AWS/EC2 StatusCheckFailed', {
        InstanceId: `${host}.id`,
      }),
    },
    ...['Memory', 'Disk'].map((id) => ({
      that: `${id} of the host of nginx is watched by what it tells`,
      condition: looksAt(alarm(id), `AIWM ${id}Used`, { Front: front }),
    })),
    {
      that: 'the certificate that nginx shows is watched by what its host tells',
      condition: `${looksAt(alarm('Certificate'), 'AIWM CertificateDays', { Front: front })} && ${alarm('Certificate')}.statistic == "Minimum" && ${alarm('Certificate')}.threshold == 14`,
    },
  ];
}

function redis(names: Names): Assertion[] {
  const group = names.one('aws_elasticache_replication_group');
  return [
    ...anyRedis(names),
    {
      that: 'a second node takes over, in another zone',
      condition: `${group}.num_cache_clusters >= 2 && ${group}.automatic_failover_enabled == true && ${group}.multi_az_enabled == true`,
    },
  ];
}

function shardedRedis(names: Names): Assertion[] {
  const group = names.one('aws_elasticache_replication_group');
  const parameters = names.one('aws_elasticache_parameter_group');
  const alarms = names.of('aws_cloudwatch_metric_alarm').filter((name) => name.includes('_Busy'));
  return [
    ...anyRedis(names),
    {
      that: 'there are three shards, and in each a second node takes over, in another zone',
      condition: `${group}.num_node_groups == 3 && ${group}.replicas_per_node_group == 1 && ${group}.automatic_failover_enabled == true && ${group}.multi_az_enabled == true`,
    },
    {
      that: 'the parameters make it a cluster',
      condition: `one([for each in ${parameters}.parameter : each.value if each.name == "cluster-enabled"]) == "yes"`,
    },
    {
      that: 'each node is watched by its name',
      condition: `toset([${alarms.map((alarm) => `${alarm}.dimensions.CacheClusterId`).join()}]) == toset([for each in setproduct(["0001", "0002", "0003"], ["001", "002"]) : "\${${group}.replication_group_id}-\${each[0]}-\${each[1]}"])`,
    },
  ];
}

/** What is true of Redis, however many nodes it has. */
function anyRedis(names: Names): Assertion[] {
  const group = names.one('aws_elasticache_replication_group');
  return [
    {
      that: 'Redis is encrypted on disk and on the way, and TLS is no choice',
      condition: `tostring(${group}.at_rest_encryption_enabled) == "true" && ${group}.transit_encryption_enabled == true && ${group}.transit_encryption_mode == "required"`,
    },
    {
      that: 'Redis asks for a password, and a changed one is the only one',
      condition: `length(nonsensitive(${group}.auth_token)) >= 32 && ${group}.auth_token_update_strategy == "SET"`,
    },
    {
      that: 'Redis lets in only what its own security group says',
      condition: `one(${group}.security_group_ids) == ${names.one('aws_security_group.Backplane_SecurityGroup')}.id`,
    },
    {
      that: 'Redis has its parameters',
      condition: `${group}.parameter_group_name == ${names.one('aws_elasticache_parameter_group')}.name && ${group}.subnet_group_name == ${names.one('aws_elasticache_subnet_group')}.name`,
    },
  ];
}

/** What hosts and ECS may do. A resource of "*" stands only where AWS has no narrower one, with the reason. */
const ALLOWED: readonly {
  readonly policy: RegExp;
  readonly actions: readonly RegExp[];
  readonly resource?: RegExp;
  /** Why the resource is everything. */
  readonly everything?: string;
  readonly condition?: unknown;
}[] = [
  {
    policy: /^aws_iam_role_policy\.Frontend_RolePolicy$/,
    everything: 'the agent of Systems Manager speaks for its own host alone, by its credentials',
    actions: [
      /^ssm:(Describe(Association|Document)|GetDeployablePatchSnapshotForInstance|Get(Document|Manifest))$/,
      /^ssm:(ListAssociations|ListInstanceAssociations|Put(ComplianceItems|ConfigurePackageResult|Inventory))$/,
      /^ssm:Update(AssociationStatus|InstanceAssociationStatus|InstanceInformation)$/,
      /^ssmmessages:(Create|Open)(Control|Data)Channel$/,
      /^ec2messages:(Acknowledge|Delete|Fail)Message$|^ec2messages:(GetEndpoint|GetMessages|SendReply)$/,
    ],
  },
  {
    policy: /^aws_iam_role_policy\.Frontend_RolePolicy$/,
    everything: 'PutMetricData has no resource; the condition leaves one namespace',
    actions: [/^cloudwatch:PutMetricData$/],
    condition: { StringEquals: { 'cloudwatch:namespace': 'AIWM' } },
  },
  {
    policy: /^aws_iam_role_policy\.Aiwm_ExecutionRolePolicy$/,
    everything: 'a login to ECR is one to the whole registry; what may be pulled is said apart',
    actions: [/^ecr:GetAuthorizationToken$/],
  },
  {
    policy: /^aws_iam_role_policy\.Aiwm_ExecutionRolePolicy$/,
    actions: [/^ecr:(BatchCheckLayerAvailability|BatchGetImage|GetDownloadUrlForLayer)$/],
    resource: /^arn:aws:ecr:[a-z0-9-]+:\d{12}:repository\/[a-z0-9._/-]+$/,
  },
  {
    policy: /^aws_iam_role_policy\.Frontend_RolePolicy$/,
    actions: [/^s3:GetObject(Version)?$/],
    resource: /^arn:aws:s3:.*Platform_Releases_\w+\/nginx\/frontend\/\*$/,
  },
  {
    policy: /^aws_iam_role_policy\.Aiwm_ExecutionRolePolicy$/,
    actions: [/^logs:(CreateLogStream|PutLogEvents)$/],
    resource: /^arn:aws:cloudwatch:.*Aiwm_Logs_\w+:\*$/,
  },
  {
    policy: /^aws_iam_role_policy\.Frontend_RolePolicy$/,
    actions: [/^logs:(CreateLogStream|DescribeLogStreams|PutLogEvents)$/],
    resource: /^arn:aws:cloudwatch:.*Frontend_(?:Error)?Logs_\w+:\*$/,
  },
  {
    policy: /^aws_iam_role_policy\.Aiwm_ExecutionRolePolicy$/,
    actions: [/^secretsmanager:GetSecretValue$/],
    resource:
      /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:(secret:[\w/+=.@-]+-\w{6}|.*Backplane_UrlSecret_\w+)$/,
  },
  {
    policy: /^aws_iam_role_policy\.Frontend_RolePolicy$/,
    actions: [/^secretsmanager:GetSecretValue$/],
    resource: /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/,
  },
];

/** What no entry of the list covers. */
function notAllowed(statements: readonly Statement[]): Statement[] {
  return statements.filter(
    ({ effect, policy, actions, resources, condition, principal }) =>
      effect === 'Allow' &&
      !ALLOWED.some(
        (entry) =>
          principal === undefined &&
          entry.policy.test(policy) &&
          actions.length > 0 &&
          actions.every((action) => entry.actions.some((each) => each.test(action))) &&
          resources.length > 0 &&
          resources.every((each) =>
            entry.everything ? each === '*' : entry.resource!.test(each),
          ) &&
          JSON.stringify(entry.condition) === JSON.stringify(condition),
      ),
  );
}

/** The hosts: releases, images, packages and AWS itself are at 443, and nobody else gets in. */
const HOSTS = [
  'Platform_InstanceSecurityGroup -> 0.0.0.0/0: tcp 443',
  'Platform_InstanceSecurityGroup <- Platform_NginxSecurityGroup: tcp 3003',
  'Platform_NginxSecurityGroup -> 0.0.0.0/0: tcp 443',
  'Platform_NginxSecurityGroup -> Platform_InstanceSecurityGroup: tcp 3003',
];

/** The load balancer: clients, the redirect and the question whether nginx serves. */
const ENTRY = [
  'Frontend_EntrySecurityGroup <- 0.0.0.0/0: tcp 443',
  'Frontend_EntrySecurityGroup <- 0.0.0.0/0: tcp 80',
  ...[8080, 8082, 8444].flatMap((port) => [
    `Frontend_EntrySecurityGroup -> Platform_NginxSecurityGroup: tcp ${port}`,
    `Platform_NginxSecurityGroup <- Frontend_EntrySecurityGroup: tcp ${port}`,
  ]),
];

const RULES: Record<ExampleName, string[]> = {
  aws: [...HOSTS, ...ENTRY],
  'aws-redis': [
    ...HOSTS,
    ...ENTRY,
    'Backplane_SecurityGroup <- Platform_InstanceSecurityGroup: tcp 6379',
    'Platform_InstanceSecurityGroup -> Backplane_SecurityGroup: tcp 6379',
  ],
  'aws-single': [
    ...HOSTS,
    'Platform_NginxSecurityGroup <- 0.0.0.0/0: tcp 443',
    'Platform_NginxSecurityGroup <- 0.0.0.0/0: tcp 80',
  ],
};

interface Examined {
  readonly stack: StackJson;
  readonly folder: StackFolder;
  readonly run: MockRun;
  readonly assertions: readonly Assertion[];
}

describeWithAws('the AWS examples', (plugin) => {
  const examined = {} as Record<ExampleName, Examined>;

  beforeAll(async () => {
    for (const name of exampleNames) {
      const stack = example(name).json as StackJson;
      const folder = new StackFolder(stack, plugin);
      await folder.init();
      const assertions = assertionsFor(name, folder.json);
      examined[name] = { stack, folder, assertions, run: await mockRun(folder, assertions) };
    }
  });

  describe.each(exampleNames)('%s', (name) => {
    const resources = (): readonly AppliedResource[] => examined[name].run.resources;

    test('terraform validate takes it', async () => {
      const said: unknown = JSON.parse(await examined[name].folder.succeed('validate', '-json'));
      expect(said).toMatchObject({ valid: true, diagnostics: [] });
    });

    test('terraform test: it means what it should', () => {
      const { folder, assertions, run } = examined[name];
      expect(unknownNames(folder, assertions)).toEqual([]);
      expect(run.errors).toEqual([]);
      expect(assertions.length).toBeGreaterThan(10);
    });

    test('who may talk to whom', () => {
      expect(otherRules(resources())).toEqual([]);
      expect(sentencesOf(rulesOf(resources()))).toEqual([...RULES[name]].sort());
    });

    test('the world reaches the entry at 443 and 80, and nothing else', () => {
      const entry =
        name === 'aws-single' ? 'Platform_NginxSecurityGroup' : 'Frontend_EntrySecurityGroup';
      const open = rulesOf(resources()).filter(
        ({ direction, peer }) => direction === 'ingress' && !/^[A-Z]\w+Group$/.test(peer),
      );
      expect(open).toEqual(
        expect.arrayContaining([
          { group: entry, direction: 'ingress', peer: '0.0.0.0/0', what: 'tcp 443' },
          { group: entry, direction: 'ingress', peer: '0.0.0.0/0', what: 'tcp 80' },
        ]),
      );
      expect(open).toHaveLength(2);
    });

    test('no host has a key for SSH, or an address that nobody gave it', () => {
      const { aws_instance = {}, aws_launch_template = {} } = examined[name].stack.resource ?? {};
      const hosts = [...Object.values(aws_instance), ...Object.values(aws_launch_template)];
      expect(hosts).toHaveLength(1);
      for (const host of hosts) {
        expect(Object.keys(host)).not.toEqual(
          expect.arrayContaining([
            expect.stringMatching(/^(key_name|associate_public_ip_address|network_interfaces)$/),
          ]),
        );
      }
      expect(Object.keys(examined[name].stack.resource?.aws_eip ?? {}).map(withoutHash)).toEqual(
        name === 'aws-single' ? ['Frontend_Address', 'Network_NatAddress'] : [],
      );
    });

    test('every statement of every policy is one that was thought about', () => {
      const statements = statementsOf(resources());
      expect(managedPoliciesOf(resources())).toEqual([]);
      expect(notAllowed(statements.filter(({ policy }) => !policy.includes('assume')))).toEqual([]);
      expect(statements.filter(({ policy }) => policy.endsWith('.assume_role_policy'))).toEqual(
        [
          {
            policy: 'aws_iam_role.Aiwm_ExecutionRole.assume_role_policy',
            principal: { Service: 'ecs-tasks.amazonaws.com' },
            condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
          },
          {
            policy: 'aws_iam_role.Frontend_Role.assume_role_policy',
            principal: { Service: 'ec2.amazonaws.com' },
          },
          {
            policy: 'aws_iam_role.Platform_TaskRole.assume_role_policy',
            principal: { Service: 'ecs-tasks.amazonaws.com' },
            condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
          },
        ].map((each) =>
          expect.objectContaining({ ...each, actions: ['sts:AssumeRole'], effect: 'Allow' }),
        ),
      );
      expect(statements.filter(({ effect }) => effect === 'Deny')).toEqual([
        expect.objectContaining({
          policy: 'aws_s3_bucket_policy.Platform_ReleasesRules_Policy',
          actions: ['s3:*'],
          principal: '*',
          condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]);
    });

    test('a document of SSM uses the parameters that it has, and each allows no quote', () => {
      const documents = valuesOf(resources(), 'aws_ssm_document').map(({ content }) => content);
      expect(documents).toHaveLength(1);
      for (const content of documents as string[]) {
        const { parameters } = JSON.parse(content) as {
          parameters: Record<string, { allowedPattern: string }>;
        };
        const used = [...content.matchAll(/\{\{(.*?)\}\}/g)].map(([, each = '']) => each.trim());
        expect(used.sort()).toEqual(Object.keys(parameters).sort());
        for (const { allowedPattern } of Object.values(parameters)) {
          expect(`it's`).not.toMatch(new RegExp(allowedPattern));
        }
        expect(Buffer.byteLength(content)).toBeLessThan(64 * 1024);
      }
    });

    test('everything that can have tags has a name', () => {
      const unnamed = resources().filter(
        ({ mode, type, values }) =>
          mode === 'managed' &&
          'tags' in values &&
          // Ten tags are the most that S3 takes for one.
          type !== 'aws_s3_object' &&
          !(values.tags as Record<string, string> | null)?.Name,
      );
      expect(unnamed.map(({ address }) => address)).toEqual([]);
    });

    test('its nginx.conf, as it is delivered', () => {
      const text = configurationOf(examined[name]);
      const proto = name === 'aws-single' ? '$scheme' : 'https';
      expect(text).toContain(`proxy_set_header X-Forwarded-Proto ${proto};`);
      const peers = [...text.matchAll(/^ *server (\S+:\d+) resolve /gm)].map(([, peer]) => peer);
      expect([...new Set(peers)]).toEqual(
        Array.from(
          { length: name === 'aws-single' ? 2 : 3 },
          (_, index) => `aiwm-${index + 1}.${name}-platform.internal:3003`,
        ),
      );
      expect(text).toMatch(/^ *resolver 169\.254\.169\.253 /m);
      expect(text.includes('hash $aiwm_affinity_key consistent;')).toBe(true);
      expect(/upstream aiwm_backend_session/.test(text)).toBe(name === 'aws-redis');
    });
  });

  test('Redis of three shards: a cluster, as closed as the one node was', async () => {
    const { json } = synthesizeAws((site) => {
      site.platform({ redis: { shards: 3 } });
      site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
    });
    const folder = new StackFolder(json as StackJson, plugin);
    await folder.init();
    await folder.succeed('validate');
    const assertions = shardedRedis(new Names(folder.json));
    const { errors, resources } = await mockRun(folder, assertions);
    expect(unknownNames(folder, assertions)).toEqual([]);
    expect(errors).toEqual([]);
    const tasks = valuesOf(resources, 'aws_ecs_task_definition');
    expect(tasks).toHaveLength(3);
    for (const { container_definitions: containers } of tasks) {
      expect(JSON.parse(containers as string)).toEqual([
        expect.objectContaining({
          environment: expect.arrayContaining([{ name: 'REDIS_CLUSTER', value: '1' }]),
        }),
      ]);
    }
    expect(otherRules(resources)).toEqual([]);
    expect(sentencesOf(rulesOf(resources))).toEqual([...RULES['aws-redis']].sort());
  });

  test('the apply waits for another version, other hosts and another secret, and a second plan is empty', async () => {
    const own = new StackFolder(
      synthesizeAws((site) => {
        const secret = new TerraformVariable(site.scope, 'secret', { type: 'string' });
        site.platform({ entry: AwsEntry.nlb() });
        const service = AiwmService.image(
          new TerraformVariable(site.scope, 'image', { type: 'string' }).stringValue,
        );
        site.front({
          cluster: site.cluster({ service }),
          tls: TlsCertificate.fromSecret(secret.stringValue),
        });
      }).json as StackJson,
      plugin,
    );
    await own.init();
    const names = new Names(own.json);
    const before = { secret: TLS_SECRET, image: 'registry.example/aiwm:1' };
    const { errors, plans } = await mockRun(own, [], before, {
      plans: [
        {},
        { replace: [names.one('aws_autoscaling_group')] },
        { variables: { ...before, secret: `${TLS_SECRET}2` } },
        { variables: { ...before, image: 'registry.example/aiwm:2' } },
      ],
    });
    expect(errors).toEqual([]);
    const anew = 'delete, create';
    expect(
      plans.map((plan) =>
        Object.fromEntries(
          Object.entries(plan).map(([address, actions]) => [withoutHash(address), actions]),
        ),
      ),
    ).toEqual([
      {},
      expect.objectContaining({
        'aws_autoscaling_group.Frontend_Nginx': anew,
        'terraform_data.Frontend_Delivery_Registration': anew,
        'aws_ssm_association.Frontend_Delivery_Rollout': anew,
      }),
      {
        'aws_iam_role_policy.Frontend_RolePolicy': 'update',
        'terraform_data.Frontend_Delivery_Told': anew,
        'aws_ssm_association.Frontend_Delivery_Rollout': anew,
        'aws_ssm_association.Frontend_Delivery_Association': 'update',
      },
      // A made-up AWS does not know that this is a new revision, which the service follows.
      Object.fromEntries(
        [1, 2, 3].map((n) => [
          `aws_ecs_task_definition.Aiwm_Instance${n}_TaskDefinition`,
          'update',
        ]),
      ),
    ]);
  });

  test('another image replaces a single host, and another tag nothing', async () => {
    const own = new StackFolder(
      synthesizeAws((site) => {
        const variable = (name: string) =>
          new TerraformVariable(site.scope, name, { type: 'string' }).stringValue;
        const tags = { team: variable('team') };
        site.platform({ entry: AwsEntry.single(), imageId: variable('image'), tags });
        site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
      }).json as StackJson,
      plugin,
    );
    await own.init();
    const before = { team: 'one', image: 'ami-0123456789abcdef0' };
    const { errors, plans } = await mockRun(own, [], before, {
      plans: [
        { variables: { ...before, team: 'two' } },
        { variables: { ...before, image: 'ami-0123456789abcdef1' } },
      ],
    });
    expect(errors).toEqual([]);
    const [tagged, anew] = plans.map((plan) =>
      Object.entries(plan).map(([address, actions]) => `${withoutHash(address)}: ${actions}`),
    );
    expect(tagged!.length).toBeGreaterThan(0);
    expect(tagged!.filter((each) => !each.endsWith(': update'))).toEqual([]);
    expect(anew!.filter((each) => !each.endsWith(': update')).sort()).toEqual([
      'aws_instance.Frontend_Host: delete, create',
      'aws_ssm_association.Frontend_Delivery_Rollout: delete, create',
      'terraform_data.Frontend_Delivery_Registration: delete, create',
      'terraform_data.Frontend_HostTemplate: delete, create',
    ]);
  });

  test('aws-redis is aws with Redis, its secret, and turns in place of affinity', () => {
    const addresses = (name: ExampleName) =>
      resourceAddresses(examined[name].stack).map(withoutHash);
    const [without, with_] = [addresses('aws'), addresses('aws-redis')];
    expect(without.filter((each) => !with_.includes(each))).toEqual([]);
    expect(with_.filter((each) => !without.includes(each))).toEqual([
      'aws_cloudwatch_dashboard.Backplane_Dashboard',
      'aws_cloudwatch_metric_alarm.Backplane_Alarms_Busy1',
      'aws_cloudwatch_metric_alarm.Backplane_Alarms_Busy2',
      'aws_cloudwatch_metric_alarm.Backplane_Alarms_Lag1',
      'aws_cloudwatch_metric_alarm.Backplane_Alarms_Lag2',
      'aws_elasticache_parameter_group.Backplane_Parameters',
      'aws_elasticache_replication_group.Backplane_Redis',
      'aws_elasticache_subnet_group.Backplane_Subnets',
      'aws_secretsmanager_secret.Backplane_UrlSecret',
      'aws_secretsmanager_secret_version.Backplane_UrlSecretVersion',
      'aws_security_group.Backplane_SecurityGroup',
      'aws_vpc_security_group_egress_rule.Backplane_Instances_Out',
      'aws_vpc_security_group_ingress_rule.Backplane_Instances_In',
      'terraform_data.Backplane_Password',
      'terraform_data.Backplane_UrlVersion',
    ]);

    const extra = (policy: string) => {
      const of = (name: ExampleName) =>
        statementsOf(examined[name].run.resources)
          .filter((each) => each.policy === policy)
          .map(
            ({ actions, resources }) => `${actions.join()} ${resources.map(withoutHash).join()}`,
          );
      return of('aws-redis').filter((each) => !of('aws').includes(each));
    };
    expect(extra('aws_iam_role_policy.Frontend_RolePolicy')).toEqual([]);
    expect(extra('aws_iam_role_policy.Aiwm_ExecutionRolePolicy')).toEqual([
      'secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:aws_secretsmanager_secret/Backplane_UrlSecret',
    ]);

    const blocks = (name: ExampleName) => {
      const { resource = {}, locals } = example(name, 'aws').json as StackJson;
      const all = Object.entries(resource).flatMap(([type, byName]) =>
        Object.entries(byName).map(([each, block]) => [withoutHash(`${type}.${each}`), block]),
      );
      return { locals, ...Object.fromEntries(all) } as Record<string, unknown>;
    };
    const redisBlocks = blocks('aws-redis');
    const changed = Object.entries(blocks('aws')).filter(
      ([each, block]) => JSON.stringify(block) !== JSON.stringify(redisBlocks[each]),
    );
    expect(changed.map(([each]) => each)).toEqual([
      // nginx.conf, and what instances are told of Redis.
      'locals',
      // They wait for Redis.
      'aws_ecs_service.Aiwm_Instance1_Service',
      'aws_ecs_service.Aiwm_Instance2_Service',
      'aws_ecs_service.Aiwm_Instance3_Service',
      'aws_iam_role_policy.Aiwm_ExecutionRolePolicy',
    ]);

    const diff = lineDiff(
      configurationOf(examined.aws),
      configurationOf(examined['aws-redis']).replaceAll('aws-redis', 'aws'),
    );
    expect(diff.filter((line) => !/^[+-]\s*(#.*)?$/.test(line))).toEqual([
      '+    map $arg_transport/$arg_sid $aiwm_pool {',
      '+        websocket/ aiwm_backend;',
      '+        default aiwm_backend_session;',
      '+    }',
      '+    upstream aiwm_backend_session {',
      '+        zone aiwm_backend_session 256k;',
      '+        hash $aiwm_affinity_key consistent;',
      '+        server aiwm-1.aws-platform.internal:3003 resolve max_fails=1 fail_timeout=2s;',
      '+        server aiwm-2.aws-platform.internal:3003 resolve max_fails=1 fail_timeout=2s;',
      '+        server aiwm-3.aws-platform.internal:3003 resolve max_fails=1 fail_timeout=2s;',
      '+        keepalive 64;',
      '+        keepalive_timeout 4s;',
      '+    }',
      '-        hash $aiwm_affinity_key consistent;',
      '+            set $aiwm_asked_pool $aiwm_pool;',
      '-            proxy_pass http://aiwm_backend/health;',
      '+            proxy_pass http://$aiwm_asked_pool/health;',
    ]);
  });
});

/** nginx.conf as it lies in the bucket. */
function configurationOf({ run }: Examined): string {
  const object = run.resources.find(
    ({ type, name }) => type === 'aws_s3_object' && name.startsWith('Frontend_'),
  );
  const content = object?.values.content;
  if (typeof content !== 'string') {
    throw new Error('no nginx.conf is delivered');
  }
  return content;
}
