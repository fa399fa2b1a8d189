// What AwsPlatform says to AWS, by its meaning: what hosts may do, and what they are made of.
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry, type AwsPlatformProps } from 'cdktf-aiwm/aws';
import { byConstruct } from '../../../support/stack/addresses';
import { synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { only, plain, statements, tagsOfHosts, whole } from '../../../support/aws/whole-stack';

describe('permissions of hosts', () => {
  const WITHOUT_RESOURCE = ['SystemsManagerAgent', 'Metrics', 'RegistryLogin'];

  test.each(['Aiwm_ExecutionRolePolicy', 'Frontend_RolePolicy'])(
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
    expect(statements('Frontend_RolePolicy').Metrics).toMatchObject({
      Action: ['cloudwatch:PutMetricData'],
      Condition: { StringEquals: { 'cloudwatch:namespace': 'AIWM' } },
    });
    expect(plain(statements('Frontend_RolePolicy').Releases!.Resource)).toBe(
      'aws_s3_bucket.Platform_Releases.arn/nginx/frontend/*',
    );
    const passed = synthesizeAws((site) =>
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) }),
    );
    expect(statements('Frontend_RolePolicy', passed).Secrets!.Resource).toEqual([TLS_SECRET]);
  });
});

test('only what reads a secret may decrypt with the given keys', () => {
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
  const stack = synthesizeAws((site) => {
    site.platform({ kmsKeyArns: [key] });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  expect(statements('Aiwm_ExecutionRolePolicy', stack).Keys).toMatchObject({
    Action: ['kms:Decrypt'],
    Resource: [key],
  });
  expect(statements('Frontend_RolePolicy', stack)).not.toHaveProperty('Keys');
});

describe('the hosts of nginx are patched by replacement', () => {
  const balanced = (props: Partial<AwsPlatformProps> = {}) =>
    synthesizeAws((site) => site.platform(props) && site.front());
  const template = (props: Partial<AwsPlatformProps> = {}) =>
    only('aws_launch_template', balanced(props));
  const group = (props: Partial<AwsPlatformProps> = {}) =>
    only('aws_autoscaling_group', balanced(props));

  test('a new one has the latest image of the day, for the processors of its type', () => {
    const latest = (processors: string) =>
      `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processors}`;
    for (const [type, processors] of [
      ['t4g.small', 'arm64'],
      ['c8gn.large', 'arm64'],
      ['c7i.large', 'x86_64'],
      ['m7a.large', 'x86_64'],
    ] as const) {
      expect(template({ nginxInstanceType: type })).toMatchObject({
        image_id: latest(processors),
        name: 'chat-platform-frontend',
      });
    }
    expect(template()).not.toHaveProperty('lifecycle');
    expect(template({ imageId: 'ami-0123456789abcdef0' }).image_id).toBe('ami-0123456789abcdef0');
  });

  test('at an age of 30 days, or of another one', () => {
    expect(group().max_instance_lifetime).toBe(30 * 86_400);
    const entry = AwsEntry.alb({ maxHostAge: '7d' });
    expect(group({ entry }).max_instance_lifetime).toBe(7 * 86_400);
  });

  test('the new one serves before the old one stops', () => {
    const policy = { min_healthy_percentage: 100, max_healthy_percentage: 150 };
    expect(group()).toMatchObject({
      instance_maintenance_policy: policy,
      instance_refresh: { strategy: 'Rolling', preferences: policy },
    });
  });

  test('AWS goes back after a failure only where it can: to an image by its id', () => {
    const goesBack = (props?: Partial<AwsPlatformProps>) =>
      (group(props).instance_refresh as { preferences: { auto_rollback: boolean } }).preferences
        .auto_rollback;
    expect(goesBack()).toBe(false);
    expect(goesBack({ imageId: 'ami-0123456789abcdef0' })).toBe(true);
  });

  test('with nginx of the release line', () => {
    const userData = ({ user_data: data }: ReturnType<typeof template>) =>
      Buffer.from(data as string, 'base64').toString();
    expect(userData(template())).toContain("'nginx-1.30.*'");
    expect(userData(template({ nginxVersion: '1.31' }))).toContain("'nginx-1.31.*'");
    synthesizeAws((site) =>
      expect(site.platform({ nginxVersion: '1.28' }).traits.nginxVersion).toBe('1.28'),
    );
  });

  test('a changed tag reaches new hosts by the group, and replaces none', () => {
    const { tags: _, ...one } = template({ tags: { team: 'one' } });
    const { tags: __, ...two } = template({ tags: { team: 'two' } });
    expect(one).toEqual(two);
    expect(tagsOfHosts(balanced({ tags: { team: 'one' } }))).toContain('"team" = "one"');
  });

  test('default tags of the provider reach them too', () => {
    expect(tagsOfHosts(whole)).toContain('merge(data.aws_default_tags.Frontend_DefaultTags.tags, ');
  });

  test('with unlimited processor credits, where the type has any', () => {
    expect(template().credit_specification).toEqual({ cpu_credits: 'unlimited' });
    expect(template({ nginxInstanceType: 'c7g.medium' })).not.toHaveProperty(
      'credit_specification',
    );
  });
});

describe('the single host of nginx', () => {
  const single = (props: Partial<AwsPlatformProps> = {}) =>
    synthesizeAws(
      (site) =>
        site.platform({ entry: AwsEntry.single(), ...props }) &&
        site.front({
          tls: TlsCertificate.fromSecret(TLS_SECRET),
        }),
    );
  const made = (props: Partial<AwsPlatformProps> = {}) =>
    byConstruct(single(props), 'terraform_data').Frontend_HostTemplate!.triggers_replace;

  test('is replaced when what it is made of changes, but not by the next image of Amazon Linux', () => {
    const { lifecycle, ami } = byConstruct(single(), 'aws_instance').Frontend_Host!;
    const { replace_triggered_by: triggers, ...rest } = lifecycle as Record<string, string[]>;
    expect(triggers!.map(plain)).toEqual(['terraform_data.Frontend_HostTemplate.id']);
    expect(rest).toEqual({ ignore_changes: ['ami', 'instance_type', 'user_data_base64'] });
    expect(plain(ami)).toBe('data.aws_ssm_parameter.Platform_ImageArm.insecure_value');
    expect(JSON.stringify(made())).not.toContain('$');
  });

  test.each<[string, Partial<AwsPlatformProps>]>([
    ['its type', { nginxInstanceType: 't4g.medium' }],
    ['its image', { imageId: 'ami-0123456789abcdef0' }],
    ['its nginx', { nginxVersion: '1.28' }],
    ['its first boot', { firstBoot: ['echo own'] }],
  ])('%s', (_, props) => {
    expect(made(props)).not.toEqual(made());
  });

  test('not its tags', () => {
    expect(made({ tags: { team: 'two' } })).toEqual(made());
  });
});

test('lines of the user run on every host, and before it is taken for set up', () => {
  const stack = synthesizeAws((site) => site.platform({ firstBoot: ['echo own'] }) && site.front());
  const host = Buffer.from(only('aws_launch_template', stack).user_data as string, 'base64');
  expect(host.toString()).toMatch(/\necho own\n: > "\$root\/etc\/aiwm\/ready"\necho "aiwm: .*"\n$/);
});
