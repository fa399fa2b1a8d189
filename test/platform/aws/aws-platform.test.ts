// What AwsPlatform says to AWS, by its meaning.
import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { LbListener } from '@cdktf/provider-aws/lib/lb-listener';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import {
  AiwmCluster,
  AiwmService,
  AwsEntry,
  AwsNetwork,
  NginxWsFrontend,
  RedisAdapterBackplane,
  RedisEngine,
  Secret,
  TlsCertificate,
  Upstream,
  type AwsEgress,
  type AwsPlatformProps,
  type AwsRedisOptions,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { byConstruct, constructOf, withoutHash } from '../../support/stack/addresses';
import { AwsSite, CERTIFICATE, synthesizeAws, TLS_SECRET } from '../../support/aws/aws-site';
import { FrontConf } from '../../support/front/nginx-tree';

const whole = synthesizeAws((site) =>
  site.front({ cluster: site.cluster({ backplane: site.backplane() }) }),
);
const json = JSON.stringify(whole.json);

/** A resource, where there is one of its type. */
function only(type: string, stack = whole): Readonly<Record<string, unknown>> {
  const all = Object.values(byConstruct(stack, type));
  expect(all).toHaveLength(1);
  return all[0]!;
}

/** What stands between "${" and "}", without the hash of a name: "aws_lb.Frontend_LoadBalancer.arn". */
function plain(value: unknown): string {
  return withoutHash(String(value)).replace(/\$\{([^{}]*)\}/g, '$1');
}

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

function statements(policy: string, stack = whole): Record<string, Statement> {
  const { policy: text } = byConstruct(stack, 'aws_iam_role_policy')[policy]!;
  const all = (JSON.parse(text as string) as { Statement: Statement[] }).Statement;
  return Object.fromEntries(all.map((each) => [each.Sid, each]));
}

/** "Aiwm_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003". */
function waysIn(stack = whole): string[] {
  return Object.values(byConstruct(stack, 'aws_vpc_security_group_ingress_rule'))
    .map((rule) => {
      const peer = rule.referenced_security_group_id ?? rule.cidr_ipv4 ?? rule.cidr_ipv6;
      const ports =
        rule.from_port === rule.to_port
          ? String(rule.from_port as number)
          : `${rule.from_port as number} to ${rule.to_port as number}`;
      return plain(`${rule.security_group_id as string} from ${peer as string} at ${ports}`)
        .replace(/aws_security_group\./g, '')
        .replace(/\.id\b/g, '');
    })
    .sort();
}

describe('who reaches whom', () => {
  test('the world the load balancer at 443 and 80, it nginx, nginx instances, they Redis', () => {
    expect(waysIn()).toEqual([
      'Backplane_SecurityGroup from Platform_InstanceSecurityGroup at 6379',
      'Frontend_EntrySecurityGroup from 0.0.0.0/0 at 443',
      'Frontend_EntrySecurityGroup from 0.0.0.0/0 at 80',
      'Platform_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8080',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8082',
      'Platform_NginxSecurityGroup from Frontend_EntrySecurityGroup at 8444',
    ]);
  });

  test('only the ranges that are allowed', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.nlb({ allowedRanges: ['198.51.100.0/24', '192.0.2.7'] }) });
      site.front();
    });
    expect(waysIn(stack).filter((way) => / at (443|80)$/.test(way))).toEqual([
      'Frontend_EntrySecurityGroup from 192.0.2.7/32 at 443',
      'Frontend_EntrySecurityGroup from 192.0.2.7/32 at 80',
      'Frontend_EntrySecurityGroup from 198.51.100.0/24 at 443',
      'Frontend_EntrySecurityGroup from 198.51.100.0/24 at 80',
    ]);
  });

  test('out: hosts at 443 to anywhere, and to what is said', () => {
    const stack = synthesizeAws((site) => {
      site.platform({
        instanceEgress: [{ port: 5432, range: '10.0.0.0/16' }],
        nginxEgress: [{ port: 3003, range: '10.1.0.0/16' }],
      });
      site.front();
    });
    const ways = Object.values(byConstruct(stack, 'aws_vpc_security_group_egress_rule'))
      .filter((rule) => rule.cidr_ipv4 !== undefined)
      .map(
        (rule) =>
          `${plain(rule.security_group_id)} ${String(rule.cidr_ipv4)} ${String(rule.from_port)}`,
      );
    expect(ways.sort()).toEqual([
      'aws_security_group.Platform_InstanceSecurityGroup.id 0.0.0.0/0 443',
      'aws_security_group.Platform_InstanceSecurityGroup.id 10.0.0.0/16 5432',
      'aws_security_group.Platform_NginxSecurityGroup.id 0.0.0.0/0 443',
      'aws_security_group.Platform_NginxSecurityGroup.id 10.1.0.0/16 3003',
    ]);
  });

  test('rules go with their ranges, wherever those stand in the list and however they are written', () => {
    const rulesOf = (instanceEgress: AwsEgress[], allowedRanges: string[]) => {
      const stack = synthesizeAws((site) => {
        const entry = AwsEntry.nlb({ allowedRanges, ipv6: true, proxyProtocol: true });
        site.platform({ entry, instanceEgress });
        site.front();
      });
      return {
        ...stack.resources('aws_vpc_security_group_ingress_rule'),
        ...stack.resources('aws_vpc_security_group_egress_rule'),
      };
    };
    const database = { port: 5432, range: '10.2.0.0/16' };
    const more = [
      { port: 5432, range: '10.1.0.0/16' },
      { port: 5433, range: '10.2.0.0/16' },
    ];
    const before = rulesOf(
      [...more, database],
      ['192.0.2.7', '198.51.100.0/24', '2001:DB8:0::/32'],
    );
    const after = rulesOf([database], ['2001:db8::/32', '192.0.2.7/32']);
    expect(before).toMatchObject(after);
    const gone = Object.keys(before).filter((id) => !(id in after));
    expect(gone.map(constructOf).sort()).toEqual([
      'Frontend_Http_From-198-51-100-0-24',
      'Frontend_Https_From-198-51-100-0-24',
      'Platform_InstancesOut-5432-10-1-0-0-16',
      'Platform_InstancesOut-5433-10-2-0-0-16',
    ]);
  });

  test('rules of ranges that are known only at apply go by their places', () => {
    const stack = synthesizeAws((site) => {
      const late = new TerraformVariable(site.scope, 'late', {}).stringValue;
      site.platform({
        entry: AwsEntry.nlb({ allowedRanges: ['192.0.2.7', late] }),
        nginxEgress: [{ port: 3003, range: late }],
      });
      site.front();
    });
    expect(byConstruct(stack, 'aws_vpc_security_group_ingress_rule')).toMatchObject({
      'Frontend_Https_From-2': { cidr_ipv4: '${var.late}' },
      'Frontend_Https_From-192-0-2-7-32': { cidr_ipv4: '192.0.2.7/32' },
    });
    expect(byConstruct(stack, 'aws_vpc_security_group_egress_rule')).toMatchObject({
      'Platform_NginxOut-3003-1': { cidr_ipv4: '${var.late}' },
    });
  });

  test('no host has a public address or a key to log in with', () => {
    expect(json).not.toMatch(/associate_public_ip_address|key_name|aws_key_pair/);
    expect(Object.keys(whole.json.resource!)).not.toContain('aws_eip');
  });
});

