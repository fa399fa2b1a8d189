// What AwsPlatform says to AWS, by its meaning: where instances run, and what they are told.
import { Fn, TerraformVariable } from 'cdktf';
import { AiwmCluster, AiwmService, HealthProbe, Secret, type AiwmClusterProps } from 'cdktf-aiwm';
import { CpuArchitecture, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../../support/stack/addresses';
import { AwsSite, synthesizeAws } from '../../../support/aws/aws-site';
import { FrontConf } from '../../../support/front/nginx-tree';
import { only, plain, statements, whole } from '../../../support/aws/whole-stack';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly healthCheck: {
    readonly command: readonly string[];
    readonly interval: number;
    readonly timeout: number;
    readonly retries: number;
    readonly startPeriod: number;
  };
  readonly [more: string]: unknown;
}

/** Container of a slot, as the task definition contains it. */
function containerOf(stack: SynthesizedStack, slot = 1): Container {
  const id = `Aiwm_Instance${slot}_Container`;
  const [found] = Object.entries((stack.json.locals ?? {}) as Record<string, unknown>).filter(
    ([name]) => name.startsWith(`${id}_`),
  );
  expect(
    plain(
      byConstruct(stack, 'aws_ecs_task_definition')[`Aiwm_Instance${slot}_TaskDefinition`]!
        .container_definitions,
    ),
  ).toBe(`jsonencode([local.${id}])`);
  return found![1] as Container;
}

function environmentOf(stack: SynthesizedStack, slot = 1): Record<string, string> {
  return Object.fromEntries(
    containerOf(stack, slot).environment.map(({ name, value }) => [name, value]),
  );
}

/** A cluster on a platform, with properties of both. */
function clustered(
  props: Partial<AiwmClusterProps> = {},
  platform: Partial<AwsPlatformProps> = {},
): SynthesizedStack {
  return synthesizeAws((site) => {
    site.platform(platform);
    site.cluster(props);
  });
}

const services = byConstruct(whole, 'aws_ecs_service');
const service = (slot: number) => services[`Aiwm_Instance${slot}_Service`]!;

