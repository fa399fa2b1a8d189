// The AWS examples brought to an emulated AWS by a real Terraform with the real plugin, as far as the emulator goes: up
// from nothing, planned again, and read back by another client than Terraform.
import { describeWithAws } from '../../support/aws/describe-aws';
import { Deployed, type NotEmulated } from '../../support/aws/deployed';
import { example, type ExampleName } from '../../support/aws/examples';
import { Given } from '../../support/aws/given';
import { MotoServer, motoProblem } from '../../support/aws/moto-server';
import { withoutHash } from '../../support/stack/addresses';
import type { StackJson } from '../../support/aws/stack-json';
import { cleanUp } from '../../support/machine/clean-up';
import { say } from '../../support/machine/say';

afterAll(cleanUp);

/** Which of moto 5.2 answers with an error, or with what the plugin cannot read. All of it is in aws-plan.test.ts. */
const NOT_EMULATED: NotEmulated = {
  aws_ssm_association: 'moto has no associations of Systems Manager',
  aws_elasticache_parameter_group: 'moto has no parameter groups',
  aws_elasticache_subnet_group: 'moto cannot delete one, and nothing else needs it here',
  aws_s3_bucket_lifecycle_configuration:
    'moto forgets how many old versions stay, and the plugin waits until it knows',
  aws_s3_bucket_policy: 'moto is spoken to in plain HTTP, which this policy denies',
  aws_elasticache_replication_group: 'moto makes one whose nodes cannot be read',
};

/** What a plan after the apply tells of because of what the emulator answers: attributes by type. */
const PHANTOMS: Readonly<Record<string, readonly string[]>> = {
  // Forgotten: the description of a rule about another group.
  aws_vpc_security_group_egress_rule: ['description'],
  aws_vpc_security_group_ingress_rule: ['description'],
  // Its own tags come back as tags of what it makes, and so it has a new version.
  aws_launch_template: ['default_version', 'latest_version', 'tag_specifications'],
  // Forgotten; and the version of the template.
  aws_autoscaling_group: [
    'capacity_reservation_specification',
    'default_instance_warmup',
    'instance_maintenance_policy',
    'launch_template',
    'max_instance_lifetime',
  ],
  // Made up.
  aws_autoscaling_lifecycle_hook: ['notification_target_arn', 'role_arn'],
  // Forgotten.
  aws_ecs_service: ['availability_zone_rebalancing'],
  aws_instance: ['credit_specification'],
  // Forgotten, and made up.
  aws_autoscaling_policy: ['enabled', 'predictive_scaling_configuration'],
};

const examples: ExampleName[] = ['aws-redis', 'aws-single'];