describe('what is encrypted', () => {
  test('disks, the bucket, Redis at rest and on its way', () => {
    for (const host of Object.values(byConstruct(whole, 'aws_instance'))) {
      expect(host.root_block_device).toMatchObject({ encrypted: true, volume_type: 'gp3' });
    }
    const [disk] = only('aws_launch_template').block_device_mappings as { ebs: unknown }[];
    expect(disk!.ebs).toMatchObject({ encrypted: 'true', volume_type: 'gp3' });
    expect(only('aws_s3_bucket_server_side_encryption_configuration')).toHaveProperty('rule');
    expect(only('aws_elasticache_replication_group')).toMatchObject({
      at_rest_encryption_enabled: 'true',
      transit_encryption_enabled: true,
      transit_encryption_mode: 'required',
    });
  });

  test('the bucket is closed, keeps what was, and refuses whoever comes without TLS', () => {
    expect(only('aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(only('aws_s3_bucket_versioning')).toMatchObject({
      versioning_configuration: { status: 'Enabled' },
    });
    expect(only('aws_s3_bucket_policy').policy).toContain(
      '"Condition":{"Bool":{"aws:SecureTransport":"false"}}',
    );
  });

  test('metadata takes tokens, and none of them goes through a hop', () => {
    const options = { http_tokens: 'required', http_put_response_hop_limit: 1 };
    for (const type of ['aws_instance', 'aws_launch_template']) {
      for (const host of Object.values(byConstruct(whole, type))) {
        expect(host.metadata_options).toMatchObject(options);
      }
    }
  });
});

describe('what hosts may do', () => {
  const WITHOUT_RESOURCE = ['SystemsManagerAgent', 'Metrics', 'RegistryLogin'];

  test.each(['Aiwm_RolePolicy', 'Frontend_RolePolicy'])(
    '%s is as narrow as AWS has it',
    (policy) => {
      for (const { Sid, Action, Resource } of Object.values(statements(policy))) {
        expect(Action.filter((action) => action.includes('*'))).toEqual([]);
        expect([Sid, Resource.includes('*')]).toEqual([Sid, WITHOUT_RESOURCE.includes(Sid)]);
      }
    },
  );

  test('nginx: its releases, its logs, its metrics; and its secret where it speaks TLS', () => {
    expect(Object.keys(statements('Frontend_RolePolicy'))).toEqual([
      'SystemsManagerAgent',
      'Releases',
      'Logs',
      'Metrics',
    ]);
    for (const policy of ['Frontend_RolePolicy', 'Aiwm_RolePolicy']) {
      expect(statements(policy).Metrics).toMatchObject({
        Action: ['cloudwatch:PutMetricData'],
        Condition: { StringEquals: { 'cloudwatch:namespace': 'AIWM' } },
      });
    }
    expect(plain(statements('Frontend_RolePolicy').Releases!.Resource)).toBe(
      'aws_s3_bucket.Platform_Releases.arn/nginx/frontend/*',
    );
    const passed = synthesizeAws((site) =>
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) }),
    );
    expect(statements('Frontend_RolePolicy', passed).Secrets!.Resource).toEqual([TLS_SECRET]);
  });

  test('instances: their releases, logs and secrets, and images of their repository alone', () => {
    const own = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt-AbCdEf';
    const stack = synthesizeAws((site) =>
      site.cluster({
        backplane: site.backplane(),
        service: AiwmService.image(
          '123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/aiwm@sha256:' + '0'.repeat(64),
        ),
        secrets: { JWT_KEY: Secret.fromSecretsManager(own) },
      }),
    );
    const all = statements('Aiwm_RolePolicy', stack);
    expect(all.Secrets!.Resource.map(plain)).toEqual([
      own,
      'aws_secretsmanager_secret.Backplane_UrlSecret.arn',
    ]);
    expect(all.Images!.Resource).toEqual([
      'arn:aws:ecr:eu-central-1:123456789012:repository/team/aiwm',
    ]);
    expect(statements('Aiwm_RolePolicy')).not.toHaveProperty('Images');
  });
});

