// What AwsPlatform says to AWS, by its meaning: where instances run, and what they are told.
import { TerraformVariable } from 'cdktf';
import { byConstruct } from '../../../support/stack/addresses';
import { AwsSite, synthesizeAws } from '../../../support/aws/aws-site';
import { FrontConf } from '../../../support/front/nginx-tree';
import { whole, plain } from '../../../support/aws/whole-stack';

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

  test('a release contains the ARN of a secret, never its value', () => {
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
    expect(names).toEqual(['x86_64']);
  });
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