describeWithAws('the AWS examples, deployed', (plugin) => {
  const problem = motoProblem();
  if (problem) {
    test.skip(`needs an emulator: ${problem}`, () => {});
    return;
  }

  interface Bed {
    readonly server: MotoServer;
    readonly given: Given;
    readonly deployed: Deployed;
  }

  async function deploy(name: ExampleName): Promise<Bed> {
    const server = await MotoServer.start();
    const given = new Given(server);
    const stack = given.fill(example(name).json as StackJson);
    const deployed = new Deployed(stack, plugin, server, NOT_EMULATED);
    for (const [address, reason] of Object.entries(deployed.leftOut)) {
      say(`left out: ${withoutHash(address)} (${withoutHash(reason)})`);
    }
    await deployed.apply();
    return { server, given, deployed };
  }

  const beds = new Map<ExampleName, Bed>();
  // All at one time, for most of it is waiting.
  beforeAll(async () => {
    await Promise.all(examples.map(async (name) => beds.set(name, await deploy(name))));
  });

  describe.each(examples)('%s', (name) => {
    let server: MotoServer;
    let given: Given;
    let deployed: Deployed;
    beforeAll(() => ({ server, given, deployed } = beds.get(name)!));

    // What is there has been read by the first of the plans, and has not changed.
    const planOf = (stack: StackJson, ...options: string[]) => {
      deployed.put(stack);
      return deployed.changes('-refresh=false', ...options);
    };

    test('a second plan changes nothing but what the emulator has forgotten', async () => {
      const changes = await deployed.changes();
      const real = changes.filter(
        ({ address, actions, attributes }) =>
          actions.join() !== 'update' ||
          attributes.some((each) => !PHANTOMS[address.split('.')[0] ?? '']?.includes(each)),
      );
      expect(real).toEqual([]);
    });

    test('what is open to the world is the entry, at 443 and 80', () => {
      const [{ SecurityGroups: groups }] = server.ask([
        ['ec2', 'describe_security_groups', {}],
      ]) as [{ SecurityGroups: SecurityGroup[] }];
      const open = groups
        // The one that each VPC comes with is not used.
        .filter(({ GroupName }) => GroupName !== 'default')
        .flatMap(({ GroupName, IpPermissions }) =>
          IpPermissions.filter(({ IpRanges }) =>
            IpRanges.some(({ CidrIp }) => CidrIp === '0.0.0.0/0'),
          ).map(({ FromPort, ToPort }) => `${GroupName} ${FromPort}-${ToPort}`),
        );
      const entry = name === 'aws-single' ? 'nginx' : 'frontend-entry';
      expect(open.sort()).toEqual([
        `${name}-platform-${entry} 443-443`,
        `${name}-platform-${entry} 80-80`,
      ]);
    });

    test('the bucket is encrypted, closed, and holds the nginx.conf that names the hosts', () => {
      const [{ Buckets: buckets }] = server.ask([['s3', 'list_buckets', {}]]) as [
        { Buckets: { Name: string }[] },
      ];
      expect(buckets).toHaveLength(1);
      const Bucket = buckets[0]!.Name;
      const [encryption, versioning, access, list, kept] = server.ask([
        ['s3', 'get_bucket_encryption', { Bucket }],
        ['s3', 'get_bucket_versioning', { Bucket }],
        ['s3', 'get_public_access_block', { Bucket }],
        ['s3', 'list_objects_v2', { Bucket }],
        ['s3', 'list_object_versions', { Bucket }],
      ]);
      expect(encryption).toMatchObject({
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
      });
      expect(versioning).toMatchObject({ Status: 'Enabled' });
      expect(access).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      const keys = (list as { Contents: { Key: string }[] }).Contents.map(({ Key }) => Key);
      expect(keys).toEqual(['nginx/frontend/release.conf']);
      // What hosts ask for: none was put there before the bucket kept versions.
      const { Versions: versions } = kept as { Versions: { VersionId: string }[] };
      expect(versions.map(({ VersionId }) => VersionId)).toEqual(
        keys.map(() => expect.stringMatching(/^(?!null$)[\w.-]+$/)),
      );
      const configuration = server.read(Bucket, keys[0]!);
      const pool = /upstream aiwm_backend \{[^}]*\}/.exec(configuration)?.[0] ?? '';
      expect([...pool.matchAll(/server (\S+):3003 resolve/g)].map(([, each]) => each)).toEqual(
        slots.map((slot) => `${slot}.${name}-platform.internal`),
      );
    });

    const slots = name === 'aws-single' ? ['aiwm-1', 'aiwm-2'] : ['aiwm-1', 'aiwm-2', 'aiwm-3'];

    test('each slot is a service with one task, under its name in the namespace', () => {
      const cluster = `${name}-platform`;
      const [described, { Namespaces: namespaces }, { Services: records }] = server.ask([
        [
          'ecs',
          'describe_services',
          { cluster, services: slots.map((slot) => `${name}-platform-${slot}`) },
        ],
        ['servicediscovery', 'list_namespaces', {}],
        ['servicediscovery', 'list_services', {}],
      ]) as [
        { services: Service[] },
        { Namespaces: { Name: string; Properties: unknown }[] },
        { Services: { Name: string; Arn: string }[] },
      ];
      expect(namespaces).toEqual([
        expect.objectContaining({
          Name: `${name}-platform.internal`,
          Properties: expect.objectContaining({
            DnsProperties: expect.objectContaining({ SOA: { TTL: 5 } }),
          }),
        }),
      ]);
      expect(records.map(({ Name }) => Name).sort()).toEqual(slots);
      expect(described.services).toHaveLength(slots.length);
      described.services.forEach((service, index) => {
        expect(service).toMatchObject({ desiredCount: 1, runningCount: 1 });
        const [{ taskDefinition: task }] = server.ask([
          ['ecs', 'describe_task_definition', { taskDefinition: service.taskDefinition }],
        ]) as [{ taskDefinition: { containerDefinitions: [Container] } }];
        const [container] = task.containerDefinitions;
        expect(container).toMatchObject({
          image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/aiwm-chat:1.4.2',
          readonlyRootFilesystem: true,
          portMappings: [{ containerPort: 3003 }],
          logConfiguration: {
            options: {
              'awslogs-group': `/aiwm/${name}-platform/aiwm`,
              'awslogs-region': 'eu-central-1',
              mode: 'non-blocking',
            },
          },
        });
        expect(container.environment).toContainEqual({
          name: 'INSTANCE_ID',
          value: String(index + 1),
        });
      });
    });

    test('hosts ask for their metadata with a token, and their disks are encrypted', () => {
      const [{ Reservations: reservations }, { LaunchTemplates: templates }] = server.ask([
        ['ec2', 'describe_instances', {}],
        ['ec2', 'describe_launch_templates', {}],
      ]) as [
        { Reservations: { Instances: Host[] }[] },
        { LaunchTemplates: { LaunchTemplateId: string }[] },
      ];
      const hosts = reservations.flatMap(({ Instances }) => Instances);
      // Those of a group come from its template.
      expect(hosts).toHaveLength(name === 'aws-single' ? 1 : 2);
      for (const host of name === 'aws-single' ? hosts : []) {
        expect(host).toMatchObject({ MetadataOptions: { HttpTokens: 'required' } });
        expect(host.KeyName).toBeUndefined();
      }
      expect(templates).toHaveLength(name === 'aws-single' ? 0 : 1);
      for (const { LaunchTemplateId } of templates) {
        const [{ LaunchTemplateVersions: versions }] = server.ask([
          ['ec2', 'describe_launch_template_versions', { LaunchTemplateId }],
        ]) as [{ LaunchTemplateVersions: { LaunchTemplateData: unknown }[] }];
        expect(versions[0]?.LaunchTemplateData).toMatchObject({
          MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
          BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
        });
      }
    });

    test('alarms are over what ECS and hosts tell', () => {
      const [{ MetricAlarms: alarms }] = server.ask([['cloudwatch', 'describe_alarms', {}]]) as [
        { MetricAlarms: Alarm[] },
      ];
      const called = (id: string) =>
        alarms.find(({ AlarmName }) => AlarmName === `${name}-platform-${id}`);
      const dimensions = new Set([
        { Name: 'ClusterName', Value: `${name}-platform` },
        { Name: 'ServiceName', Value: `${name}-platform-aiwm-2` },
      ]);
      expect(called('aiwm-silent2')).toMatchObject({
        Namespace: 'AWS/ECS',
        MetricName: 'CPUUtilization',
        Statistic: 'SampleCount',
        TreatMissingData: 'breaching',
      });
      expect(new Set(called('aiwm-silent2')?.Dimensions)).toEqual(dimensions);
      expect(called('aiwm-memory2')).toMatchObject({ MetricName: 'MemoryUtilization' });
      for (const [id, MetricName] of [
        ['memory', 'MemoryUsed'],
        ['disk', 'DiskUsed'],
      ]) {
        expect(called(`frontend-${id}`)).toMatchObject({
          MetricName,
          Statistic: 'Maximum',
          Dimensions: [{ Name: 'Front', Value: `${name}-platform-frontend` }],
        });
      }
      expect(called('frontend-credits')).toMatchObject({
        Namespace: 'AWS/EC2',
        Dimensions: [{ Name: name === 'aws-single' ? 'InstanceId' : 'AutoScalingGroupName' }],
      });
      if (name === 'aws-single') {
        expect(called('frontend-statuscheck')).toMatchObject({
          Dimensions: [{ Name: 'InstanceId', Value: expect.stringMatching(/^i-/) }],
        });
        expect(called('frontend-certificate')).toMatchObject({ MetricName: 'CertificateDays' });
      }
    });

    // What an attribute that AWS computes is, no plan knows once a tag of its resource is another one.
    test.each(['a resource', 'the provider'])(
      'another tag of %s replaces nothing',
      async (from) => {
        const stack = given.fill(example(name).json as StackJson);
        const tagged = from === 'a resource' ? withTag(stack) : withDefaultTag(stack);
        const changes = await planOf(tagged);
        const namespace = changes.find(({ address }) =>
          address.startsWith('aws_cloudformation_stack.'),
        );
        expect(namespace).toMatchObject({ actions: ['update'] });
        expect(
          changes
            .filter(({ actions }) => actions.includes('delete'))
            .map(({ address }) => withoutHash(address)),
        ).toEqual([]);
      },
    );

    if (name === 'aws-single') {
      test('the name leads to the fixed address, which is that of the host with nginx', () => {
        const [{ Addresses: addresses }, zones] = server.ask([
          ['ec2', 'describe_addresses', {}],
          ['route53', 'list_hosted_zones', {}],
        ]) as [
          { Addresses: { PublicIp: string; InstanceId?: string; NetworkInterfaceId?: string }[] },
          { HostedZones: { Id: string }[] },
        ];
        const [{ ResourceRecordSets: records }] = server.ask([
          [
            'route53',
            'list_resource_record_sets',
            { HostedZoneId: zones.HostedZones[0]!.Id.replace('/hostedzone/', '') },
          ],
        ]) as [{ ResourceRecordSets: RecordSet[] }];
        const target = records.find(({ Type }) => Type === 'A')?.ResourceRecords?.[0]?.Value;
        const address = addresses.find(({ PublicIp }) => PublicIp === target);
        expect(address?.NetworkInterfaceId).toMatch(/^eni-/);
      });
    } else {
      test('443 speaks TLS and leads to nginx, 80 leads to the redirect, and clients keep their address', () => {
        const [{ LoadBalancers: balancers }, { TargetGroups: groups }] = server.ask([
          ['elbv2', 'describe_load_balancers', {}],
          ['elbv2', 'describe_target_groups', {}],
        ]) as [
          { LoadBalancers: { LoadBalancerArn: string; Type: string }[] },
          { TargetGroups: { TargetGroupArn: string; Port: number }[] },
        ];
        expect(balancers.map(({ Type }) => Type)).toEqual(['network']);
        const [{ Listeners: listeners }] = server.ask([
          ['elbv2', 'describe_listeners', { LoadBalancerArn: balancers[0]!.LoadBalancerArn }],
        ]) as [{ Listeners: Listener[] }];
        const portOf = (arn: string | undefined) =>
          groups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Port;
        expect(
          listeners
            .map(({ Port, Protocol, SslPolicy, DefaultActions }) => ({
              from: Port,
              protocol: Protocol,
              to: portOf(DefaultActions[0]?.TargetGroupArn),
              policy: Protocol === 'TLS' ? SslPolicy : undefined,
            }))
            .sort((a, b) => a.from - b.from),
        ).toEqual([
          { from: 80, protocol: 'TCP', to: 8080, policy: undefined },
          { from: 443, protocol: 'TLS', to: 8444, policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' },
        ]);
        const attributes = server.ask(
          groups.map(({ TargetGroupArn }) => [
            'elbv2',
            'describe_target_group_attributes',
            { TargetGroupArn },
          ]),
        ) as { Attributes: { Key: string; Value: string }[] }[];
        for (const { Attributes } of attributes) {
          const values = Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]));
          expect(values).toMatchObject({
            'preserve_client_ip.enabled': 'true',
            'target_health_state.unhealthy.connection_termination.enabled': 'false',
          });
          expect(values['proxy_protocol_v2.enabled']).not.toBe('true');
        }
      });

      test('two hosts of nginx are there, and may be in two zones', () => {
        const [{ AutoScalingGroups: groups }] = server.ask([
          ['autoscaling', 'describe_auto_scaling_groups', {}],
        ]) as [{ AutoScalingGroups: ScalingGroup[] }];
        expect(groups.map(({ MinSize }) => MinSize)).toEqual([2]);
        const [group] = groups as [ScalingGroup];
        expect([...group.AvailabilityZones].sort()).toEqual(['eu-central-1a', 'eu-central-1b']);
        expect(group.Instances).toHaveLength(2);
      });

      describe('slots', () => {
        const slotChanges = async (stack: StackJson) => {
          const changes = await planOf(stack);
          return changes
            .filter(({ address }) =>
              /^aws_(ecs|service_discovery|network_interface|instance|lb|elasticache)/.test(
                address,
              ),
            )
            .filter(({ attributes }) => attributes.join() !== 'availability_zone_rebalancing')
            .map(({ address, actions }) => `${withoutHash(address)} ${actions.join()}`);
        };
        const before = () => example(name).json as StackJson;
        const services = (numbers: number[], action: string) =>
          numbers.map((n) => `aws_ecs_service.Aiwm_Instance${n}_Service ${action}`);

        test('another order of subnets changes nothing', async () => {
          const [first, second] = given.network.privateSubnetIds as [string, string];
          const network = { ...given.network, privateSubnetIds: [second, first] };
          expect(await slotChanges(given.fill(before(), network))).toEqual([]);
        });

        test('other subnets change services in place', async () => {
          const [first] = given.network.privateSubnetIds as [string, string];
          const [third] = given.newSubnets(given.network.vpcId, [['10.9.4.0/24', 'c']]) as [string];
          const network = { ...given.network, privateSubnetIds: [first, third] };
          expect(await slotChanges(given.fill(before(), network))).toEqual(
            services([1, 2, 3], 'update'),
          );
        });

        test('another image is a new revision for each', async () => {
          expect(await slotChanges(withImage(given.fill(before()), '1.4.3'))).toEqual([
            ...services([1, 2, 3], 'update'),
            ...[1, 2, 3].map(
              (n) => `aws_ecs_task_definition.Aiwm_Instance${n}_TaskDefinition delete,create`,
            ),
          ]);
        });

        test('a release that ECS has rolled back fails the apply, and a plain apply is the retry', async () => {
          deployed.put(withImage(given.fill(before()), 'unwell'));
          const said = await refusal(deployed.applyAgain());
          expect(said).toContain(
            `${name}-platform-aiwm-1: the new version did not become healthy, and ECS returned to`,
          );
          // The slots after it still run the version before.
          expect(said).not.toContain('aiwm-2: the new version');
          deployed.put(withImage(given.fill(before()), '1.4.3'));
          await deployed.applyAgain();
          expect(await slotChanges(withImage(given.fill(before()), '1.4.3'))).toEqual([]);
        });
      });
    }

    test('another name is refused by the plan', async () => {
      const text = JSON.stringify(given.fill(example(name).json as StackJson));
      const other = JSON.parse(text.replaceAll(`"${name}-platform`, '"other')) as StackJson;
      expect(await refusal(planOf(other))).toContain(
        `name: the platform has created ${name}-platform-instances and other resources by that name, and cannot be renamed. ${BESIDE}`,
      );
    });

    test('another network is refused by the plan', async () => {
      const stack = example(name).json as StackJson;
      if (name === 'aws-single') {
        const text = JSON.stringify(given.fill(stack));
        const other = JSON.parse(text.replaceAll('10.40.0.0/16', '10.41.0.0/16')) as StackJson;
        expect(await refusal(planOf(other))).toContain(
          'range: the network has 10.40.0.0/16, which cannot change. Create a second network with its own platform, move clients there, then remove these.',
        );
      } else {
        expect(await refusal(planOf(given.fill(stack, given.newNetwork())))).toContain(
          `network.vpcId: the platform is in ${given.network.vpcId}, and cannot move to another network. ${BESIDE}`,
        );
      }
    });
  });
});