test('who may read a secret may decrypt with the keys that are told, and nobody else', () => {
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
  const stack = synthesizeAws((site) => {
    site.platform({ kmsKeyArns: [key] });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  expect(statements('Aiwm_RolePolicy', stack).Keys).toMatchObject({
    Action: ['kms:Decrypt'],
    Resource: [key],
  });
  expect(statements('Frontend_RolePolicy', stack)).not.toHaveProperty('Keys');
});

test('what has no property is reached by its id, and changed', () => {
  const stack = synthesizeAws((site) => {
    const cluster = site.cluster();
    const front = site.front({ cluster });
    (front.node.findChild('HttpsListener') as LbListener).sslPolicy = 'TLS-1-3-only';
    (cluster.node.findChild('Logs') as CloudwatchLogGroup).addOverride('skip_destroy', true);
  });
  expect(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener!.ssl_policy).toBe(
    'TLS-1-3-only',
  );
  expect(byConstruct(stack, 'aws_cloudwatch_log_group').Aiwm_Logs!.skip_destroy).toBe(true);
});

test('clusters with the same ports share one way in, which AWS has once; others have their own', () => {
  const stack = synthesizeAws((site) => {
    const platform = site.platform();
    for (const [id, firstPort] of [
      ['One', 3003],
      ['Two', 3003],
      ['Three', 4000],
    ] as const) {
      new AiwmCluster(site.scope, id, {
        platform,
        firstPort,
        instances: 2,
        service: AiwmService.image('registry.example/aiwm:1.4.2'),
      });
    }
  });
  const isBetweenHosts = ({ from_port: from }: Record<string, unknown>) => from !== 443;
  const ports = (type: string) =>
    Object.entries(byConstruct(stack, type))
      .filter(([, rule]) => isBetweenHosts(rule))
      .map(([name, rule]) => [name, rule.from_port]);
  expect(ports('aws_vpc_security_group_ingress_rule')).toEqual([
    ['Platform_Clients3003_In', 3003],
    ['Platform_Clients4000_In', 4000],
  ]);
  expect(ports('aws_vpc_security_group_egress_rule')).toEqual([
    ['Platform_Clients3003_Out', 3003],
    ['Platform_Clients4000_Out', 4000],
  ]);
});

describe('slots', () => {
  test('an address of its own for each, over the zones in turn, and a host at it', () => {
    const interfaces = byConstruct(whole, 'aws_network_interface');
    expect(Object.values(interfaces).map(({ subnet_id: subnet }) => subnet)).toEqual([
      'subnet-0a1b2c3d4e5f60721',
      'subnet-0a1b2c3d4e5f60722',
      'subnet-0a1b2c3d4e5f60721',
    ]);
    const hosts = byConstruct(whole, 'aws_instance');
    expect(Object.keys(hosts)).toEqual(['Aiwm_Instance1', 'Aiwm_Instance2', 'Aiwm_Instance3']);
    expect(plain(JSON.stringify(hosts.Aiwm_Instance2!.primary_network_interface))).toContain(
      'aws_network_interface.Aiwm_NetworkInterface2.id',
    );
    const servers = FrontConf.parse(whole.configuration())
      .http.block('upstream', 'aiwm_backend')
      .all('server');
    expect(servers.map(([address]) => plain(address))).toEqual(
      [1, 2, 3].map((n) => `aws_network_interface.Aiwm_NetworkInterface${n}.private_ip:3003`),
    );
  });

  test('a newer image, another type or first boot does not replace or stop the hosts that run', () => {
    for (const host of Object.values(byConstruct(whole, 'aws_instance'))) {
      expect(host.lifecycle).toEqual({
        ignore_changes: ['ami', 'instance_type', 'user_data_base64'],
      });
    }
  });

  test('what they run is told without a secret: its variable and where it is', () => {
    const [release] = Object.entries((whole.json.locals ?? {}) as Record<string, unknown>)
      .filter(([name]) => name.startsWith('Aiwm_Release'))
      .map(([, value]) => value as Record<string, unknown>);
    expect(release).toMatchObject({
      image: 'registry.example/aiwm:1.4.2',
      port: [3003, 3003, 3003],
      stopGraceSeconds: 30,
      health: { path: '/health', failures: 3 },
    });
    expect(plain(JSON.stringify(release!.secrets))).toBe(
      '{"REDIS_URL":"aws_secretsmanager_secret.Backplane_UrlSecret.arn"}',
    );
    expect((release!.environment as object[])[1]).toEqual({
      AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
      AIWM_HEALTH_PATH: '/health',
      HOST: '0.0.0.0',
      INSTANCE_ID: '2',
      PORT: '3003',
    });
  });

  test('the image is for the processors of the type', () => {
    const images = (site: AwsSite) => site.platform({ instanceType: 'm7i.large' }) && site.front();
    const names = Object.values(
      synthesizeAws(images).json.data!.aws_ssm_parameter as Record<string, { name: string }>,
    ).map(({ name }) => name.replace(/^.*-/, ''));
    expect(names.sort()).toEqual(['arm64', 'x86_64']);
  });
});

test('hosts of nginx with other processors have another template, as one keeps the image that it was made with', () => {
  const templateFor = (nginxInstanceType: string) => {
    const stack = synthesizeAws((site) => site.platform({ nginxInstanceType }) && site.front());
    const [[id, template]] = Object.entries(byConstruct(stack, 'aws_launch_template')) as [
      [string, Readonly<Record<string, unknown>>],
    ];
    const { launch_template: used, name } = only('aws_autoscaling_group', stack);
    expect(plain((used as { id: string }).id)).toBe(`aws_launch_template.${id}.id`);
    expect(name).toBe('chat-platform-frontend');
    return `${id} ${String(template.name)} ${plain(template.image_id)}`;
  };
  const arm =
    'Frontend_LaunchTemplate chat-platform-frontend data.aws_ssm_parameter.Platform_ImageArm.insecure_value';
  const x86 =
    'Frontend_LaunchTemplateX86 chat-platform-frontend-x86 data.aws_ssm_parameter.Platform_ImageIntel.insecure_value';
  expect(templateFor('t4g.small')).toBe(arm);
  expect(templateFor('c8gn.large')).toBe(arm);
  expect(templateFor('c7i.large')).toBe(x86);
  expect(templateFor('m7a.large')).toBe(x86);
});

test('lines of the user run on every host, and before it is taken for set up', () => {
  const stack = synthesizeAws((site) => site.platform({ firstBoot: ['echo own'] }) && site.front());
  const hosts = [
    only('aws_launch_template', stack).user_data,
    ...Object.values(byConstruct(stack, 'aws_instance')).map(({ user_data_base64: data }) => data),
  ].map((data) => Buffer.from(data as string, 'base64').toString());
  expect(hosts).toHaveLength(4);
  for (const host of hosts) {
    expect(host).toMatch(/\necho own\n: > "\$root\/etc\/aiwm\/ready"\necho "aiwm: .*"\n$/);
  }
});

describe('deliveries', () => {
  const associations = byConstruct(whole, 'aws_ssm_association');

  test.each(Object.entries(associations))(
    '%s: host by host, and no further than a failure',
    (_, one) => {
      expect(one).toMatchObject({
        max_concurrency: '1',
        max_errors: '0',
        schedule_expression: 'rate(30 minutes)',
        compliance_severity: 'HIGH',
      });
      expect(one.wait_for_success_timeout_seconds).toBeGreaterThan(1200);
    },
  );

  test('instances first, then nginx', () => {
    expect(
      (associations.Frontend_Delivery_Association!.depends_on as string[]).map(plain),
    ).toContain('aws_ssm_association.Aiwm_Delivery_Association');
  });

  test('other hosts and other values have an association of their own, as Terraform waits for a new one alone', () => {
    for (const [name, { lifecycle, parameters }] of Object.entries(associations)) {
      const own = (id: string) => name.replace(/Association$/, id);
      expect(
        (lifecycle as { replace_triggered_by: string[] }).replace_triggered_by.map(plain),
      ).toEqual([`terraform_data.${own('Registration')}.id`, `terraform_data.${own('Told')}.id`]);
      expect(byConstruct(whole, 'terraform_data')[own('Told')]!.triggers_replace).toEqual(
        parameters,
      );
      expect(plain((parameters as { Key: string }).Key)).toBe(
        `aws_s3_object.${own('Release')}.key`,
      );
    }
  });

  test('nothing that depends on hosts is created before it is destroyed: the hosts would be as well', () => {
    const blocks = Object.entries(whole.json.resource!).flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, values]) => ({ type, name, values: values as object })),
    );
    const ahead = blocks.filter(({ values }) =>
      JSON.stringify(values).includes('"create_before_destroy":true'),
    );
    expect(ahead.length).toBeGreaterThan(0);
    for (const { values } of ahead) {
      expect(JSON.stringify(values)).not.toMatch(
        /aws_(instance|network_interface|elasticache\w*group|ssm_association|s3_object)\.|local\./,
      );
    }
  });

  test('a script reads its values from variables, each in quotes that no value can end', () => {
    for (const { content } of Object.values(byConstruct(whole, 'aws_ssm_document'))) {
      const { parameters, mainSteps } = JSON.parse(content as string) as {
        parameters: Record<string, { allowedPattern: string }>;
        mainSteps: { inputs: { runCommand: string[] } }[];
      };
      const lines = mainSteps[0]!.inputs.runCommand;
      for (const [name, { allowedPattern }] of Object.entries(parameters)) {
        expect(lines.filter((line) => line.includes(`{{ ${name} }}`))).toEqual([
          expect.stringMatching(new RegExp(`^export AIWM_[A-Z0-9_]+='\\{\\{ ${name} \\}\\}'$`)),
        ]);
        expect(new RegExp(allowedPattern).test("a'b")).toBe(false);
      }
      expect(lines.join('\n').match(/\{\{/g)).toHaveLength(Object.keys(parameters).length);
    }
  });

  test('not before new hosts had time to make themselves known', () => {
    for (const [id, hosts] of [
      ['Aiwm_Delivery', /^(\$\{aws_instance\.Aiwm_Instance\d_[0-9A-F]{8}\.id\},?){3}$/],
      ['Frontend_Delivery', /^\$\{aws_autoscaling_group\.Frontend_Nginx_[0-9A-F]{8}\.id\}$/],
    ] as const) {
      const { triggers_replace: triggers, provisioner } = byConstruct(whole, 'terraform_data')[
        `${id}_Registration`
      ]! as { triggers_replace: { hosts: string[] }; provisioner: object[] };
      expect(triggers.hosts.join(',')).toMatch(hosts);
      expect(provisioner).toEqual([{ 'local-exec': { command: 'sleep 120' } }]);
      expect((associations[`${id}_Association`]!.depends_on as string[]).map(plain)).toContain(
        `terraform_data.${id}_Registration`,
      );
    }
  });

  test('hosts are found by a tag that they have', () => {
    const [target] = associations.Aiwm_Delivery_Association!.targets as {
      key: string;
      values: string[];
    }[];
    for (const { tags } of Object.values(byConstruct(whole, 'aws_instance'))) {
      expect((tags as Record<string, string>)[target!.key.replace('tag:', '')]).toBe(
        target!.values[0],
      );
    }
    expect(only('aws_autoscaling_group').tag).toContainEqual({
      key: 'aiwm-front',
      value: 'chat-platform-frontend',
      propagate_at_launch: true,
    });
  });
});

