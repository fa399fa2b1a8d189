// What AwsPlatform says to AWS, by its meaning: what hosts may do, and what they are made of.
import { AiwmService, Secret, TlsCertificate } from 'cdktf-aiwm';
import { byConstruct } from '../../../support/stack/addresses';
import { synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { only, plain, statements } from '../../../support/aws/whole-stack';

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
  const host = Buffer.from(only('aws_launch_template', stack).user_data as string, 'base64');
  expect(host.toString()).toMatch(/\necho own\n: > "\$root\/etc\/aiwm\/ready"\necho "aiwm: .*"\n$/);
});