describe('slots', () => {
  test('a service with one task for each, under a name that lasts', () => {
    expect(Object.keys(services)).toEqual([1, 2, 3].map((n) => `Aiwm_Instance${n}_Service`));
    expect(service(2)).toMatchObject({ name: 'chat-platform-aiwm-2', desired_count: 1 });
    const records = byConstruct(whole, 'aws_service_discovery_service');
    expect(records.Aiwm_Instance2_Name).toMatchObject({
      name: 'aiwm-2',
      dns_config: { routing_policy: 'MULTIVALUE', dns_records: [{ type: 'A', ttl: 5 }] },
      force_destroy: true,
    });
    expect(plain(JSON.stringify(service(2).service_registries))).toContain(
      'aws_service_discovery_service.Aiwm_Instance2_Name.arn',
    );
  });

  test('a record has no health check of its own, which would delay each change by half a minute', () => {
    for (const record of Object.values(byConstruct(whole, 'aws_service_discovery_service'))) {
      expect(Object.keys(record).filter((name) => name.startsWith('health_check'))).toEqual([]);
    }
  });

  test('nginx knows them by name, and asks the name server of the VPC again and again', () => {
    const { http } = FrontConf.parse(whole.configuration());
    expect(
      http
        .block('upstream', 'aiwm_backend')
        .all('server')
        .map(([name, word]) => [name, word]),
    ).toEqual([1, 2, 3].map((n) => [`aiwm-${n}.chat-platform.internal:3003`, 'resolve']));
    expect(http.all('resolver')[0]![0]).toBe('169.254.169.253');
  });

  test('the new task is well before the old one stops, and a release that is not goes back', () => {
    for (const each of Object.values(services)) {
      expect(each).toMatchObject({
        deployment_minimum_healthy_percent: 100,
        deployment_maximum_percent: 200,
        deployment_circuit_breaker: { enable: true, rollback: true },
        wait_for_steady_state: true,
        availability_zone_rebalancing: 'DISABLED',
        propagate_tags: 'SERVICE',
        enable_execute_command: false,
        capacity_provider_strategy: [{ capacity_provider: 'FARGATE', weight: 1 }],
      });
      // It would hide from the condition below that ECS went back to the same revision.
      expect(each).not.toHaveProperty('force_new_deployment');
    }
  });

  test('a release that ECS has rolled back is no success', () => {
    const { lifecycle } = service(1) as {
      lifecycle: { postcondition: { condition: string; error_message: string }[] };
    };
    expect(plain(lifecycle.postcondition[0]!.condition)).toBe(
      '(self.task_definition == aws_ecs_task_definition.Aiwm_Instance1_TaskDefinition.arn)',
    );
    expect(lifecycle.postcondition[0]!.error_message).toMatch(
      /^chat-platform-aiwm-1: the new version did not become healthy/,
    );
  });

  test('each in two zones, which begin with another one', () => {
    const subnets = Object.values(services).map(
      ({ network_configuration: network }) => (network as { subnets: string[] }).subnets,
    );
    const [a, b] = ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'];
    expect(subnets).toEqual([
      [a, b],
      [b, a],
      [a, b],
    ]);
    expect(plain(JSON.stringify(service(1).network_configuration))).toContain(
      'aws_security_group.Platform_InstanceSecurityGroup.id',
    );
    expect(service(1).network_configuration).toMatchObject({ assign_public_ip: false });
  });

  test('one after another, or a batch at a time', () => {
    const slotsBefore = (stack: SynthesizedStack) =>
      Object.values(byConstruct(stack, 'aws_ecs_service')).map(({ depends_on: before }) =>
        (before as string[])
          .map(plain)
          .filter((each) => each.startsWith('aws_ecs_service.'))
          .map((each) => Number(/Instance(\d)/.exec(each)![1])),
      );
    expect(slotsBefore(whole)).toEqual([[], [1], [2]]);
    expect(slotsBefore(clustered({ instances: 5 }, { rollout: { batchSize: 2 } }))).toEqual([
      [],
      [],
      [1, 2],
      [1, 2],
      [3, 4],
    ]);
  });

  test('not before ECS may start tasks, and Redis is there', () => {
    expect((service(1).depends_on as string[]).map(plain)).toEqual([
      'aws_iam_role_policy.Aiwm_ExecutionRolePolicy',
      'aws_ecs_cluster_capacity_providers.Platform_ClusterCapacity',
      'aws_elasticache_replication_group.Backplane_Redis',
      'aws_secretsmanager_secret_version.Backplane_UrlSecretVersion',
    ]);
  });

  test('a deployment that is given up has the time for it', () => {
    expect(service(1).timeouts).toEqual({ create: '20m', update: '20m' });
    const slow = clustered({ health: { startTimeout: '5m', interval: '30s', failures: 10 } });
    expect(only('aws_ecs_service', clustered({ instances: 1 })).timeouts).toEqual(
      service(1).timeouts,
    );
    expect(byConstruct(slow, 'aws_ecs_service').Aiwm_Instance1_Service!.timeouts).toEqual({
      create: '46m',
      update: '46m',
    });
  });
});