describe('the way in', () => {
  const listeners = byConstruct(whole, 'aws_lb_listener');
  const conf = whole.configuration();

  test('with a certificate of ACM: TLS ends at the load balancer, and instances are told https and 443', () => {
    expect(listeners.Frontend_HttpsListener).toMatchObject({
      port: 443,
      protocol: 'TLS',
      ssl_policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      alpn_policy: 'None',
    });
    expect(conf).toContain('proxy_set_header X-Forwarded-Proto https;');
    expect(conf).toContain('proxy_set_header X-Forwarded-Port 443;');
    expect(conf).toContain('listen 8444 so_keepalive=60s:15s:4;');
    expect(conf).not.toContain('ssl_certificate');
    expect(whole.outputs.frontend_url).toBe('https://chat.example.org');
  });

  test('port 80 only tells to come over TLS', () => {
    expect(listeners.Frontend_HttpListener).toMatchObject({ port: 80, protocol: 'TCP' });
    const servers = conf.split(/\n(?= {4}server \{)/).filter((each) => /listen 8080;/.test(each));
    expect(servers).toEqual([expect.stringContaining('return 308 https://$host$request_uri;')]);
  });

  test('with a certificate in Secrets Manager: TLS goes through to nginx', () => {
    const stack = synthesizeAws((site) =>
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) }),
    );
    expect(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener).toMatchObject({
      port: 443,
      protocol: 'TCP',
      tcp_idle_timeout_seconds: 3600,
    });
    expect(stack.configuration()).toContain('listen 8443 ssl so_keepalive=60s:15s:4;');
    expect(stack.configuration()).toContain('ssl_certificate tls/certificate.pem;');
    expect(stack.configuration()).toContain('proxy_set_header X-Forwarded-Proto $scheme;');
    expect(
      byConstruct(stack, 'aws_ssm_association').Frontend_Delivery_Association!.parameters,
    ).toMatchObject({ TlsSecret: TLS_SECRET });
  });

  test('clients keep their addresses, and their connections when a host goes or fails a check', () => {
    for (const group of Object.values(byConstruct(whole, 'aws_lb_target_group'))) {
      expect(group).toMatchObject({
        preserve_client_ip: 'true',
        proxy_protocol_v2: false,
        connection_termination: false,
        deregistration_delay: '900',
        target_health_state: [{ enable_unhealthy_connection_termination: false }],
      });
      expect(group.health_check).toMatchObject({ port: '8082', path: '/nginx-health' });
    }
    expect(conf).toContain('ip_hash;');
    expect(whole.warnings).toEqual([]);
  });

  const behind = (entry: AwsEntry, props: Partial<NginxWsFrontendProps> = {}, instances = 3) =>
    synthesizeAws((site) => {
      site.platform({ entry });
      site.front({ cluster: site.cluster({ instances }), ...props });
    });
  const room = (stack: SynthesizedStack) =>
    (Number(FrontConf.parse(stack.configuration()).block('events').value('worker_connections')) -
      1024) /
    2;

  test.each<[string, AwsEntry, number]>([
    ['a network load balancer', AwsEntry.nlb(), 30_000],
    ['an application load balancer', AwsEntry.alb({ connectionsPerHost: 1_001 }), 1_502],
  ])('nginx has room until an alarm says that hosts are crowded: %s', (_, entry, crowded) => {
    const stack = behind(entry);
    expect(room(stack)).toBe(crowded);
    expect(
      byConstruct(stack, 'aws_cloudwatch_metric_alarm').Frontend_Alarms_Crowded!.threshold,
    ).toBe(crowded);
  });

  test('nginx has room for what the front says, and for no more than it can be told', () => {
    expect(room(behind(AwsEntry.nlb(), { expectedConnections: 25_000 }))).toBe(25_000);
    expect(room(behind(AwsEntry.nlb({ connectionsPerHost: 400_000 })))).toBe(500_000);
    const tls = TlsCertificate.fromSecret(TLS_SECRET);
    expect(room(behind(AwsEntry.single(), { tls }))).toBe(10_000);
  });

  test('a word about ports only where they are gone before another host comes', () => {
    expect(behind(AwsEntry.nlb(), {}, 1).warnings).toEqual([]);
    expect(behind(AwsEntry.nlb({ connectionsPerHost: 60_000 }), {}, 2).warnings).toEqual([
      expect.stringContaining('60000 connections over 2 instance(s) are 30000 to one address'),
    ]);
    expect(behind(AwsEntry.nlb(), { expectedConnections: 30_000 }, 1).warnings).toEqual([
      expect.stringContaining('30000 connections over 1 instance(s) are 30000 to one address'),
    ]);
  });

  test('with IPv6 the load balancer names the client, and only it is believed', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.nlb({ ipv6: true, proxyProtocol: true }) });
      site.front();
    });
    expect(only('aws_lb', stack)).toMatchObject({ ip_address_type: 'dualstack' });
    expect(Object.values(byConstruct(stack, 'aws_lb_target_group'))).toEqual([
      expect.objectContaining({ proxy_protocol_v2: true, preserve_client_ip: 'false' }),
      expect.objectContaining({ proxy_protocol_v2: true, preserve_client_ip: 'false' }),
    ]);
    const rendered = stack.configuration();
    expect(plain(rendered)).toContain(
      'set_real_ip_from "data.aws_subnet.Platform_BalancerSubnet1.cidr_block";',
    );
    expect(Object.values(byConstruct(stack, 'aws_lb'))[0]!.subnets).toEqual(
      Object.values(stack.json.data!.aws_subnet as Record<string, { readonly id: string }>).map(
        ({ id }) => id,
      ),
    );
    expect(rendered).toContain('listen 8444 proxy_protocol so_keepalive=60s:15s:4;');
    expect(rendered).toContain('listen 8082 proxy_protocol;');
  });

  test('an application load balancer speaks TLS, redirects by itself and names the client in a header', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.alb({ internal: true }) });
      site.front();
    });
    expect(only('aws_lb', stack)).toMatchObject({
      load_balancer_type: 'application',
      internal: true,
      idle_timeout: 3600,
    });
    expect(only('aws_lb_target_group', stack)).toMatchObject({ protocol: 'HTTP', port: 8444 });
    expect(byConstruct(stack, 'aws_lb_listener')).toMatchObject({
      Frontend_HttpsListener: { protocol: 'HTTPS', certificate_arn: CERTIFICATE },
      Frontend_HttpListener: { default_action: [{ type: 'redirect' }] },
    });
    const rendered = stack.configuration();
    expect(rendered).toContain('real_ip_header X-Forwarded-For;');
    expect(rendered).toContain('real_ip_recursive off;');
    expect(rendered).toContain('keepalive_timeout 3615s;');
    expect(rendered).not.toContain('listen 8080');
    expect(
      Object.values(stack.json.data!.aws_subnet as Record<string, { readonly id: string }>),
    ).toEqual([
      expect.objectContaining({ id: 'subnet-0a1b2c3d4e5f60721' }),
      expect.objectContaining({ id: 'subnet-0a1b2c3d4e5f60722' }),
    ]);
  });

  test('a proxy before the load balancer is one to be looked past', () => {
    const stack = behind(AwsEntry.alb(), { trustedProxies: ['192.0.2.0/24'] });
    const { front: server } = FrontConf.parse(plain(stack.configuration()));
    expect(server.all('set_real_ip_from').flat()).toContain('192.0.2.0/24');
    expect(server.value('real_ip_recursive')).toBe('on');
  });

  test('hosts of nginx: two at least, replaced by new ones first, drained when they go', () => {
    const group = only('aws_autoscaling_group');
    expect(group).toMatchObject({ min_size: 2, max_size: 4, health_check_type: 'ELB' });
    expect(group.instance_refresh).toMatchObject({
      preferences: {
        min_healthy_percentage: 100,
        max_healthy_percentage: 150,
        auto_rollback: true,
      },
    });
    // Within the group it would be replaced with it.
    expect(group).not.toHaveProperty('initial_lifecycle_hook');
    expect(only('aws_autoscaling_lifecycle_hook')).toMatchObject({
      lifecycle_transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeat_timeout: 900,
      default_result: 'CONTINUE',
    });
    // Longer than the load balancer keeps connections to hosts that go.
    expect(group.timeouts).toEqual({ delete: '30m' });
    expect(group.suspended_processes).toEqual(['AZRebalance']);
    expect(only('aws_autoscaling_policy').target_tracking_configuration).toMatchObject({
      target_value: 20_000,
      disable_scale_in: true,
    });
  });

  test('a changed configuration does not reach the template of hosts', () => {
    const other = synthesizeAws((site) =>
      site.front({
        cluster: site.cluster({ backplane: site.backplane() }),
        maxBodySize: '5m',
      }),
    );
    expect(only('aws_launch_template', other)).toEqual(only('aws_launch_template'));
    expect(other.configuration()).not.toBe(conf);
  });

  test('names of the front lead there, and a new certificate is for all of them', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
      site.front({ tls: TlsCertificate.acm(), alternativeNames: ['www.example.org'] });
    });
    expect(only('aws_acm_certificate', stack)).toMatchObject({
      domain_name: 'chat.example.org',
      subject_alternative_names: ['www.example.org'],
      validation_method: 'DNS',
    });
    const records = byConstruct(stack, 'aws_route53_record');
    expect(
      Object.values(records)
        .filter(({ alias }) => alias !== undefined)
        .map(({ name }) => name),
    ).toEqual(['chat.example.org', 'www.example.org']);
    expect(records['Frontend_ValidationRecords_Name-wwwexampleorg']!.name).toContain(
      '.resource_record_name if each.domain_name == "www.example.org"',
    );
    expect(
      plain(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener!.certificate_arn),
    ).toBe('aws_acm_certificate_validation.Frontend_CertificateValidation.certificate_arn');
  });
});