const BESIDE = 'Create a second platform, move clients there, then remove this one.';

/** What Terraform refuses, in one line, since it breaks lines wherever its width ends. */
async function refusal(plan: Promise<unknown>): Promise<string> {
  const said = await plan.then(
    (changes) => `nothing, but plans ${JSON.stringify(changes)}`,
    (error: unknown) => String(error),
  );
  return said.replace(/[\s│]+/g, ' ');
}

interface SecurityGroup {
  readonly GroupName: string;
  readonly IpPermissions: readonly {
    readonly FromPort?: number;
    readonly ToPort?: number;
    readonly IpRanges: readonly { readonly CidrIp: string }[];
  }[];
}

interface Service {
  readonly taskDefinition: string;
}

interface Container {
  readonly environment: readonly { readonly name: string; readonly value: string }[];
}

interface Host {
  readonly KeyName?: string;
}

interface Listener {
  readonly Port: number;
  readonly Protocol: string;
  readonly SslPolicy?: string;
  readonly DefaultActions: readonly { readonly TargetGroupArn?: string }[];
}

interface ScalingGroup {
  readonly MinSize: number;
  readonly AvailabilityZones: readonly string[];
  readonly Instances: readonly unknown[];
}

interface Alarm {
  readonly AlarmName: string;
  readonly Dimensions?: readonly object[];
}

interface RecordSet {
  readonly Type: string;
  readonly ResourceRecords?: readonly { readonly Value: string }[];
}

/** The same stack with another version of the service. */
function withImage(stack: StackJson, tag: string): StackJson {
  return JSON.parse(
    JSON.stringify(stack).replaceAll('/aiwm-chat:1.4.2', `/aiwm-chat:${tag}`),
  ) as StackJson;
}

const TAG = { team: 'chat' };

/** The same stack with one more tag wherever there are some. */
function withTag(stack: StackJson): StackJson {
  const tagged = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.map(tagged);
    }
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value).map(([name, each]) => [
            name,
            name === 'tags' ? { ...(each as object), ...TAG } : tagged(each),
          ]),
        )
      : value;
  };
  return { ...stack, resource: tagged(stack.resource) as StackJson['resource'] };
}

function withDefaultTag(stack: StackJson): StackJson {
  const { provider = {} } = stack;
  const aws = (provider.aws ?? [{}]).map((each) => ({ ...each, default_tags: [{ tags: TAG }] }));
  return { ...stack, provider: { ...provider, aws } };
}