describe('what all slots share', () => {
  test('a cluster, without insights that cost', () => {
    expect(only('aws_ecs_cluster')).toMatchObject({
      name: 'chat-platform',
      setting: [{ name: 'containerInsights', value: 'disabled' }],
    });
    expect(only('aws_ecs_cluster_capacity_providers').capacity_providers).toEqual([
      'FARGATE',
      'FARGATE_SPOT',
    ]);
  });

  test('insights where they are asked for', () => {
    expect(only('aws_ecs_cluster', clustered({}, { containerInsights: true })).setting).toEqual([
      { name: 'containerInsights', value: 'enabled' },
    ]);
  });

  test('two clusters of the stack run in one of ECS, with one namespace', () => {
    const stack = synthesizeAws((site) => [
      site.cluster(),
      new AiwmCluster(site.scope, 'Second', {
        platform: site.platform(),
        service: AiwmService.image('registry.example/second:1'),
      }),
    ]);
    expect(Object.keys(byConstruct(stack, 'aws_ecs_cluster'))).toHaveLength(1);
    expect(Object.keys(byConstruct(stack, 'aws_cloudformation_stack'))).toHaveLength(1);
    expect(Object.keys(byConstruct(stack, 'aws_ecs_service'))).toHaveLength(6);
  });

  test('a namespace in which a name that was empty for a moment is known again in seconds', () => {
    const stack = only('aws_cloudformation_stack');
    expect(stack.name).toBe('chat-platform-namespace');
    expect(JSON.parse(stack.template_body as string)).toMatchObject({
      Resources: {
        Namespace: {
          Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace',
          Properties: {
            Name: 'chat-platform.internal',
            Vpc: 'vpc-0a1b2c3d4e5f60718',
            Properties: { DnsProperties: { SOA: { TTL: 5 } } },
          },
        },
      },
      Outputs: { Id: { Value: { Ref: 'Namespace' } } },
    });
    const [record] = Object.values(byConstruct(whole, 'aws_service_discovery_service'));
    expect(plain((record!.dns_config as { namespace_id: string }).namespace_id)).toBe(
      'terraform_data.Platform_NamespaceId.triggers_replace.id',
    );
  });

  test('names keep the namespace when another tag makes the outputs of its stack unknown', () => {
    const { triggers_replace, lifecycle } = byConstruct(whole, 'terraform_data')
      .Platform_NamespaceId as {
      triggers_replace: { id: string };
      lifecycle: { ignore_changes: string[]; replace_triggered_by: string[] };
    };
    expect(plain(triggers_replace.id)).toBe(
      'aws_cloudformation_stack.Platform_Namespace.outputs["Id"]',
    );
    expect(lifecycle.ignore_changes).toEqual(['triggers_replace']);
    expect(lifecycle.replace_triggered_by.map(plain)).toEqual([
      'aws_cloudformation_stack.Platform_Namespace.id',
    ]);
  });

  test('those that exist', () => {
    const stack = clustered(
      {},
      {
        ecsCluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/company',
        namespace: { id: 'ns-0123456789abcdef', name: 'company.internal' },
        capacityProvider: 'company-hosts',
        taskRole: 'arn:aws:iam::123456789012:role/chat',
      },
    );
    for (const type of ['aws_ecs_cluster', 'aws_cloudformation_stack']) {
      expect(byConstruct(stack, type)).toEqual({});
    }
    expect(byConstruct(stack, 'aws_ecs_service').Aiwm_Instance1_Service).toMatchObject({
      cluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/company',
      capacity_provider_strategy: [{ capacity_provider: 'company-hosts', weight: 1 }],
    });
    expect(byConstruct(stack, 'aws_service_discovery_service').Aiwm_Instance1_Name).toMatchObject({
      dns_config: { namespace_id: 'ns-0123456789abcdef' },
    });
    expect(
      byConstruct(stack, 'aws_ecs_task_definition').Aiwm_Instance1_TaskDefinition,
    ).toMatchObject({
      requires_compatibilities: ['EC2'],
      task_role_arn: 'arn:aws:iam::123456789012:role/chat',
    });
    const alarm = byConstruct(stack, 'aws_cloudwatch_metric_alarm').Aiwm_Alarms_Silent1!;
    expect(alarm.dimensions).toMatchObject({ ClusterName: 'company' });
  });
});