describe('records of names', () => {
  const recordsOf = (
    names: readonly string[],
    {
      tls = TlsCertificate.acm(),
      ...on
    }: Partial<AwsPlatformProps> & { tls?: TlsCertificate } = {},
  ) => {
    const [serverName, ...alternativeNames] = names as [string];
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', ...on });
      site.front({ tls, serverName, alternativeNames });
    });
    return stack.resources('aws_route53_record');
  };
  const single = { entry: AwsEntry.single(), tls: TlsCertificate.fromSecret(TLS_SECRET) };

  test.each([
    ['behind a load balancer', {}],
    ['of both families', { entry: AwsEntry.nlb({ ipv6: true, proxyProtocol: true }) }],
    ['of a single host', single],
  ])('go with their names, wherever those stand: %s', (_, on) => {
    const before = recordsOf(['a.example.org', 'b.example.org', 'c.example.org'], on);
    const after = recordsOf(['C.example.org', 'a.example.org'], on);
    const lower = (records: object) => JSON.parse(JSON.stringify(records).toLowerCase()) as object;
    expect(lower(before)).toMatchObject(lower(after));
    expect(Object.keys(before).sort()).toEqual(expect.arrayContaining(Object.keys(after).sort()));
    const gone = Object.keys(before).filter((id) => !(id in after));
    expect(gone).not.toHaveLength(0);
    expect(gone.filter((id) => !id.includes('bexampleorg'))).toEqual([]);
  });

  test('a name and its wildcard are validated by one', () => {
    const ids = Object.keys(recordsOf(['a.example.org', '*.a.example.org', 'b.example.org']));
    expect(ids.map(constructOf)).toEqual([
      'Frontend_Names_Ipv4-aexampleorg',
      'Frontend_Names_Ipv4-aexampleorg',
      'Frontend_Names_Ipv4-bexampleorg',
      'Frontend_ValidationRecords_Name-aexampleorg',
      'Frontend_ValidationRecords_Name-bexampleorg',
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a name that is known only at apply goes by its place', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
      const late = new TerraformVariable(site.scope, 'late', {});
      site.front({ tls: TlsCertificate.acm(), alternativeNames: [late.stringValue] });
    });
    expect(Object.keys(byConstruct(stack, 'aws_route53_record'))).toEqual([
      'Frontend_Names_Ipv4-2',
      'Frontend_Names_Ipv4-chatexampleorg',
      'Frontend_ValidationRecords_Name-2',
      'Frontend_ValidationRecords_Name-chatexampleorg',
    ]);
  });
});