describe('the task of a slot', () => {
  test('is what Fargate runs, and its old revisions stay for a roll-back', () => {
    expect(
      byConstruct(whole, 'aws_ecs_task_definition').Aiwm_Instance2_TaskDefinition,
    ).toMatchObject({
      family: 'chat-platform-aiwm-2',
      network_mode: 'awsvpc',
      requires_compatibilities: ['FARGATE'],
      cpu: '512',
      memory: '1024',
      runtime_platform: { cpu_architecture: 'X86_64', operating_system_family: 'LINUX' },
      skip_destroy: true,
      volume: [{ name: 'tmp' }],
    });
    const arm = clustered({}, { cpuArchitecture: CpuArchitecture.ARM64 });
    expect(byConstruct(arm, 'aws_ecs_task_definition').Aiwm_Instance1_TaskDefinition).toMatchObject(
      {
        runtime_platform: { cpu_architecture: 'ARM64' },
      },
    );
  });

  test('finds everything in its environment, and a secret by its ARN alone', () => {
    expect(environmentOf(whole, 2)).toEqual({
      AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
      AIWM_HEALTH_PATH: '/health',
      AIWM_SECRET_VERSIONS: expect.stringMatching(
        /^REDIS_URL=\$\{terraform_data\.Backplane_UrlVersion_\w+\.id\}$/,
      ),
      AIWM_SHUTDOWN_DELAY_MS: '15000',
      AIWM_STOP_GRACE_MS: '30000',
      HOST: '0.0.0.0',
      INSTANCE_ID: '2',
      PORT: '3003',
    });
    expect(
      containerOf(whole, 2).secrets.map(({ name, valueFrom }) => [name, plain(valueFrom)]),
    ).toEqual([['REDIS_URL', 'aws_secretsmanager_secret.Backplane_UrlSecret.arn']]);
  });

  test('may write to its folders alone, has no capabilities, an init, and files enough', () => {
    expect(containerOf(whole)).toMatchObject({
      name: 'instance',
      essential: true,
      readonlyRootFilesystem: true,
      mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false }],
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
      ulimits: [{ name: 'nofile', softLimit: 65_536, hardLimit: 65_536 }],
      portMappings: [{ containerPort: 3003, hostPort: 3003, protocol: 'tcp' }],
      stopTimeout: 30,
    });
    expect(containerOf(whole)).not.toHaveProperty('user');
    const stack = clustered({}, { instanceUser: '1000:1000', writablePaths: ['/var/cache/app'] });
    expect(containerOf(stack)).toMatchObject({
      user: '1000:1000',
      mountPoints: [{ sourceVolume: 'var-cache-app', containerPath: '/var/cache/app' }],
    });
  });

  test('folders of similar names are volumes of their own', () => {
    const paths = ['/var/cache', '/var-cache'];
    const { volume } = byConstruct(
      clustered({}, { writablePaths: paths }),
      'aws_ecs_task_definition',
    ).Aiwm_Instance1_TaskDefinition as { volume: { name: string }[] };
    expect(new Set(volume.map(({ name }) => name)).size).toBe(paths.length);
  });

  test('logs without ever waiting for CloudWatch', () => {
    const { logConfiguration } = containerOf(whole, 3) as unknown as {
      logConfiguration: { options: Record<string, string> };
    };
    expect(logConfiguration).toMatchObject({
      logDriver: 'awslogs',
      options: {
        'awslogs-stream-prefix': 'aiwm-3',
        mode: 'non-blocking',
        'max-buffer-size': '4m',
      },
    });
    expect(plain(logConfiguration.options['awslogs-group'])).toBe(
      'aws_cloudwatch_log_group.Aiwm_Logs.name',
    );
  });

  test('comes from a registry that asks for a password', () => {
    const credentials = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-AbCdEf';
    const stack = clustered({}, { registryCredentials: credentials });
    expect(containerOf(stack)).toMatchObject({
      repositoryCredentials: { credentialsParameter: credentials },
    });
    expect(statements('Aiwm_ExecutionRolePolicy', stack).Secrets!.Resource).toEqual([credentials]);
  });

  test('values known only at apply reach it as data, whatever is in them', () => {
    const stack = synthesizeAws((site) =>
      site.cluster({
        environment: {
          GREETING: `say "${new TerraformVariable(site.scope, 'name', {}).stringValue}"`,
        },
      }),
    );
    expect(environmentOf(stack).GREETING).toBe('say "${var.name}"');
  });
});