describe('a single host', () => {
  const stack = synthesizeAws((site) => {
    site.platform({ entry: AwsEntry.single(), hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
    site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
  });

  test('at a fixed address, without a load balancer or a group', () => {
    expect(plain(only('aws_eip', stack).network_interface)).toBe(
      'aws_network_interface.Frontend_NetworkInterface.id',
    );
    expect(Object.keys(stack.json.resource!)).not.toContain('aws_lb');
    expect(Object.keys(stack.json.resource!)).not.toContain('aws_autoscaling_group');
    expect(plain(only('aws_route53_record', stack).records)).toBe(
      'aws_eip.Frontend_Address.public_ip',
    );
  });

  test('which the world reaches at 443 and 80 alone', () => {
    expect(waysIn(stack)).toEqual([
      'Platform_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003',
      'Platform_NginxSecurityGroup from 0.0.0.0/0 at 443',
      'Platform_NginxSecurityGroup from 0.0.0.0/0 at 80',
    ]);
    expect(stack.configuration()).toContain('listen 443 ssl so_keepalive=60s:15s:4;');
  });
});

describe('Redis', () => {
  const group = only('aws_elasticache_replication_group');

  test('with somebody to take over, and a password that replaces the one before', () => {
    expect(group).toMatchObject({
      engine: 'redis',
      engine_version: '7.1',
      node_type: 'cache.t4g.micro',
      num_cache_clusters: 2,
      automatic_failover_enabled: true,
      multi_az_enabled: true,
      auth_token_update_strategy: 'SET',
      snapshot_retention_limit: 0,
    });
  });

  test('its URL is written to a secret and kept in no state', () => {
    const version = only('aws_secretsmanager_secret_version');
    expect(version.secret_string_wo).toMatch(/^rediss:\/\/:\$\{urlencode\(/);
    expect(version).not.toHaveProperty('secret_string');
    expect(json.match(/rediss:/g)).toHaveLength(1);
  });

  test('Valkey, and nodes by the memory that is asked for', () => {
    const stack = synthesizeAws((site) =>
      site.backplane({ engine: RedisEngine.VALKEY, maxMemory: '2g' }),
    );
    expect(only('aws_elasticache_replication_group', stack)).toMatchObject({
      engine: 'valkey',
      engine_version: '8.0',
      node_type: 'cache.t4g.medium',
    });
    expect(only('aws_elasticache_parameter_group', stack)).toMatchObject({ family: 'valkey8' });
  });

  test('a password of your own comes from a variable that nothing prints', () => {
    const stack = synthesizeAws((site) =>
      site.backplane({ password: Secret.fromEnvironment('TF_VAR_redis_password') }),
    );
    expect(stack.json.variable).toEqual({
      redis_password: expect.objectContaining({ sensitive: true, type: 'string' }),
    });
    expect(only('aws_elasticache_replication_group', stack).auth_token).toBe(
      '${var.redis_password}',
    );
  });

  test('takes a Terraform that knows write-only arguments', () => {
    const versionOf = (stack: SynthesizedStack) =>
      (stack.json as { terraform: { required_version?: string } }).terraform.required_version;
    expect(versionOf(synthesizeAws((site) => site.backplane()))).toBe('>= 1.11.0');
    expect(versionOf(synthesizeAws((site) => site.cluster()))).toBeUndefined();
  });

  test('one that exists, by its URL or by its secret', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis-AbCdEf';
    const stack = synthesizeAws((site) => {
      site.platform({ instanceEgress: [{ port: 6379, range: '10.0.0.0/16' }] });
      site.cluster({
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          secret: Secret.fromSecretsManager(arn),
        }),
      });
    });
    expect(JSON.stringify(stack.json.locals)).toContain(`"secrets":{"REDIS_URL":"${arn}"}`);
    expect(statements('Aiwm_RolePolicy', stack).Secrets!.Resource).toEqual([arn]);
  });
});

describe('Redis of several shards', () => {
  const withRedis = (redis: AwsRedisOptions) =>
    synthesizeAws((site) => {
      site.platform({ redis });
      site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
    });
  const stack = withRedis({ shards: 3, replicas: 1 });
  const group = only('aws_elasticache_replication_group', stack);

  test('is a cluster, with somebody to take over in each shard', () => {
    expect(group).toMatchObject({
      num_node_groups: 3,
      replicas_per_node_group: 1,
      automatic_failover_enabled: true,
      multi_az_enabled: true,
    });
    expect(group).not.toHaveProperty('num_cache_clusters');
    expect(only('aws_elasticache_parameter_group', stack).parameter).toContainEqual({
      name: 'cluster-enabled',
      value: 'yes',
    });
  });

  test('is told to instances, who find all nodes by one name', () => {
    expect(plain(only('aws_secretsmanager_secret_version', stack).secret_string_wo)).toContain(
      'aws_elasticache_replication_group.Backplane_Redis.configuration_endpoint_address',
    );
    expect(JSON.stringify(stack.json)).not.toContain('primary_endpoint_address');
    expect(JSON.stringify(stack.json.locals).match(/"REDIS_CLUSTER":"1"/g)).toHaveLength(3);
    expect(json).not.toMatch(/REDIS_CLUSTER|cluster-enabled/);
  });

  test('takes the place of one that is none, as AWS does not turn one into the other', () => {
    const name = (of: SynthesizedStack) =>
      only('aws_elasticache_replication_group', of).replication_group_id;
    expect(name(withRedis({ shards: 1 }))).toBe(name(whole));
    expect(name(stack)).not.toBe(name(whole));
    expect(name(withRedis({ shards: 4 }))).toBe(name(stack));
  });

  test('has a failover to promise AWS even where no shard has a replica', () => {
    expect(
      only('aws_elasticache_replication_group', withRedis({ shards: 2, replicas: 0 })),
    ).toMatchObject({
      num_node_groups: 2,
      replicas_per_node_group: 0,
      automatic_failover_enabled: true,
      multi_az_enabled: false,
    });
  });

  test('is watched node by node, by the names that ElastiCache gives them', () => {
    const alarms = byConstruct(stack, 'aws_cloudwatch_metric_alarm');
    const nodes = ['1-1', '1-2', '2-1', '2-2', '3-1', '3-2'];
    const ofRedis = Object.keys(alarms).filter((name) => name.startsWith('Backplane_'));
    expect(ofRedis.sort()).toEqual(
      ['Busy', 'Lag'].flatMap((what) => nodes.map((node) => `Backplane_Alarms_${what}${node}`)),
    );
    expect(alarms['Backplane_Alarms_Lag3-2']).toMatchObject({
      alarm_description: 'Node 2 of shard 3 of the backplane lags behind its primary.',
      alarm_name: 'chat-platform-backplane-lag3-2',
    });
    expect(plain(JSON.stringify(alarms['Backplane_Alarms_Lag3-2']!.dimensions))).toBe(
      '{"CacheClusterId":"aws_elasticache_replication_group.Backplane_Redis.replication_group_id-0003-002"}',
    );
    const { Backplane_Dashboard: board } = byConstruct(stack, 'aws_cloudwatch_dashboard');
    const { widgets } = JSON.parse(board!.dashboard_body as string) as {
      widgets: { properties: { metrics: string[][] } }[];
    };
    expect(widgets.map(({ properties }) => properties.metrics.length)).toEqual([6, 6, 6, 6]);
    expect(plain(widgets[0]!.properties.metrics[3]![3])).toMatch(/-0002-002$/);
  });
});

describe('alarms', () => {
  const topic = 'arn:aws:sns:eu-central-1:123456789012:oncall';
  const balanced = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic] });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  const passed = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic] });
    site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
  });
  const single = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic], entry: AwsEntry.single() });
    site.front({
      cluster: site.cluster({ instances: 2 }),
      tls: TlsCertificate.fromSecret(TLS_SECRET),
    });
  });
  const alarmsOf = (stack: SynthesizedStack) => byConstruct(stack, 'aws_cloudwatch_metric_alarm');
  const idsOf = (stack: SynthesizedStack, of: string) =>
    Object.keys(alarmsOf(stack))
      .filter((id) => id.startsWith(`${of}_Alarms_`))
      .map((id) => id.replace(/^.*_/, ''))
      .sort();

  test.each([
    ['behind a load balancer', balanced, 13],
    ['with TLS that goes through it', passed, 9],
    ['on a single host', single, 7],
  ])('%s: each tells the topics when it goes off and when it is over', (_, stack, count) => {
    const all = Object.values(alarmsOf(stack));
    expect(all).toHaveLength(count);
    for (const alarm of all) {
      expect(alarm).toMatchObject({ alarm_actions: [topic], ok_actions: [topic] });
    }
  });

  test('are over what hurts', () => {
    expect(idsOf(balanced, 'Backplane')).toEqual(['Busy1', 'Busy2', 'Lag1', 'Lag2']);
    const front = ['Certificate', 'Crowded', 'Failures', 'NoHealthyHost'];
    expect(idsOf(balanced, 'Frontend')).toEqual([...front, 'UnhealthyHost']);
    expect(idsOf(passed, 'Frontend')).toEqual([...front, 'UnhealthyHost']);
    expect(idsOf(single, 'Frontend')).toEqual([...front, 'StatusCheck']);
    expect(idsOf(balanced, 'Aiwm')).toEqual(['Silent1', 'Silent2', 'Silent3', 'Skew']);
    expect(idsOf(single, 'Aiwm')).toEqual(['Silent1', 'Silent2']);
    const alone = synthesizeAws((site) => site.cluster({ instances: 1 }));
    expect(idsOf(alone, 'Aiwm')).toEqual(['Silent1']);
  });

  test('over what hosts themselves tell wait for the first release', () => {
    for (const [stack, id, association] of [
      [balanced, 'Aiwm_Alarms_Skew', 'Aiwm_Delivery_Association'],
      [balanced, 'Aiwm_Alarms_Silent1', 'Aiwm_Delivery_Association'],
      [single, 'Frontend_Alarms_NoHealthyHost', 'Frontend_Delivery_Association'],
    ] as const) {
      expect((alarmsOf(stack)[id]!.depends_on as string[]).map(plain)).toEqual([
        `aws_ssm_association.${association}`,
      ]);
    }
  });

  const whereClusterTells = { Cluster: 'chat-platform-aiwm' };

  test('a slot that is silent for longer than a release or a new host takes', () => {
    expect(alarmsOf(balanced).Aiwm_Alarms_Silent2).toMatchObject({
      namespace: 'AIWM',
      metric_name: 'SlotConnections',
      dimensions: { ...whereClusterTells, Slot: '2' },
      statistic: 'SampleCount',
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      period: 60,
      evaluation_periods: 12,
      treat_missing_data: 'breaching',
    });
    const slow = synthesizeAws((site) => site.cluster({ stopGrace: '10m' }));
    expect(alarmsOf(slow).Aiwm_Alarms_Silent2!.evaluation_periods).toBe(21);
  });

  describe('skew', () => {
    const skew = alarmsOf(balanced).Aiwm_Alarms_Skew!;

    test('compares the fullest slot with all of them, by the metric that hosts tell', () => {
      const [fullest, average, expression] = skew.metric_query as object[];
      const metric = {
        namespace: 'AIWM',
        metric_name: 'SlotConnections',
        dimensions: whereClusterTells,
        period: 60,
      };
      expect([fullest, average]).toEqual([
        { id: 'fullest', metric: { ...metric, stat: 'Maximum' }, return_data: false },
        { id: 'average', metric: { ...metric, stat: 'Average' }, return_data: false },
      ]);
      expect(expression).toMatchObject({ id: 'skew', return_data: true });
      expect(skew).not.toHaveProperty('period');
      const release = Object.entries(balanced.json.locals as Record<string, object>).find(
        ([name]) => name.startsWith('Aiwm_Release'),
      )![1];
      expect(release).toMatchObject({
        metric: { namespace: 'AIWM', cluster: 'chat-platform-aiwm' },
      });
    });

    /** Whether CloudWatch would take so many connections for too many at one slot. */
    const goesOff = (...slots: number[]): boolean => {
      const { expression } = (skew.metric_query as { expression?: string }[])[2]!;
      const [, least] = /^IF\(average > (\d+), fullest \/ average, 1\)$/.exec(expression!) ?? [];
      const average = slots.reduce((sum, each) => sum + each) / slots.length;
      const ratio = average > Number(least) ? Math.max(...slots) / average : 1;
      expect(skew.comparison_operator).toBe('GreaterThanThreshold');
      return ratio > (skew.threshold as number);
    };

    test('goes off when clients behind one address are at one slot', () => {
      expect(goesOff(2800, 150, 150)).toBe(true);
      expect(goesOff(...Array<number>(19).fill(500), 1500)).toBe(true);
    });

    test('stays silent at the share of each, with few connections, and over slots that are drained', () => {
      expect(goesOff(1000, 900, 1100)).toBe(false);
      expect(goesOff(250, 0, 0)).toBe(false);
      expect(goesOff(1000, 1000, 0)).toBe(false);
      expect(goesOff(1000, 1000, 20, 20)).toBe(false);
    });

    test.each([3, 4, 6, 10, 30])('stays silent after a release to %s slots', (count) => {
      // One after another stops, and its clients go to the others, where they stay.
      const slots = Array<number>(count).fill(1000);
      for (let stopped = 0; stopped < count; stopped += 1) {
        const share = slots[stopped]! / (count - 1);
        slots.forEach((had, slot) => (slots[slot] = slot === stopped ? 0 : had + share));
      }
      expect(goesOff(...slots)).toBe(false);
    });
  });

  test('a certificate by what knows of it: ACM, or the hosts that show it', () => {
    expect(alarmsOf(balanced).Frontend_Alarms_Certificate).toMatchObject({
      namespace: 'AWS/CertificateManager',
      metric_name: 'DaysToExpiry',
      dimensions: { CertificateArn: CERTIFICATE },
    });
    for (const stack of [passed, single]) {
      expect(alarmsOf(stack).Frontend_Alarms_Certificate).toMatchObject({
        namespace: 'AIWM',
        metric_name: 'CertificateDays',
        dimensions: { Front: 'chat-platform-frontend' },
        statistic: 'Minimum',
        comparison_operator: 'LessThanThreshold',
        threshold: 14,
        period: 3600,
      });
    }
  });

  test('a single host that does not tell, that AWS finds broken, that is full', () => {
    const alarms = alarmsOf(single);
    const connections = {
      namespace: 'AIWM',
      metric_name: 'ActiveConnections',
      dimensions: { Front: 'chat-platform-frontend' },
    };
    expect(alarms.Frontend_Alarms_NoHealthyHost).toMatchObject({
      ...connections,
      statistic: 'SampleCount',
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      evaluation_periods: 3,
      treat_missing_data: 'breaching',
    });
    expect(alarms.Frontend_Alarms_StatusCheck).toMatchObject({
      namespace: 'AWS/EC2',
      metric_name: 'StatusCheckFailed',
      comparison_operator: 'GreaterThanThreshold',
      threshold: 0,
    });
    expect(
      plain((alarms.Frontend_Alarms_StatusCheck!.dimensions as object)['InstanceId' as never]),
    ).toBe('aws_instance.Frontend_Host.id');
    // 10000 expected ones.
    expect(alarms.Frontend_Alarms_Crowded).toMatchObject({ ...connections, threshold: 10_768 });
  });

  test('5xx of every front are counted in both forms of its log', () => {
    for (const stack of [balanced, passed, single]) {
      const filters = byConstruct(stack, 'aws_cloudwatch_log_metric_filter');
      expect(Object.keys(filters)).toEqual([
        'Frontend_FailureFilters_Json',
        'Frontend_FailureFilters_Readable',
      ]);
      for (const { metric_transformation: told } of Object.values(filters)) {
        expect(told).toMatchObject({
          namespace: 'AIWM',
          name: alarmsOf(stack).Frontend_Alarms_Failures!.metric_name,
        });
      }
    }
  });

  test('dashboards show the same', () => {
    const titles = (stack: SynthesizedStack) =>
      Object.entries(byConstruct(stack, 'aws_cloudwatch_dashboard')).flatMap(
        ([id, { dashboard_body: body }]) =>
          (
            JSON.parse(body as string) as { widgets: { properties: { title: string } }[] }
          ).widgets.map(({ properties }) => `${id.replace('_Dashboard', '')}: ${properties.title}`),
      );
    const slots = ['Aiwm: Connections of each slot', 'Aiwm: Instances that are well'];
    const hosts = [
      'Frontend: Connections of a host, on average',
      'Frontend: Connections of the fullest host',
      'Frontend: Hosts that serve, and that do not',
      'Frontend: Answers with 5xx',
    ];
    expect(titles(balanced)).toEqual([
      ...slots,
      'Backplane: Time of the engine, %',
      'Backplane: Lag of replicas, s',
      'Backplane: Connections',
      'Backplane: Sent, bytes',
      ...hosts,
    ]);
    expect(titles(passed)).toEqual([
      ...slots,
      ...hosts,
      'Frontend: Days until the certificate ends',
    ]);
    expect(titles(single)).toEqual([
      ...slots,
      'Frontend: Connections',
      'Frontend: Failed checks of the host',
      'Frontend: Answers with 5xx',
      'Frontend: Days until the certificate ends',
    ]);
  });
});