describe('health', () => {
  test('is asked by a program in the image, as often as ECS can', () => {
    const { command, ...times } = containerOf(whole).healthCheck;
    expect(times).toEqual({ interval: 5, timeout: 4, retries: 3, startPeriod: 60 });
    expect(command.slice(0, 3)).toEqual(['CMD', 'node', '-e']);
    expect(command[3]).toContain("port:3003,path:'/health'");
  });

  test('a shell asks once, and Terraform reads nothing in it', () => {
    for (const probe of [HealthProbe.wget(), HealthProbe.curl()]) {
      const [kind, line] = containerOf(clustered({}, { probe })).healthCheck.command;
      expect(kind).toBe('CMD-SHELL');
      expect(line).toMatch(/^(wget|curl) .*http:\/\/127\.0\.0\.1:3003\/health.* \|\| exit 1$/);
      expect(line).not.toMatch(/[$%]\{|while|kill/);
    }
  });

  test.each<[string, AiwmClusterProps['health'], RegExp]>([
    ['health.timeout', { timeout: '59s' }, /ECS does not support 59s[^]*at most 58s/],
    ['health.failures', { failures: 11 }, /ECS does not support 11[^]*at most 10/],
    ['health.startTimeout', { startTimeout: '6m' }, /ECS does not support 360s[^]*at most 300s/],
  ])('%s beyond that is refused', (property, health, message) => {
    expect(() => clustered({ health })).toThrow(message);
    expect(() => clustered({ health })).toThrow(property);
  });

  test.each(['19s', '121s'])('a stop of %s is refused', (stopGrace) => {
    expect(() => clustered({ stopGrace })).toThrow(/stopGrace[^]*20s to 120s/);
  });
});

describe('secrets', () => {
  const jwt = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt-AbCdEf';
  const parameter = 'arn:aws:ssm:eu-central-1:123456789012:parameter/chat/key';
  const stack = clustered({
    secrets: {
      JWT_KEY: Secret.fromSecretsManager(jwt),
      DATABASE: Secret.fromSecretsManager(jwt, { jsonKey: 'url' }),
      API_KEY: Secret.fromSsmParameter(parameter),
    },
  });

  test('are read by ECS when a task starts: a whole one, a key of one, a parameter', () => {
    expect(containerOf(stack).secrets).toEqual([
      { name: 'API_KEY', valueFrom: parameter },
      { name: 'DATABASE', valueFrom: `${jwt}:url::` },
      { name: 'JWT_KEY', valueFrom: jwt },
    ]);
    const allowed = statements('Aiwm_ExecutionRolePolicy', stack);
    expect(allowed.Secrets).toMatchObject({
      Action: ['secretsmanager:GetSecretValue'],
      Resource: [jwt],
    });
    expect(allowed.Parameters).toMatchObject({
      Action: ['ssm:GetParameters'],
      Resource: [parameter],
    });
  });

  test('a rotated one makes another task definition, by its version, without its value', () => {
    const { aws_secretsmanager_secret_versions: read } = stack.json.data as Record<string, object>;
    expect(Object.values(read!)).toEqual([expect.objectContaining({ secret_id: jwt })]);
    const { AIWM_SECRET_VERSIONS: versions } = environmentOf(stack);
    const current =
      'join("", [for each in data.aws_secretsmanager_secret_versions.Aiwm_SecretVersions_DATABASE.versions : each.version_id if contains(each.version_stages, "AWSCURRENT")])';
    expect(plain(versions)).toBe(`DATABASE=${current} JWT_KEY=${current}`);
    expect(JSON.stringify(stack.json.data)).not.toMatch(
      /aws_secretsmanager_secret_version"|aws_ssm_parameter"/,
    );
  });

  test.each<[string, Secret, RegExp]>([
    [
      'of another region',
      Secret.fromSecretsManager(jwt.replace('eu-central-1', 'us-east-1')),
      /secrets\.KEY[^]*is in us-east-1, but the platform is in eu-central-1/,
    ],
    [
      'of another region, as a parameter',
      Secret.fromSsmParameter(parameter.replace('eu-central-1', 'us-east-1')),
      /is in us-east-1/,
    ],
    ['that is a file', Secret.fromFile('key'), /cannot read a secret of kind "file"/],
    ['with a key that ends the key', Secret.fromSecretsManager(jwt, { jsonKey: 'a:b' }), /jsonKey/],
  ])('one %s is refused', (_, secret, message) => {
    expect(() => clustered({ secrets: { KEY: secret } })).toThrow(message);
  });
});

describe('the size of a task', () => {
  const sizeFor = (limits: AiwmClusterProps['limits']) => {
    const { cpu, memory } = byConstruct(
      clustered({ limits, instances: 1 }),
      'aws_ecs_task_definition',
    ).Aiwm_Instance1_TaskDefinition!;
    return [cpu, memory];
  };

  test.each<[AiwmClusterProps['limits'], string, string]>([
    [undefined, '512', '1024'],
    [{ cpu: 0.25 }, '256', '512'],
    [{ cpu: 2 }, '2048', '4096'],
    [{ memory: '512m' }, '256', '512'],
    [{ memory: '2g' }, '512', '2048'],
    [{ memory: '16g' }, '2048', '16384'],
    [{ cpu: 1, memory: '8g' }, '1024', '8192'],
    [{ cpu: 16, memory: '120g' }, '16384', '122880'],
  ])('%j is %s and %s', (limits, cpu, memory) => {
    expect(sizeFor(limits)).toEqual([cpu, memory]);
  });

  test.each<[AiwmClusterProps['limits'], RegExp]>([
    [
      { cpu: 0.5, memory: '512m' },
      /no tasks with 0\.5 vCPU and 512 MiB[^]*cpu: 0\.25, memory: "512m"/,
    ],
    [{ cpu: 3 }, /no tasks with 3 vCPU[^]*cpu: 2, memory/],
    [{ memory: '1536m' }, /1\.5 GiB[^]*memory: "1g"|memory: "2g"/],
    [{ cpu: 1, memory: '9g' }, /cpu: 1, memory: "8g"/],
  ])('%j is refused, with the nearest', (limits, message) => {
    expect(() => sizeFor(limits)).toThrow(message);
  });

  test('hosts of the user have any', () => {
    const stack = clustered({ limits: { cpu: 0.3, memory: '700m' } }, { capacityProvider: 'own' });
    expect(
      byConstruct(stack, 'aws_ecs_task_definition').Aiwm_Instance1_TaskDefinition,
    ).toMatchObject({
      cpu: '308',
      memory: '700',
    });
  });
});

describe('roles', () => {
  const account = 'data.aws_caller_identity.Platform_Account.account_id';

  test('ECS may assume them for this account alone', () => {
    for (const role of ['Aiwm_ExecutionRole', 'Platform_TaskRole']) {
      const { assume_role_policy: trust } = byConstruct(whole, 'aws_iam_role')[role]!;
      const {
        Statement: [statement],
      } = JSON.parse(trust as string) as { Statement: [Record<string, object>] };
      expect(statement).toMatchObject({ Principal: { Service: 'ecs-tasks.amazonaws.com' } });
      expect(plain(JSON.stringify(statement.Condition))).toBe(
        `{"StringEquals":{"aws:SourceAccount":"${account}"}}`,
      );
    }
  });

  test('to start a task: its logs, its secrets, and images of its repository alone', () => {
    const all = statements('Aiwm_ExecutionRolePolicy');
    expect(Object.keys(all)).toEqual(['Logs', 'Secrets']);
    expect(all.Logs).toMatchObject({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] });
    expect(all.Logs!.Resource.map(plain)).toEqual(['aws_cloudwatch_log_group.Aiwm_Logs.arn:*']);
    expect(all.Secrets!.Resource.map(plain)).toEqual([
      'aws_secretsmanager_secret.Backplane_UrlSecret.arn',
    ]);
    const ecr = clustered({
      service: AiwmService.image('123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/aiwm:1'),
    });
    expect(statements('Aiwm_ExecutionRolePolicy', ecr).Images!.Resource).toEqual([
      'arn:aws:ecr:eu-central-1:123456789012:repository/team/aiwm',
    ]);
  });

  test('the service may do nothing, until it is allowed', () => {
    expect(byConstruct(whole, 'aws_iam_role_policy')).not.toHaveProperty('Platform_TaskRolePolicy');
    const bucket = 'arn:aws:s3:::pictures/*';
    const stack = synthesizeAws((site) => {
      const platform = site.platform();
      platform.addToTaskRolePolicy({ actions: ['s3:GetObject'], resources: [bucket] });
      site.cluster();
      platform.addToTaskRolePolicy({ actions: ['sqs:SendMessage'], resources: ['*'] });
    });
    expect(statements('Platform_TaskRolePolicy', stack)).toMatchObject({
      Service1: { Action: ['s3:GetObject'], Resource: [bucket] },
      Service2: { Action: ['sqs:SendMessage'], Resource: ['*'] },
    });
    expect(byConstruct(stack, 'aws_ecs_service').Aiwm_Instance1_Service!.depends_on).toContainEqual(
      expect.stringContaining('Platform_TaskRolePolicy'),
    );
  });

  test('no task starts before its permissions, whenever they are added', () => {
    const stack = synthesizeAws((site) => {
      site.cluster();
      site.platform().addToTaskRolePolicy({
        actions: ['s3:GetObject'],
        resources: ['arn:aws:s3:::chat-pictures/*'],
      });
    });
    const depending = Object.values(byConstruct(stack, 'aws_ecs_service')).map(({ depends_on }) =>
      (depends_on as string[]).map(plain),
    );
    expect(depending).toHaveLength(3);
    for (const each of depending) {
      expect(each).toContain('aws_iam_role_policy.Platform_TaskRolePolicy');
    }
  });

  test('a variable of the policy is for IAM, not for Terraform', () => {
    const resource = 'arn:aws:s3:::chat/${aws:PrincipalTag/team}/*';
    const stackOf = (each: string) =>
      synthesizeAws((site) => {
        site.platform().addToTaskRolePolicy({ actions: ['s3:GetObject'], resources: [each] });
        site.cluster();
      });
    expect(() => stackOf(resource)).toThrow('For a variable of the policy, use Fn.rawString(');
    expect(statements('Platform_TaskRolePolicy', stackOf(Fn.rawString(resource)))).toMatchObject({
      // Escaped for Terraform.
      Service1: { Resource: [resource.replace('$', '$$$$')] },
    });
  });

  test('a role that exists is not changed', () => {
    expect(() =>
      synthesizeAws((site) =>
        site
          .platform({ taskRole: 'arn:aws:iam::123456789012:role/chat' })
          .addToTaskRolePolicy({ actions: ['s3:GetObject'], resources: ['*'] }),
      ),
    ).toThrow(/taskRole or addToTaskRolePolicy, not both/);
  });

  test('commands in a container only where they are asked for', () => {
    const stack = clustered({}, { executeCommand: true });
    expect(byConstruct(stack, 'aws_ecs_service').Aiwm_Instance1_Service).toMatchObject({
      enable_execute_command: true,
    });
    expect(statements('Platform_TaskRolePolicy', stack).ExecuteCommand!.Action).toHaveLength(4);
    expect(
      (containerOf(stack).mountPoints as { containerPath: string }[]).map(
        (each) => each.containerPath,
      ),
    ).toEqual(['/tmp', '/managed-agents', '/var/lib/amazon/ssm', '/var/log/amazon/ssm']);
  });
});

describe('an image that is known only at apply', () => {
  const warnings = (image: (site: AwsSite) => string, platform: Partial<AwsPlatformProps> = {}) => {
    const stack = synthesizeAws((site) => {
      site.platform(platform);
      site.cluster({ service: AiwmService.image(image(site)) });
    });
    return stack.warnings.filter((text) => text.includes('service: the image'));
  };
  const variable = (site: AwsSite) => new TerraformVariable(site.scope, 'image', {}).stringValue;

  test('may be in a repository that no task may pull from', () => {
    expect(warnings(variable)).toEqual([expect.stringContaining('repositoryArns')]);
    const repositoryArns = ['arn:aws:ecr:eu-central-1:123456789012:repository/aiwm'];
    expect(warnings(variable, { repositoryArns })).toEqual([]);
  });

  test('but not where the registry is no ECR, or the repository is spelt out', () => {
    expect(warnings((site) => `registry.example/aiwm:${variable(site)}`)).toEqual([]);
    expect(
      warnings((site) => `123456789012.dkr.ecr.eu-central-1.amazonaws.com/aiwm:${variable(site)}`),
    ).toEqual([]);
  });
});