test('tags of your own are on everything that can have them', () => {
  const stack = synthesizeAws((site) => {
    site.platform({ tags: { team: 'chat' } });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  const without = Object.entries(stack.json.resource!)
    .filter(([, byName]) =>
      Object.values(byName).some((values) => !JSON.stringify(values).includes('"chat"')),
    )
    .map(([type]) => type);
  expect(without.sort()).toEqual([
    'aws_autoscaling_lifecycle_hook',
    'aws_autoscaling_policy',
    'aws_cloudwatch_dashboard',
    'aws_cloudwatch_log_metric_filter',
    'aws_iam_role_policy',
    'aws_s3_bucket_policy',
    'aws_s3_bucket_public_access_block',
    'aws_s3_bucket_server_side_encryption_configuration',
    'aws_s3_bucket_versioning',
    'aws_s3_object',
    'aws_secretsmanager_secret_version',
    'terraform_data',
  ]);
});

test('two platforms in one stack share no name', () => {
  const stack = synthesizeAws(({ scope }) => {
    for (const id of ['Blue', 'Green']) {
      const site = new AwsSite(new Construct(scope, id));
      site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
    }
  });
  for (const [type, byName] of Object.entries(stack.json.resource!)) {
    // In one role or zone a name may be like that of another.
    if (!['aws_iam_role_policy', 'aws_route53_record'].includes(type)) {
      const names = Object.values(byName)
        .map((values) => (values as { name?: string }).name)
        .filter((name) => name !== undefined);
      expect([type, names]).toEqual([type, [...new Set(names)]]);
    }
  }
});

test('a network of its own: public and private subnets in each zone, one way out, S3 for nothing', () => {
  const stack = synthesizeAws(({ scope }) => {
    const provider = new AwsProvider(scope, 'Provider', { region: 'eu-central-1' });
    return new AwsNetwork(scope, 'Network', { provider, zones: 3 });
  });
  expect(Object.keys(byConstruct(stack, 'aws_subnet'))).toHaveLength(6);
  expect(
    Object.values(byConstruct(stack, 'aws_subnet')).map((each) => each.map_public_ip_on_launch),
  ).toEqual(Array(6).fill(false));
  for (const subnet of Object.values(byConstruct(stack, 'aws_subnet'))) {
    expect(subnet.lifecycle).toEqual({ ignore_changes: ['availability_zone'] });
  }
  expect(Object.keys(byConstruct(stack, 'aws_nat_gateway'))).toHaveLength(1);
  expect(only('aws_vpc_endpoint', stack)).toMatchObject({ vpc_endpoint_type: 'Gateway' });
});

test('variables known only at apply reach a release as data, whatever is in them', () => {
  const stack = synthesizeAws((site) =>
    site.cluster({
      environment: {
        GREETING: `say "${new TerraformVariable(site.scope, 'name', {}).stringValue}"`,
      },
    }),
  );
  expect(JSON.stringify(stack.json.locals)).toContain('"GREETING":"say \\"${var.name}\\""');
  const object = Object.values(byConstruct(stack, 'aws_s3_object'))[0]!;
  expect(plain(object.content)).toBe('jsonencode(local.Aiwm_Release)');
});

test('servers that exist already are fronted without hosts for instances', () => {
  const stack = synthesizeAws(
    (site) =>
      new NginxWsFrontend(site.scope, 'Frontend', {
        platform: site.platform({ nginxEgress: [{ port: 3003, range: '10.0.1.0/24' }] }),
        upstream: Upstream.servers(['10.0.1.5:3003', '10.0.1.6:3003']),
        serverName: 'chat.example.org',
        tls: TlsCertificate.acm(CERTIFICATE),
      }),
  );
  expect(Object.keys(stack.json.resource!)).not.toContain('aws_instance');
});
